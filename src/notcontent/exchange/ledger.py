"""The ledger of withdrawals: an append-only file outside of the database and of its backups.

A line is on the disk before the transaction that it stands for commits, so a backup that is older than a withdrawal
can't undo it. A line whose transaction never committed is carried out by the publisher. Lines hold random ids and a
day, and each the hash of all lines before it; what a sudden end left of a line that was being written is cut off by
the next one, since nobody was told of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from notcontent.exchange.errors import LedgerBroken, LedgerMissing, LedgerUnwritable
from notcontent.exchange.folder import write_durably

KIND = "notcontent-ledger/1"
_FIRST = re.compile(rf"{KIND} ([0-9a-f]{{16}}) ([0-9]{{1,15}}) ([0-9a-f]{{64}})", re.ASCII)
_LINE = re.compile(
    r"([0-9]{1,15}) ([0-9]{4}-[0-9]{2}-[0-9]{2}) (withdrawn|forgotten|restored) ([0-9a-f]{1,32}) ([0-9a-f]{64})",
    re.ASCII,
)
#: Longer than any two lines, and read from the end first.
_TAIL_BYTES = 512
_NO_LINE = "0" * 64


class Word(StrEnum):
    """What a line says of its subject: an entry, a case whose everything was forgotten, an epoch that began."""

    WITHDRAWN = "withdrawn"
    FORGOTTEN = "forgotten"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `subject` is a random id of 32 hex digits; of `restored` the epoch, decimal."""

    number: int
    day: date
    word: Word
    subject: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in one ledger: after line `number`, whose hash this is. Line 0 is the beginning."""

    ledger: str
    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """A whole ledger, checked. `first` is the place before its first line: lines from before were dropped."""

    first: Place
    lines: tuple[Line, ...]

    @property
    def last(self) -> Place:
        """The place after its last line."""
        return Place(self.first.ledger, self.lines[-1].number, self.lines[-1].sha256) if self.lines else self.first

    def continues(self, place: Place) -> bool:
        """Whether this ledger was at that place once and holds all that came after it."""
        if place.ledger != self.first.ledger:
            return False
        return place == self.first or any(
            (line.number, line.sha256) == (place.number, place.sha256) for line in self.lines
        )

    @property
    def epoch(self) -> int:
        """The highest epoch that a restore began; 0 before the first."""
        return max((int(line.subject) for line in self.lines if line.word is Word.RESTORED), default=0)


class Ledger:
    """One ledger file. Safe to use from several processes."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self.path = path

    def begin(self) -> str:
        """Make an empty ledger and return its random name. Raises `LedgerUnwritable`."""
        name = secrets.token_hex(8)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self.path, f"{KIND} {name} 0 {_NO_LINE}\n".encode())
        except OSError as error:
            raise LedgerUnwritable(_UNWRITABLE) from error
        return name

    def append(self, said: Sequence[tuple[Word, str]], day: date) -> None:
        """Write a line for each word and its subject; all are on the disk when this returns.

        Raises `LedgerMissing`, `LedgerBroken`, `LedgerUnwritable`; what of them was written then may stand.
        """
        if not said:
            return
        with self._locked() as descriptor:
            place, end = _read_end(descriptor)
            lines = []
            for word, subject in said:
                text = f"{place.number + 1} {day.isoformat()} {word} {subject}"
                place = Place(place.ledger, place.number + 1, _chain(place.sha256, text))
                lines.append(f"{text} {place.sha256}\n")
            try:
                # What a sudden end or a full disk left of a line goes first.
                os.ftruncate(descriptor, end)
                _write(descriptor, "".join(lines).encode(), end)
                os.fsync(descriptor)
            except OSError as error:
                raise LedgerUnwritable(_UNWRITABLE) from error

    def read(self) -> Contents:
        """All of it, checked from the first line to the last whole one. Raises `LedgerMissing`, `LedgerBroken`."""
        with self._locked() as descriptor:
            return _read_all(descriptor)

    def drop_before(self, day: date) -> int:
        """Drop the lines of earlier days; how many. For days from which no backup is left."""
        with self._locked() as descriptor:
            contents = _read_all(descriptor)
            # From the beginning only: after a clock that was set back there must be no hole in the chain.
            count = next((at for at, line in enumerate(contents.lines) if line.day >= day), len(contents.lines))
            if count:
                last = contents.lines[count - 1]
                texts = [f"{KIND} {contents.first.ledger} {last.number} {last.sha256}\n"]
                texts += [f"{_text_of(line)} {line.sha256}\n" for line in contents.lines[count:]]
                try:
                    write_durably(self.path, "".join(texts).encode())
                except OSError as error:
                    raise LedgerUnwritable(_UNWRITABLE) from error
            return count

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = self._open_locked()
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _open_locked(self) -> int:
        while True:
            try:
                descriptor = os.open(self.path, os.O_RDWR)
            except FileNotFoundError:
                raise LedgerMissing(_MISSING) from None
            except OSError as error:
                raise LedgerUnwritable(_UNWRITABLE) from error
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Whoever dropped old lines meanwhile has put another file in its place.
            if self.path.exists() and os.fstat(descriptor).st_ino == self.path.stat().st_ino:
                return descriptor
            os.close(descriptor)


