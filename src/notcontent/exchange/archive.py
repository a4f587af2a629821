"""A backup as one file: a tar of these members, sealed in the age format to keys whose private halves are elsewhere.

`backup.json` comes first and says what the rest is; the database comes last. Never inside: the ledger of withdrawals,
the offline root key, and the signed files of the streams, which are made anew.
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import pyrage

from notcontent.exchange.errors import NotABackup
from notcontent.exchange.folder import Folder
from notcontent.exchange.ledger import Place
from notcontent.letter import format_recipient

KIND = "notcontent-backup/1"
MANIFEST = "backup.json"
DATABASE = "database"
_SMALL_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: of which day, of which kind of database, and how far the ledger was when it began."""

    made: date
    vendor: str
    ledger: Place


def files_of(folder: Folder) -> tuple[Path, ...]:
    """The files of a folder that a backup holds, beside the database."""
    return (
        folder.profile, folder.secret, folder.online_key, folder.case_file_key, folder.root_public, folder.feed_keys,
        folder.ledger_mark,
    )  # fmt: skip


def seal_archive(
    folder: Folder, manifest: Manifest, database: IO[bytes], keys: tuple[str, ...], out: IO[bytes]
) -> None:
    """Write the archive, sealed to these public keys of 64 hex digits. In the clear nothing of it has a name."""
    with tempfile.TemporaryFile(dir=folder.path) as clear:
        with tarfile.open(fileobj=clear, mode="w") as tar:
            _add(tar, MANIFEST, _format(manifest))
            for path in files_of(folder):
                _add(tar, str(path.relative_to(folder.path)), path.read_bytes())
            entry = tarfile.TarInfo(DATABASE)
            entry.size = database.seek(0, io.SEEK_END)
            database.seek(0)
            tar.addfile(entry, database)
        clear.seek(0)
        recipients = [pyrage.x25519.Recipient.from_str(format_recipient(key)) for key in keys]
        pyrage.encrypt_io(clear, out, recipients)


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened archive: the files by their path inside the folder, and the database."""

    manifest: Manifest
    files: dict[str, bytes]
    database: IO[bytes]


@contextmanager
def open_archive(sealed: IO[bytes], identity: str, folder: Folder) -> Iterator[Opened]:
    """Open what `seal_archive` wrote; `identity` as age writes it. Raises `NotABackup`."""
    with tempfile.TemporaryFile(dir=folder.path) as clear:
        try:
            pyrage.decrypt_io(sealed, clear, [pyrage.x25519.Identity.from_str(identity)])
            clear.seek(0)
            # A member is read from the file itself, also when the tar around it is closed.
            with tarfile.open(fileobj=clear, mode="r:") as tar:
                manifest = _parse(_read(tar, MANIFEST))
                names = [str(path.relative_to(folder.path)) for path in files_of(folder)]
                files = {name: _read(tar, name) for name in names}
                database = tar.extractfile(DATABASE)
        except (pyrage.DecryptError, pyrage.IdentityError, tarfile.TarError, KeyError, ValueError, OSError) as error:
            raise NotABackup(_NOT_ONE) from error
        if database is None:
            raise NotABackup(_NOT_ONE)
        yield Opened(manifest, files, database)


_NOT_ONE = "The file is no backup of this version, it was cut off, or this key does not open it. Check both."


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    entry = tar.getmember(name)
    file = tar.extractfile(entry)
    if file is None or entry.size > _SMALL_BYTES:
        raise ValueError("not a small file")
    return file.read()


def _format(manifest: Manifest) -> bytes:
    place = manifest.ledger
    told = {
        "kind": KIND,
        "made": manifest.made.isoformat(),
        "database": manifest.vendor,
        "ledger": {"name": place.ledger, "number": place.number, "sha256": place.sha256},
    }
    return json.dumps(told).encode()


def _parse(untrusted: bytes) -> Manifest:
    told: dict[str, Any] = json.loads(untrusted)
    if told["kind"] != KIND:
        raise ValueError("of another kind")
    place = told["ledger"]
    ledger = Place(str(place["name"]), int(place["number"]), str(place["sha256"]))
    return Manifest(date.fromisoformat(told["made"]), str(told["database"]), ledger)
