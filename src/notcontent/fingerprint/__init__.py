"""Bytes of a picture become a fingerprint."""
