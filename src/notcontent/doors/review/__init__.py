"""A small queue of held uploads for people who decide, in the browser."""
