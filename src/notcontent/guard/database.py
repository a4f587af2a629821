"""The guard's database: how far each list is, which entries are live, what was decided, what is still to be sent.

SQLite in WAL mode, each commit on the disk before it is believed. It never holds a fingerprint (`slots` does), a
picture, or more than a keyed pseudonym of who uploaded one and where (`disputes`, `spinoffs`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from notcontent.guard.errors import StorageUnavailable
from notcontent.guard.schema import VERSION, bring_up_to_date

FILE_NAME = "guard.db"


class Database:
    """One connection that writes and one that reads, each used by one thread at a time."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Open the database of this folder, making it at the first start. Raises StorageUnavailable.

        With `read_only` it has to be there, as a guard of this version left it, and refuses every change.
        """
        path = folder / FILE_NAME
        if read_only:
            self._check_there(path)
        else:
            path.touch(mode=0o600)
        self._writing, self._reading = threading.Lock(), threading.Lock()
        with _translated():
            self._writer = self._connect(path)
            if not read_only:
                with self.write() as connection:
                    bring_up_to_date(connection)
            self._reader = self._connect(path)
            if read_only:
                for connection in (self._writer, self._reader):
                    connection.execute("PRAGMA query_only = ON")

    @staticmethod
    def _check_there(path: Path) -> None:
        if not path.exists():
            raise StorageUnavailable("There is no guard in this folder. Name a guard's data folder with --folder.")
        with _translated(), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                raise StorageUnavailable("This guard was last run by another version. Start it once with this one.")

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        for pragma in (
            "journal_mode=WAL",
            "journal_size_limit=67108864",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk when the block ends, or nothing. Raises StorageUnavailable."""
        with self._writing, _translated():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent view. Raises StorageUnavailable."""
        with self._reading, _translated():
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("ROLLBACK")

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows of a single query, which is a consistent view by itself. Raises StorageUnavailable."""
        with self._reading, _translated():
            return self._reader.execute(query, values).fetchall()

    def close(self) -> None:
        """Close both connections, each when nobody is using it: SQLite's own would crash the process.

        A thread goes on when whoever waited for it was cancelled. What it asks from now on gets ProgrammingError.
        """
        with self._reading:
            self._reader.close()
        with self._writing:
            self._writer.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        name = getattr(error, "sqlite_errorname", "no code")
        raise StorageUnavailable(
            f"The guard's database could not be read or written ({name}). "
            "Look for a full disk or missing rights, then try again."
        ) from error
