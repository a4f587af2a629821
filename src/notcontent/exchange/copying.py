"""The whole database as one stream of bytes, taken while the exchange runs, and put back: SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from django.db import connection

from notcontent.exchange.errors import BackupFailed, NotRestored
from notcontent.exchange.folder import Folder, sync_folder


@contextmanager
def copy_database(folder: Folder) -> Iterator[IO[bytes]]:
    """The database as it is at one moment, with every transaction whole. Others go on writing meanwhile.

    The copy has no name on any disk, so that a sudden end leaves none. Raises `BackupFailed`.
    """
    if connection.vendor == "sqlite":
        with _copy_sqlite(Path(connection.settings_dict["NAME"]), folder) as copy:
            yield copy
    else:
        with tempfile.TemporaryFile(dir=folder.path) as copy:
            _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges"], BackupFailed, stdout=copy)
            yield copy


@contextmanager
def _copy_sqlite(database: Path, folder: Folder) -> Iterator[IO[bytes]]:
    descriptor, name = tempfile.mkstemp(dir=folder.path)
    try:
        with os.fdopen(descriptor, "rb") as copy, closing(sqlite3.connect(name)) as target:
            os.unlink(name)
            target.execute("PRAGMA journal_mode=OFF")
            with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30)) as source:
                # In one step: it reads one moment of the database and keeps nobody from writing.
                source.backup(target, pages=-1)
            yield copy
    except sqlite3.Error as error:
        raise BackupFailed("The database could not be copied. Look for a full disk and try again.") from error
    finally:
        Path(name).unlink(missing_ok=True)


def put_sqlite_back(database: IO[bytes], path: Path) -> None:
    """Write the file; it survives a power cut when this returns."""
    with path.open("xb") as file:
        path.chmod(0o600)
        shutil.copyfileobj(database, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def refuse_used_postgresql() -> None:
    """Raises `NotRestored` unless the database that the settings name is there and has no table."""
    with connection.cursor() as cursor:
        if connection.introspection.table_names(cursor):
            raise NotRestored(
                "The PostgreSQL database already has tables. Make an empty one (createdb), name it in exchange.json "
                "and restore with --settings."
            )


def put_postgresql_back(database: IO[bytes], folder: Folder) -> None:
    """Restore the dump into the empty database that the settings name, all or nothing. Raises `NotRestored`."""
    with tempfile.TemporaryFile(dir=folder.path) as dump:
        shutil.copyfileobj(database, dump, 1 << 20)
        dump.seek(0)
        words = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        _run("pg_restore", words, NotRestored, stdin=dump)


def _run(
    program: str,
    words: list[str],
    error: type[BackupFailed] | type[NotRestored],
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> None:
    """Run one of PostgreSQL's own programs on the database that the settings name."""
    settings = connection.settings_dict
    found = shutil.which(program) or next(iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))[-1:]), None)
    if found is None:
        raise error(f"There is no {program} here. Install PostgreSQL's client programs of the server's version.")
    told = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = os.environ | {name: str(settings[key]) for name, key in told.items() if settings[key]}
    done = subprocess.run(  # noqa: S603 - a program of the system's, with words of this file
        [str(found), *words, *(["--dbname", settings["NAME"]] if stdin else [])],
        env=environment, stdin=stdin or subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if done.returncode:
        raise error(
            f"{program} ended with an error. See that its version is not older than the server's, and look for a full "
            "disk."
        )
