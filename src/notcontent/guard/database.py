"""The guard's database: how far each list is, which entries are live, what was decided, what is still to be sent.

SQLite in WAL mode, each commit on the disk before it is believed. It never holds a fingerprint (`slots` does), a
picture, or anything about who uploaded one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notcontent.guard.errors import StorageUnavailable

FILE_NAME = "guard.db"

_SCHEMA = """
CREATE TABLE lists (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    token TEXT NOT NULL,          -- the partner's token at that exchange, needed in clear to ask with it
    root_key TEXT NOT NULL,
    keys_sequence INTEGER NOT NULL DEFAULT 0,
    feed TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    number INTEGER NOT NULL DEFAULT 0,
    delta TEXT NOT NULL,
    fresh_at REAL,                -- when a valid head last agreed with this list; NULL before the first time
    passed_over INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE entries (
    list INTEGER NOT NULL REFERENCES lists,
    entry TEXT NOT NULL,
    slot INTEGER,                 -- NULL for a kind this version does not know
    tier TEXT,
    paused INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (list, entry)
) WITHOUT ROWID;
CREATE TABLE withdrawn (
    list INTEGER NOT NULL REFERENCES lists,
    entry TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    slot INTEGER,                 -- until it has been zeroed
    erased INTEGER NOT NULL DEFAULT 0,
    listed_again INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (list, entry)
) WITHOUT ROWID;
CREATE INDEX withdrawn_not_erased ON withdrawn (list) WHERE erased = 0;
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    verdict TEXT NOT NULL,
    state TEXT NOT NULL,          -- open, released, blocked
    decision TEXT,
    reason TEXT
) WITHOUT ROWID;
CREATE TABLE matches (
    upload TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE,
    list INTEGER NOT NULL REFERENCES lists,
    entry TEXT NOT NULL,
    report TEXT NOT NULL UNIQUE,
    PRIMARY KEY (upload, list, entry)
) WITHOUT ROWID;
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list INTEGER NOT NULL REFERENCES lists,
    kind TEXT NOT NULL,           -- receipt or report
    body TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_waiting ON outbox (list, kind, id) WHERE refused = 0;
CREATE TABLE tokens (
    name TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    hold TEXT                     -- 202, block, allow or NULL
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


class Database:
    """One connection that writes and one that reads, each used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Open the database of this folder, making it at the first start. Raises StorageUnavailable."""
        path = folder / FILE_NAME
        path.touch(mode=0o600)
        self._writing, self._reading = threading.Lock(), threading.Lock()
        with _translated():
            self._writer = self._connect(path)
            with self.write() as connection:
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _SCHEMA.split(";\n"):
                        connection.execute(statement)
            self._reader = self._connect(path)

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
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

    def close(self) -> None:
        """Close both connections."""
        self._reader.close()
        self._writer.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise StorageUnavailable(
            "The guard's database could not be read or written. Look for a full disk or missing rights, then try again."
        ) from error
