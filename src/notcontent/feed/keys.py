"""Feed keys: which online keys may sign now, on the word of the offline root key. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notcontent.feed.signature import PublicKey
from notcontent.feed.text import MalformedText, TextReader, check_hex

KIND = "notcontent-feed-keys/1"


@dataclass(frozen=True, slots=True)
class FeedKeys:
    """The online keys of an exchange. `revoked` holds key ids of 16 hex digits."""

    sequence: int
    issued: date
    keys: tuple[PublicKey, ...]
    revoked: tuple[str, ...]


def format_feed_keys(feed_keys: FeedKeys) -> str:
    """The text for the root key to sign."""
    lines = [
        KIND,
        f"sequence: {feed_keys.sequence}",
        f"issued: {feed_keys.issued.isoformat()}",
        *(f"key: {key.text}" for key in feed_keys.keys),
        *(f"revoked: {key_id}" for key_id in feed_keys.revoked),
    ]
    return "\n".join(lines) + "\n"


def parse_feed_keys(untrusted_text: str) -> FeedKeys:
    """The keys that `format_feed_keys` would write as exactly this text. Raises `MalformedText` or `MalformedKey`."""
    reader = TextReader(untrusted_text, KIND, max_bytes=64 << 10)
    sequence, issued = reader.number("sequence"), reader.day("issued")
    keys, revoked = [], []
    while reader.has("key"):
        text = reader.field("key")
        keys.append(key := PublicKey.from_text(text))
        if key.text != text:
            raise MalformedText("A key is not written in its one form.")
    while reader.has("revoked"):
        revoked.append(check_hex(reader.field("revoked"), 16))
    reader.end()
    return FeedKeys(sequence, issued, tuple(keys), tuple(revoked))
