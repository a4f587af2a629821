"""Heads: what the exchange says its stream is right now, signed and short-lived. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notcontent.feed.text import NO_HASH, MalformedText, TextReader, format_time

KIND = "notcontent-head/1"


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a stream at `time`. Hashes are 64 hex digits; the snapshot fields are zero when there is none."""

    feed: str
    epoch: int
    number: int
    delta: str
    count: int
    oldest: int
    snapshot: int
    snapshot_sha256: str
    snapshot_bytes: int
    time: datetime
    expires: datetime

    @property
    def has_snapshot(self) -> bool:
        """Whether there is a snapshot to start from."""
        return self.snapshot_sha256 != NO_HASH


def format_head(head: Head) -> str:
    """The head's text, ready to be signed."""
    lines = [
        KIND,
        f"feed: {head.feed}",
        f"epoch: {head.epoch}",
        f"number: {head.number}",
        f"delta: {head.delta}",
        f"count: {head.count}",
        f"oldest: {head.oldest}",
        f"snapshot: {head.snapshot}",
        f"snapshot-sha256: {head.snapshot_sha256}",
        f"snapshot-bytes: {head.snapshot_bytes}",
        f"time: {format_time(head.time)}",
        f"expires: {format_time(head.expires)}",
    ]
    return "\n".join(lines) + "\n"


def parse_head(untrusted_text: str) -> Head:
    """The head that `format_head` would write as exactly this text. Raises `MalformedText`."""
    reader = TextReader(untrusted_text, KIND, max_bytes=4096)
    head = Head(
        feed=reader.hex("feed", 32),
        epoch=reader.number("epoch"),
        number=reader.number("number"),
        delta=reader.hex("delta", 64),
        count=reader.number("count"),
        oldest=reader.number("oldest"),
        snapshot=reader.number("snapshot"),
        snapshot_sha256=reader.hex("snapshot-sha256", 64),
        snapshot_bytes=reader.number("snapshot-bytes"),
        time=reader.time("time"),
        expires=reader.time("expires"),
    )
    reader.end()
    if (
        not 1 <= head.oldest <= head.number + 1
        or head.snapshot > head.number
        or (head.number == 0) != (head.delta == NO_HASH)
    ):
        raise MalformedText("A head's numbers contradict one another.")
    return head
