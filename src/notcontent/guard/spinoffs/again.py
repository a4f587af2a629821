"""Entries that were met again in a new place and wait to be told of, or were told of lately.

A row goes with its entry: when it is withdrawn or verified no longer, and when 90 days are over.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from notcontent.guard.spinoffs.naming import entry_number

#: What a report of it is called (docs/spec/feed.md §4).
VERDICT = "again"
SCHEMA = """
CREATE TABLE spinoff_again (
    entry INTEGER PRIMARY KEY,
    week INTEGER NOT NULL,        -- ordinal of the Monday of the week in which it was met there
    due INTEGER NOT NULL,         -- ordinal of the day from which it may be told
    told INTEGER NOT NULL DEFAULT 0
);
"""


def forget(connection: sqlite3.Connection, entries: Collection[str]) -> None:
    """These were withdrawn, or are verified no longer: nothing is told of them, not what waits for its exchange either.

    `entries`: their ids, 32 hex digits.
    """
    told = [
        entry
        for entry in entries
        if connection.execute(
            "DELETE FROM spinoff_again WHERE entry = ? RETURNING told", (entry_number(entry),)
        ).fetchone()
        == (1,)
    ]
    if told:
        connection.execute(
            "DELETE FROM outbox WHERE kind = 'report' AND json_extract(body, '$.verdict') = ?"
            " AND json_extract(body, '$.entry') IN (SELECT value FROM json_each(?))",
            (VERDICT, json.dumps(told)),
        )


def drop_refused(connection: sqlite3.Connection) -> None:
    """An exchange from before this word refuses it for good: nothing of it is kept here for that."""
    connection.execute(
        "DELETE FROM outbox WHERE kind = 'report' AND refused = 1 AND json_extract(body, '$.verdict') = ?", (VERDICT,)
    )


def forget_all(connection: sqlite3.Connection) -> None:
    """It was switched off: nothing more is told."""
    connection.execute("DELETE FROM spinoff_again")
    connection.execute("DELETE FROM outbox WHERE kind = 'report' AND json_extract(body, '$.verdict') = ?", (VERDICT,))
