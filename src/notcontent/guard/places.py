"""Places at the platform (a group, a channel, an account) as pseudonyms that cannot be turned back or compared."""

from __future__ import annotations

import hmac
from datetime import date


def name_place(untrusted_place: str, key: bytes, day: date) -> str:
    """32 hex digits: the same for the same place on the same day, as long as the guard runs; nothing without the key.

    The platform's own name of the place is not kept anywhere, not even in memory.
    """
    todays = hmac.digest(key, b"place " + day.isoformat().encode(), "sha256")
    return hmac.digest(todays, untrusted_place.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]
