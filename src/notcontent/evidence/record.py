"""A record of what was seen: fields, each with a salt of its own, so that one can be withheld and the rest proven.

One line a field. The record's hash is the SHA-256 over the hashes of its lines; a line that is withheld is replaced by
its hash. Without their salts, hashes of short fields could be guessed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from notcontent.errors import NotContentError

KIND = "notcontent-evidence-record/1"
MAX_RECORD_BYTES = 65_536
MAX_FIELDS = 200
MAX_FILES_BYTES = 64 << 20
PAD_BYTES = 1_024

_SALT = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
#: Written into a folder as it is, so it can lead nowhere else.
_FILE = re.compile(
    r"([0-9a-f]{64}) (0|[1-9][0-9]{0,10}) ([a-z0-9.+-]+/[a-z0-9.+-]+) ([a-z0-9][a-z0-9_-]{0,40}\.[a-z0-9]{1,8})",
    re.ASCII,
)


class MalformedRecord(NotContentError):
    """A record of evidence does not follow its format, or its files are not those it names. Fetch it again."""


@dataclass(frozen=True, slots=True)
class Field:
    """`name` of small letters, digits and underscores, `value` any text, `salt` 32 hex digits that nobody can guess."""

    salt: str
    name: str
    value: str

    @property
    def line(self) -> str:
        """The field as it is hashed."""
        return json.dumps([self.salt, self.name, self.value], ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Withheld:
    """A field that this copy does not tell: the SHA-256 of its line, 64 hex digits."""

    sha256: str

    @property
    def line(self) -> str:
        """What stands in the field's place."""
        return json.dumps(["withheld", self.sha256], separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class FileOf:
    """A file that belongs to a record: its SHA-256, length, media type and name in the folder."""

    sha256: str
    size_bytes: int
    media_type: str
    name: str

    @classmethod
    def of(cls, data: bytes, media_type: str, name: str) -> FileOf:
        """What a record says of these bytes."""
        return cls.parse(f"{hashlib.sha256(data).hexdigest()} {len(data)} {media_type} {name}")

    @classmethod
    def parse(cls, untrusted: str) -> FileOf:
        """Raises `MalformedRecord`."""
        found = _FILE.fullmatch(untrusted)
        if found is None:
            raise MalformedRecord("A record names a file in a way that this version does not know.")
        return cls(found[1], int(found[2]), found[3], found[4])

    def __str__(self) -> str:
        return f"{self.sha256} {self.size_bytes} {self.media_type} {self.name}"


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of a record in their order."""

    parts: tuple[Field | Withheld, ...]

    @property
    def sha256(self) -> str:
        """The record's hash, 64 hex digits: the same however much of it is withheld."""
        return hash_record(format_record(self))

    @property
    def fields(self) -> tuple[Field, ...]:
        """Those that this copy tells."""
        return tuple(part for part in self.parts if isinstance(part, Field))

    @property
    def files(self) -> tuple[FileOf, ...]:
        """The files that belong to it, in their order."""
        return tuple(FileOf.parse(part.value) for part in self.fields if part.name == "file")

    def values(self, name: str) -> tuple[str, ...]:
        """Every value that this copy tells under a name."""
        return tuple(part.value for part in self.fields if part.name == name)

    def withhold(self, is_withheld: Callable[[Field], bool]) -> Record:
        """The same record with some fields replaced by their hashes. A file whose field is withheld is left out."""
        return Record(
            tuple(
                Withheld(hashlib.sha256(part.line.encode()).hexdigest())
                if isinstance(part, Field) and is_withheld(part)
                else part
                for part in self.parts
            )
        )


def make_record(values: Iterable[tuple[str, str]], draw_salt: Callable[[], str]) -> Record:
    """A record of these names and values. `draw_salt`: 32 random hex digits at each call. Raises `MalformedRecord`."""
    return parse_record(format_record(Record(tuple(Field(draw_salt(), name, value) for name, value in values))))


def format_record(record: Record) -> bytes:
    """The record as text: its kind, then a line for each field."""
    return "".join(f"{line}\n" for line in (KIND, *(part.line for part in record.parts))).encode()


def parse_record(untrusted: bytes) -> Record:
    """The record that `format_record` would write as exactly these bytes. Raises `MalformedRecord`."""
    try:
        lines = untrusted.decode().split("\n")
        parts = tuple(_part(json.loads(line)) for line in lines[1:-1])
    except (ValueError, RecursionError):
        raise _malformed() from None
    record = Record(parts)
    if not 0 < len(parts) <= MAX_FIELDS or len(untrusted) > MAX_RECORD_BYTES or format_record(record) != untrusted:
        raise _malformed()
    names = [file.name for file in record.files]
    if len(set(names)) != len(names) or sum(file.size_bytes for file in record.files) > MAX_FILES_BYTES:
        raise _malformed()
    return record


def hash_record(text: bytes) -> str:
    """SHA-256 over the hashes of the lines, in hex, each with its line feed. The verify script does the same."""
    hashes = []
    for line in text.decode().split("\n")[1:-1]:
        told = json.loads(line)
        hashes.append(told[1] if told[0] == "withheld" else hashlib.sha256(line.encode()).hexdigest())
    return hashlib.sha256("".join(f"{each}\n" for each in (KIND, *hashes)).encode()).hexdigest()


def join(record: Record, files: Iterable[bytes]) -> bytes:
    """What is sealed: the record, an empty line, its files one after another, and spaces up to a multiple of 1,024."""
    data = b"".join((format_record(record), b"\n", *files))
    return data.ljust(-(-len(data) // PAD_BYTES) * PAD_BYTES)


def split(untrusted: bytes) -> tuple[Record, tuple[bytes, ...]]:
    """The record and its files. Raises `MalformedRecord`, also for a file that is not the one it names."""
    head, found, rest = untrusted.partition(b"\n\n")
    if not found:
        raise _malformed()
    record = parse_record(head + b"\n")
    files = []
    for file in record.files:
        data, rest = rest[: file.size_bytes], rest[file.size_bytes :]
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise _malformed()
        files.append(data)
    if rest.strip(b" ") or len(rest) >= PAD_BYTES:
        raise _malformed()
    return record, tuple(files)


def _part(untrusted: Any) -> Field | Withheld:
    match untrusted:
        case ["withheld", str(sha256)] if _HASH.fullmatch(sha256):
            return Withheld(sha256)
        case [str(salt), str(name), str(value)] if _SALT.fullmatch(salt) and _NAME.fullmatch(name):
            return Field(salt, name, value)
    raise _malformed()


def _malformed() -> MalformedRecord:
    return MalformedRecord("This is no record of evidence of this version, or it was damaged. Fetch it again.")
