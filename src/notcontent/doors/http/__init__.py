"""The door for platforms' servers: JSON over HTTP (docs/spec/guard.md)."""
