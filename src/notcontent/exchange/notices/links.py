"""What may stand as a link in a notice. Nothing here follows one."""

from __future__ import annotations

from urllib.parse import urlsplit

_LONGEST_LINK = 2_000


def is_link(text: str) -> bool:
    """Whether this is one web address with a host, without a space, a password or a control sign in it."""
    if not text.isprintable() or " " in text or len(text) > _LONGEST_LINK:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
