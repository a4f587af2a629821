"""Django's SQLite, with a queue for whoever writes.

SQLite knows one writer at a time. One that finds it taken sleeps, in the end a tenth of a second, and tries again,
while others that come later go first: with several processes that write often, most of their time is such sleep. So
whoever writes waits for the lock of a file first, which the kernel hands on the moment it is free, and takes back from
a process that is gone. SQLite's own lock still decides: without the file all would be slower, and nothing wrong.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection."""

    _line = -1

    def create_cursor(self, name: str | None = None) -> _Cursor:
        """A cursor whose single statements wait too."""
        return self.connection.cursor(factory=lambda connection: _Cursor(connection, self))

    def _start_transaction_under_autocommit(self) -> None:
        self._wait_in_line()
        try:
            super()._start_transaction_under_autocommit()
        finally:
            if not self.connection.in_transaction:
                self._leave_line()

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)
        if autocommit:
            self._leave_line()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            if self._line >= 0:
                os.close(self._line)
                self._line = -1

    @contextmanager
    def in_line(self) -> Iterator[None]:
        """Wait for one's turn to write, and have it meanwhile."""
        self._wait_in_line()
        try:
            yield
        finally:
            self._leave_line()

    def _wait_in_line(self) -> None:
        if self._line < 0:
            self._line = os.open(f"{self.settings_dict['NAME']}-line", os.O_RDWR | os.O_CREAT, 0o600)
        began_s = time.monotonic()
        fcntl.flock(self._line, fcntl.LOCK_EX)
        # Where somebody holds the tables for long, each in line would wait that long in vain, one after the other.
        if time.monotonic() - began_s > self.settings_dict["OPTIONS"]["timeout"]:
            self._leave_line()
            raise OperationalError("database is locked") from _busy()

    def _leave_line(self) -> None:
        if self._line >= 0:
            fcntl.flock(self._line, fcntl.LOCK_UN)


class _Cursor(base.SQLiteCursorWrapper):
    def __init__(self, connection: sqlite3.Connection, of: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._of = of

    def execute(self, query: Any, params: Any = None) -> Any:
        if self.connection.in_transaction or not query.lstrip()[:7].upper().startswith(_WRITES):
            return super().execute(query, params)
        with self._of.in_line():
            return super().execute(query, params)

    def executemany(self, query: Any, param_list: Any) -> Any:
        if self.connection.in_transaction:
            return super().executemany(query, param_list)
        with self._of.in_line():
            return super().executemany(query, param_list)


def _busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error
