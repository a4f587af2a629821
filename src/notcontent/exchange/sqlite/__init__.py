"""SQLite for an exchange, as Django takes its databases: a package with a module `base`."""
