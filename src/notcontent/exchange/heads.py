"""The newest signed head of every stream, in one file: the publisher adds to its end, and a face reads what was added.

A file for each stream would have to be made durable, and be looked at, a thousand times for an entry that a thousand
sites get. A line is `FEED JSON`; the last one of a stream counts. The file is written anew every minute, with what
counts then: nobody learns from it when lists were changed earlier.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from notcontent.exchange.folder import sync_folder, write_durably
from notcontent.feed.signature import Signed


def add_heads(path: Path, heads: Mapping[str, Signed]) -> None:
    """Add these, by feed. Durable when this returns. One process at a time may write."""
    lines = b"".join(_format_line(feed, json.dumps(signed.to_json()).encode()) for feed, signed in heads.items())
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        end = _cut_torn_line(file)
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    if not end:
        sync_folder(path.parent)


def keep_newest_heads(path: Path, feeds: Collection[str]) -> None:
    """Write the file anew, with what counts for these streams and nothing else."""
    with closing(HeadsReader(path)) as reader:
        newest = reader.take_new()
    write_durably(path, b"".join(_format_line(feed, newest[feed]) for feed in feeds if feed in newest))


def read_heads(path: Path) -> dict[str, Signed]:
    """Every stream's newest head, by feed."""
    with closing(HeadsReader(path)) as reader:
        return {feed: parse_line(line) for feed, line in reader.take_new().items()}


def parse_line(line: bytes) -> Signed:
    """The signed head that a line holds. Raises ValueError and `FeedError` where it holds none."""
    return Signed.from_json(json.loads(line))


class HeadsReader:
    """Reads what was added to the file since it was asked last, and the whole file where it was written anew."""

    def __init__(self, path: Path) -> None:
        # To make a path of a Path takes longer than to ask for the file, and it is asked for at every poll.
        self._path = str(path)
        self._file = -1
        self._read_bytes = 0

    def take_new(self) -> dict[str, bytes]:
        """The newest line of each stream that got one, by feed, without the feed."""
        try:
            found = os.stat(self._path)
            if self._file < 0 or not os.path.samestat(found, os.fstat(self._file)):
                self._open()
        except FileNotFoundError:
            return {}
        added = os.pread(self._file, max(0, found.st_size - self._read_bytes), self._read_bytes)
        # Of a line that is being written, or that a sudden end tore, nothing is taken.
        whole = added[: added.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        new = {}
        for line in whole.splitlines():
            feed, _, signed = line.partition(b" ")
            new[feed.decode("ascii", "replace")] = signed
        return new

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        opened = os.open(self._path, os.O_RDONLY)
        self.close()
        # Kept open, so that no file that comes later can be taken for this one.
        self._file, self._read_bytes = opened, 0


def _format_line(feed: str, line: bytes) -> bytes:
    return feed.encode() + b" " + line + b"\n"


def _cut_torn_line(file: BinaryIO) -> int:
    """Cut off what a full disk or a sudden end left of a last line, and stand at the end; its place in bytes."""
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            end = file.read().rfind(b"\n") + 1
            file.truncate(end)
    return file.seek(end)
