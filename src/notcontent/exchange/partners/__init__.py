"""Partners: vetted platforms, their streams, tokens, reports and receipts, and the face they talk to."""
