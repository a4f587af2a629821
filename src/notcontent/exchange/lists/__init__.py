"""Lists: entries, where they go, and the one publisher that sends them out."""
