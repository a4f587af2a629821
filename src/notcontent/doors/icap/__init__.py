"""A door for proxies and others that speak ICAP, RFC 3507."""
