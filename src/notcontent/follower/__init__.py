"""Following a list without a guard: for programs that have an index of their own, such as tx and HMA."""
