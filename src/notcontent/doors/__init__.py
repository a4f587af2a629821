"""Ways into the guard, one file or folder each."""
