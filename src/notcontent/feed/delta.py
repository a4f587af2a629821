"""Deltas: numbered, chained lists of operations. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from notcontent.feed.entry import Operation, format_operation, parse_operation
from notcontent.feed.text import MalformedText, TextReader

KIND = "notcontent-delta/1"
MAX_OPERATIONS = 50_000


@dataclass(frozen=True, slots=True)
class Delta:
    """Operations that lead from number - 1 to number. `feed` is 32 and `previous` 64 hex digits; `number` from 1."""

    feed: str
    epoch: int
    number: int
    previous: str
    day: date
    operations: tuple[Operation, ...]


def delta_hash(text: str) -> str:
    """SHA-256 of a delta's text, 64 hex digits: what the next delta and the head name."""
    return hashlib.sha256(text.encode()).hexdigest()


def format_delta(delta: Delta) -> str:
    """The delta's text, ready to be signed."""
    lines = [
        KIND,
        f"feed: {delta.feed}",
        f"epoch: {delta.epoch}",
        f"number: {delta.number}",
        f"previous: {delta.previous}",
        f"day: {delta.day.isoformat()}",
        f"operations: {len(delta.operations)}",
        "",
        *map(format_operation, delta.operations),
    ]
    return "\n".join(lines) + "\n"


def parse_delta(untrusted_text: str) -> Delta:
    """The delta that `format_delta` would write as exactly this text. Raises `MalformedText`."""
    reader = TextReader(untrusted_text, KIND)
    feed = reader.hex("feed", 32)
    epoch = reader.number("epoch")
    number = reader.number("number")
    previous = reader.hex("previous", 64)
    day = reader.day("day")
    count = reader.number("operations")
    if number == 0 or count > MAX_OPERATIONS or reader.line() != "":
        raise MalformedText("A delta's number, its count of operations or its empty line is wrong.")
    operations = tuple(parse_operation(reader.line()) for _ in range(count))
    reader.end()
    return Delta(feed, epoch, number, previous, day, operations)
