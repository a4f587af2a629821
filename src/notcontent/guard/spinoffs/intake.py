"""What comes into the ledger and leaves it, in the transactions that make it true.

A match is noted beside the record of its upload, in whichever process answered; the writing process takes what was
noted into the ledger, many at a time. A withdrawal takes an entry out of both in the transaction that withdraws it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from notcontent.guard.spinoffs import again, ledger
from notcontent.guard.spinoffs.naming import Where, entry_beginnings, entry_number
from notcontent.guard.spinoffs.observation import Observation, Rule
from notcontent.guard.spinoffs.seeking import Pair

SCHEMA = """
CREATE TABLE spinoff_days (
    entry INTEGER PRIMARY KEY,
    day INTEGER NOT NULL          -- days since 1970: when this guard read that the entry is verified
);
CREATE TABLE spinoff_keys (
    id INTEGER PRIMARY KEY,
    current BLOB NOT NULL,
    shown BLOB NOT NULL,
    former BLOB,
    since INTEGER NOT NULL        -- the hour of the last change; 0 before the first housekeeping
);
CREATE TABLE spinoff_noted (
    number INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    former INTEGER,
    account INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    hour INTEGER NOT NULL
);
"""
#: So many are taken in one transaction.
_TOGETHER = 20_000


def hour_of(now: datetime) -> int:
    """Hours since 1970."""
    return int(now.timestamp()) // 3600


def note(connection: sqlite3.Connection, where: Where, entries: Iterable[str], now: datetime) -> None:
    """An upload in this place matched these verified entries."""
    connection.executemany(
        "INSERT INTO spinoff_noted (place, former, account, entry, hour) VALUES (?, ?, ?, ?, ?)",
        ((where.place, where.former, where.account, entry_number(entry), hour_of(now)) for entry in entries),
    )


def verified(connection: sqlite3.Connection, entries: Iterable[str], now: datetime) -> None:
    """The guard read that people have verified these. Entries of one day are one group (see `Rule.least_groups`)."""
    day = hour_of(now) // 24
    connection.executemany(
        "INSERT OR IGNORE INTO spinoff_days VALUES (?, ?)", ((entry_number(entry), day) for entry in entries)
    )


def forget(connection: sqlite3.Connection, entries: Collection[str]) -> None:
    """These were withdrawn, or are verified no longer."""
    numbers = [(entry_number(entry),) for entry in entries]
    connection.executemany("DELETE FROM spinoff_days WHERE entry = ?", numbers)
    connection.executemany("DELETE FROM spinoff_noted WHERE entry = ?", numbers)
    ledger.withdraw(connection, [number for (number,) in numbers], Rule())
    again.forget(connection, entries)


def live_entries(connection: sqlite3.Connection, number: int) -> list[tuple[int, str, bool]]:
    """Of each live entry of this number: its list, its id, and whether people verified it and it does not rest.

    One, but for two that begin alike.
    """
    found: list[tuple[int, str, bool]] = []
    for begins in entry_beginnings(number):
        rows = connection.execute(
            "SELECT list, entry, tier = 'verified' AND NOT paused FROM lists"
            " CROSS JOIN entries ON entries.list = lists.id AND entry BETWEEN ?1 AND ?1 || 'g'",
            (begins,),
        )
        found += [(list_id, entry, bool(counts)) for list_id, entry, counts in rows]
    return found


def take_noted(connection: sqlite3.Connection, rule: Rule) -> tuple[int, list[Pair]]:
    """Bring what was noted into the ledger: how much that was, and the pairs that became likely."""
    rows = connection.execute(
        "SELECT number, place, former, account, spinoff_noted.entry, hour, coalesce(day, 0) FROM spinoff_noted"
        " LEFT JOIN spinoff_days ON spinoff_days.entry = spinoff_noted.entry ORDER BY number LIMIT ?",
        (_TOGETHER,),
    ).fetchall()
    if not rows:
        return 0, []
    ledger.use_memory(connection)
    ledger.carry_over(connection, {row[2]: row[1] for row in rows if row[2] is not None})
    observed = [Observation(place, entry, day, account, hour) for _, place, _, account, entry, hour, day in rows]
    pairs = ledger.take(connection, observed, rule)
    connection.execute("DELETE FROM spinoff_noted WHERE number <= ?", (rows[-1][0],))
    return len(rows), pairs
