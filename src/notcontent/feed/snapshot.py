"""Snapshots: a whole stream in one compact file (docs/spec/feed.md §3)."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from notcontent.feed.entry import VIDEO, Add, Tier, Unknown, format_operation, parse_operation, split_fingerprints
from notcontent.feed.text import FeedError, MalformedText

#: Reads a plain snapshot from the first file and writes what is to lie on the disk to the second.
Seal = Callable[[BinaryIO, BinaryIO], None]
MAGIC = b"NCSNAP01"
HEADER = struct.Struct("<8s16sQQQ32sII8x")
RECORD = np.dtype(
    [("entry", "V16"), ("kind", "u1"), ("tier", "u1"), ("paused", "u1"), ("zero", "u1"), ("value", "V32")]
)
#: A record again, its id as two numbers.
_HALVES = np.dtype([("first", "<u8"), ("second", "<u8"), ("rest", "V36")])
TIERS = (Tier.CLAIMED, Tier.SEEN, Tier.VERIFIED)
#: What stands after the line of a video that is paused. Guards that do not know videos read over it with the line.
_PAUSED = " paused"


class BadSnapshot(FeedError):
    """A snapshot is cut short, too long or holds what it may not. Fetch it again."""

    permanent = False


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """A live picture as a snapshot holds it: `entry` 16 bytes, `value` the 32 bytes of an upright PDQ fingerprint."""

    entry: bytes
    value: bytes
    tier: Tier
    paused: bool


@dataclass(frozen=True, slots=True)
class SnapshotVideo:
    """A live video as a snapshot holds it: `entry` 32 hex digits, `frames` the bytes of 1 to 600 PDQ fingerprints."""

    entry: str
    frames: bytes
    tier: Tier
    paused: bool

    @property
    def fingerprints(self) -> list[bytes]:
        """Its frames, 32 bytes each."""
        return split_fingerprints(self.frames)


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
    videos: tuple[SnapshotVideo, ...]
    unknown: tuple[Unknown, ...]

    @property
    def count(self) -> int:
        """Live entries, those of unknown kinds included: what the head calls `count`."""
        return len(self.records) + len(self.videos) + len(self.unknown)


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
    videos: Iterable[SnapshotVideo] = (),
    unknown: Iterable[Unknown] = (),
    seal: Seal | None = None,
) -> WrittenSnapshot:
    """Write a snapshot, durable when this returns; shuffled, so that nobody learns which entries came together.

    With `seal` only what that makes of it is ever on the disk, and hash and length are of that. Videos are taken one by
    one, in the ascending order of their ids, which are random. Raises ValueError for another order, and OverflowError
    for more than 4 GiB of videos.
    """
    records = np.zeros(len(entries), RECORD)
    order = list(range(len(entries)))
    secrets.SystemRandom().shuffle(order)
    for place, which in enumerate(order):
        entry = entries[which]
        records[place] = (entry.entry, 1, 1 + TIERS.index(entry.tier), entry.paused, 0, entry.value)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w+b") as file:
        plain = file if seal is None else io.BytesIO()
        plain.write(bytes(HEADER.size))
        plain.write(records.tobytes())
        tail_length = sum(plain.write(f"{line}\n".encode()) for line in _lines(videos, unknown))
        if tail_length >= 1 << 32:
            raise OverflowError("The videos of this list are too many for one snapshot of version 1.")
        plain.seek(0)
        plain.write(
            HEADER.pack(
                MAGIC, bytes.fromhex(feed), epoch, number, len(records), bytes.fromhex(delta), day.toordinal(),
                tail_length,
            )
        )  # fmt: skip
        if seal is not None:
            plain.seek(0)
            seal(plain, file)
        file.flush()
        os.fsync(file.fileno())
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    temporary.replace(path)
    return WrittenSnapshot(sha256, length)


def _lines(videos: Iterable[SnapshotVideo], unknown: Iterable[Unknown]) -> Iterator[str]:
    before = ""
    for video in videos:
        if video.entry <= before:
            raise ValueError("videos come in the order of their ids")
        before = video.entry
        yield format_operation(Add(video.entry, VIDEO, video.frames.hex(), video.tier)) + _PAUSED * video.paused
    yield from sorted(operation.line for operation in unknown)


def read_snapshot(path: Path) -> Snapshot:
    """Parse a snapshot file whose hash has already been checked. Raises `BadSnapshot`."""
    return parse_snapshot(path.read_bytes())


def parse_snapshot(data: bytes) -> Snapshot:
    """The same of its bytes. Raises `BadSnapshot`."""
    if len(data) < HEADER.size:
        raise BadSnapshot("The snapshot is shorter than its header.")
    magic, feed, epoch, number, count, delta, ordinal, tail_length = HEADER.unpack_from(data)
    records_end = HEADER.size + count * RECORD.itemsize
    if magic != MAGIC or len(data) != records_end + tail_length or data[HEADER.size - 8 : HEADER.size] != bytes(8):
        raise BadSnapshot("The snapshot's header does not fit its length.")
    records = np.frombuffer(data, RECORD, count, HEADER.size)
    valid = (records["kind"] == 1) & (records["tier"] >= 1) & (records["tier"] <= 3)
    valid &= (records["paused"] <= 1) & (records["zero"] == 0)
    if not valid.all() or _hold_an_entry_twice(records):
        raise BadSnapshot("A record of the snapshot holds what it may not.")
    try:
        tail = [_parse_line(line) for line in _split_lines(data, records_end)]
        day = date.fromordinal(ordinal)
    except (ValueError, OverflowError, MalformedText) as error:
        raise BadSnapshot("The snapshot's day or its last lines are malformed.") from error
    if len({line.entry for line in tail}) != len(tail):
        raise BadSnapshot("The snapshot's last lines add an entry twice.")
    videos = tuple(line for line in tail if isinstance(line, SnapshotVideo))
    unknown = tuple(line for line in tail if isinstance(line, Unknown))
    return Snapshot(feed.hex(), epoch, number, delta.hex(), day, records, videos, unknown)


def _hold_an_entry_twice(records: npt.NDArray[Any]) -> bool:
    """Whether the id of one stands in another. Numbers are sorted several times faster than bytes."""
    ids = records.view(_HALVES)
    first = np.sort(ids["first"])
    if not (first[1:] == first[:-1]).any():
        return False  # Ids are random: hardly ever do two begin alike.
    order = np.lexsort((ids["second"], ids["first"]))
    first, second = ids["first"][order], ids["second"][order]
    return bool(((first[1:] == first[:-1]) & (second[1:] == second[:-1])).any())


def _split_lines(data: bytes, start: int) -> Iterator[str]:
    """One line after the other: together they may be larger than all records."""
    while start < len(data):
        end = data.index(b"\n", start)
        yield data[start:end].decode()
        start = end + 1


def _parse_line(untrusted_line: str) -> SnapshotVideo | Unknown:
    """One of the last lines: a video, or an entry of unknown kind. Raises `MalformedText`."""
    is_video = untrusted_line.split(" ", 3)[2:3] == [VIDEO]
    bare = untrusted_line.removesuffix(_PAUSED) if is_video else untrusted_line
    match parse_operation(bare):
        case Add(entry, kind, value, tier) if kind == VIDEO:
            return SnapshotVideo(entry, bytes.fromhex(value), tier, bare != untrusted_line)
        case Unknown(_, str(entry)):
            return Unknown(untrusted_line, entry)
    raise MalformedText("The snapshot's last lines may only add videos and entries of unknown kinds.")
