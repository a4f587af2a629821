"""A fuzzer on the reader of snapshots: `python -m tests.feed.fuzz_snapshot FOLDER -runs=20000`. Needs atheris.

FOLDER gets seeds. What may come out is a snapshot, whose parts add up to the file, or `BadSnapshot`.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

import atheris

from notcontent.feed import entry, snapshot, text
from notcontent.feed.entry import Tier, Unknown
from notcontent.feed.snapshot import (
    HEADER,
    RECORD,
    BadSnapshot,
    SnapshotEntry,
    SnapshotVideo,
    read_snapshot,
    write_snapshot,
)
from tests.fuzzing import lead_by

#: In memory: a disk would be what is measured.
FILE = Path(f"/proc/self/fd/{os.memfd_create('snapshot')}")


def write_seeds(folder: Path) -> None:
    """Snapshots with and without videos, unknown kinds and pauses, one with nothing, one with an entry twice."""
    entries = [SnapshotEntry(os.urandom(16), os.urandom(32), tier, paused=n % 2 == 1) for n, tier in enumerate(Tier)]
    videos = [SnapshotVideo(f"{n:032x}", os.urandom(32 * n), Tier.SEEN, paused=n % 2 == 1) for n in range(1, 4)]
    strange = Unknown(f"add {9:032x} sound 0011 claimed", f"{9:032x}")
    for number, (some, films, others) in enumerate(
        [(entries, videos, [strange]), (entries, [], []), ([], videos, []), ([], [], []), (entries[:1] * 2, [], [])]
    ):
        write_snapshot(
            folder / f"seed-{number}", feed="0" * 32, epoch=1, number=1, delta="0" * 64, day=date(2026, 11, 22),
            entries=some, videos=films, unknown=others,
        )  # fmt: skip


def read_untrusted(untrusted_bytes: bytes) -> None:
    """Whole, and with a header that fits its length, so that more is read than the header."""
    count = min(len(untrusted_bytes) % 8, max(0, len(untrusted_bytes) - HEADER.size) // RECORD.itemsize)
    fitting = bytearray(untrusted_bytes[: HEADER.size].ljust(HEADER.size, b"\0"))
    tail = max(0, len(untrusted_bytes) - HEADER.size - count * RECORD.itemsize)
    HEADER.pack_into(fitting, 0, b"NCSNAP01", bytes(16), 1, 1, count, bytes(32), 700_000, tail)
    for data in (untrusted_bytes, bytes(fitting) + untrusted_bytes[HEADER.size :]):
        FILE.write_bytes(data)
        try:
            found = read_snapshot(FILE)
        except BadSnapshot:
            continue
        ids = [record["entry"].tobytes() for record in found.records]
        assert len(set(ids)) == len(ids) == found.count - len(found.videos) - len(found.unknown)
        assert HEADER.size + found.records.nbytes <= len(data)


if __name__ == "__main__":
    write_seeds(Path(sys.argv[1]))
    lead_by(snapshot, entry, text)
    atheris.Setup(sys.argv, read_untrusted)
    atheris.Fuzz()
