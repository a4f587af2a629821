"""Snapshots: a whole stream in one compact file (docs/spec/feed.md §3)."""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from notcontent.feed.entry import Tier, Unknown, parse_operation
from notcontent.feed.text import FeedError, MalformedText

MAGIC = b"NCSNAP01"
HEADER = struct.Struct("<8s16sQQQ32sII8x")
RECORD = np.dtype(
    [("entry", "V16"), ("kind", "u1"), ("tier", "u1"), ("paused", "u1"), ("zero", "u1"), ("value", "V32")]
)
TIERS = (Tier.CLAIMED, Tier.SEEN, Tier.VERIFIED)


class BadSnapshot(FeedError):
    """A snapshot is cut short, too long or holds what it may not. Fetch it again."""

    permanent = False


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """One live entry as a snapshot holds it: `entry` 16 bytes, `value` the 32 bytes of an upright PDQ fingerprint."""

    entry: bytes
    value: bytes
    tier: Tier
    paused: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A parsed snapshot.

    `delta` is the hash of the delta it ends with. `records` has the dtype `RECORD`, its tiers are 1 + the place in
    `TIERS`.
    """

    feed: str
    epoch: int
    number: int
    delta: str
    day: date
    records: npt.NDArray[Any]
    unknown: tuple[Unknown, ...]

    @property
    def count(self) -> int:
        """Live entries, those of unknown kinds included: what the head calls `count`."""
        return len(self.records) + len(self.unknown)


@dataclass(frozen=True, slots=True)
class WrittenSnapshot:
    """What the head says of a snapshot."""

    sha256: str
    bytes_length: int


def write_snapshot(
    path: Path,
    *,
    feed: str,
    epoch: int,
    number: int,
    delta: str,
    day: date,
    entries: Sequence[SnapshotEntry],
    unknown: Iterable[Unknown] = (),
) -> WrittenSnapshot:
    """Write a snapshot, durable when this returns; shuffled, so that nobody learns which entries came together."""
    records = np.zeros(len(entries), RECORD)
    order = list(range(len(entries)))
    secrets.SystemRandom().shuffle(order)
    for place, which in enumerate(order):
        entry = entries[which]
        records[place] = (entry.entry, 1, 1 + TIERS.index(entry.tier), entry.paused, 0, entry.value)
    tail = "".join(line + "\n" for line in sorted(operation.line for operation in unknown)).encode()
    header = HEADER.pack(
        MAGIC, bytes.fromhex(feed), epoch, number, len(records), bytes.fromhex(delta), day.toordinal(), len(tail)
    )
    temporary = path.with_name(path.name + ".part")
    digest, length = hashlib.sha256(), 0
    with temporary.open("wb") as file:
        for part in (header, records.tobytes(), tail):
            file.write(part)
            digest.update(part)
            length += len(part)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return WrittenSnapshot(digest.hexdigest(), length)


def read_snapshot(path: Path) -> Snapshot:
    """Parse a snapshot file whose hash has already been checked. Raises `BadSnapshot`."""
    data = path.read_bytes()
    if len(data) < HEADER.size:
        raise BadSnapshot("The snapshot is shorter than its header.")
    magic, feed, epoch, number, count, delta, ordinal, tail_length = HEADER.unpack_from(data)
    records_end = HEADER.size + count * RECORD.itemsize
    if magic != MAGIC or len(data) != records_end + tail_length or data[HEADER.size - 8 : HEADER.size] != bytes(8):
        raise BadSnapshot("The snapshot's header does not fit its length.")
    records = np.frombuffer(data, RECORD, count, HEADER.size)
    valid = (records["kind"] == 1) & (records["tier"] >= 1) & (records["tier"] <= 3)
    valid &= (records["paused"] <= 1) & (records["zero"] == 0)
    if not valid.all() or len(np.unique(records["entry"])) != count:
        raise BadSnapshot("A record of the snapshot holds what it may not.")
    try:
        lines = [parse_operation(line) for line in data[records_end:].decode().split("\n")[:-1]]
        day = date.fromordinal(ordinal)
    except (ValueError, OverflowError, MalformedText) as error:
        raise BadSnapshot("The snapshot's day or its last lines are malformed.") from error
    unknown = tuple(line for line in lines if isinstance(line, Unknown) and line.entry)
    if len(unknown) != len(lines):
        raise BadSnapshot("The snapshot's last lines may only add entries of unknown kinds.")
    return Snapshot(feed.hex(), epoch, number, delta.hex(), day, records, unknown)
