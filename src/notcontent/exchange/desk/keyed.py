"""Hashes that only this exchange can make: whoever has the database alone can neither make nor guess them."""

from __future__ import annotations

import hashlib

from django.conf import settings


def keyed_hash(purpose: str, text: str) -> str:
    """64 hex digits of a text for one purpose (at most 16 characters), under a key that is no part of the database."""
    return _keyed(purpose, text.encode("utf-8", "surrogatepass"), 32).hex()


def derive_bytes(purpose: str, salt: str, length: int) -> bytes:
    """At most 64 secret bytes that belong to a salt."""
    return _keyed(purpose, salt.encode(), length)


def _keyed(purpose: str, data: bytes, length: int) -> bytes:
    key = bytes.fromhex(settings.DESK_KEY)
    return hashlib.blake2b(data, key=key, person=purpose.encode(), digest_size=length).digest()