_MISSING = (
    "The ledger of withdrawals is not where exchange.json says. Put its disk or file back: without it a restore would "
    "bring back what people took back."
)
_UNWRITABLE = "The ledger of withdrawals can't be written. Look for a full or missing disk; nothing was withdrawn."
_BROKEN = "The ledger of withdrawals was changed or is damaged. Put it back from its copy on another disk."


def _text_of(line: Line) -> str:
    return f"{line.number} {line.day.isoformat()} {line.word} {line.subject}"


def _chain(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous} {text}".encode()).hexdigest()


def _parse_first(text: str) -> Place:
    match = _FIRST.fullmatch(text)
    if match is None:
        raise LedgerBroken(_BROKEN)
    return Place(match[1], int(match[2]), match[3])


def _parse_line(text: str, before: Place) -> Line:
    """The line that stands at this place. Raises `LedgerBroken`."""
    match = _LINE.fullmatch(text)
    try:
        line = match and Line(int(match[1]), date.fromisoformat(match[2]), Word(match[3]), match[4], match[5])
    except ValueError:
        line = None
    if line and line.word is Word.RESTORED and not line.subject.isdecimal():
        line = None
    if not line or line.number != before.number + 1 or line.sha256 != _chain(before.sha256, _text_of(line)):
        raise LedgerBroken(_BROKEN)
    return line


def _read_all(descriptor: int) -> Contents:
    whole, _, _ = _read_from(descriptor, 0).rpartition(b"\n")
    first_text, *texts = whole.decode("ascii", "replace").split("\n")
    place = first = _parse_first(first_text)
    lines = []
    for text in texts:
        line = _parse_line(text, place)
        place = Place(place.ledger, line.number, line.sha256)
        lines.append(line)
    return Contents(first, tuple(lines))


def _read_end(descriptor: int) -> tuple[Place, int]:
    """The place after the last whole line, and where in the file it ends."""
    size = os.fstat(descriptor).st_size
    tail_bytes, texts, torn, start = _TAIL_BYTES, [""], b"", size
    while start and len(texts) < 2:
        start = max(0, size - tail_bytes)
        whole, _, torn = _read_from(descriptor, start).rpartition(b"\n")
        texts = whole.decode("ascii", "replace").split("\n")
        tail_bytes *= 8
    end = size - len(torn)
    if not start and len(texts) == 1:
        return _parse_first(texts[0]), end
    match = _LINE.fullmatch(texts[-1])
    if match is None:
        raise LedgerBroken(_BROKEN)
    return Place("", int(match[1]), match[5]), end


def _read_from(descriptor: int, start: int) -> bytes:
    pieces = []
    while piece := os.pread(descriptor, 1 << 20, start):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


def _write(descriptor: int, data: bytes, start: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, start)
        start, data = start + written, data[written:]
