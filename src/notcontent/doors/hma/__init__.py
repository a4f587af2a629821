"""The door for programs that were made for Hasher-Matcher-Actioner, HMA (docs/platform/hma.md)."""
