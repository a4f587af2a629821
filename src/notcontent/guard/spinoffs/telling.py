"""Telling an exchange that an entry was met again in a new place, for the person, who reads it only if she asks.

Of a move that a person here marked as right, and that stands, each entry that was in the closed place first is told,
once in 90 days: the entry, and the Monday of that week, one to three weeks late. No place, no account, no number; and
since every entry waits for a day of its own, nothing says which of them were met together.
"""

from __future__ import annotations

import secrets
import sqlite3
from datetime import UTC, date, datetime, timedelta

from notcontent.guard import outbox
from notcontent.guard.database import Database
from notcontent.guard.outbox import Post
from notcontent.guard.spinoffs import again, intake
from notcontent.guard.spinoffs.keeping import Spinoffs
from notcontent.guard.spinoffs.observation import Rule

#: An entry waits until so many days after the Monday of its week, and then less than so many more, drawn for each.
WAIT_DAYS, SPREAD_DAYS = 14, 7
#: What was met longer ago is no news.
NEWS_DAYS = 28
#: So long an entry that was told is not told again, and it is known that it was.
QUIET_DAYS = 90


class Telling:
    """Finds what is to be told, and hands it to the outbox when its day has come."""

    def __init__(self, database: Database, spinoffs: Spinoffs, *, is_on: bool) -> None:
        """`is_on`: the platform agreed that it is told; otherwise what waits is erased, and nothing ever is."""
        self._database, self._spinoffs, self.is_on = database, spinoffs, is_on and spinoffs.is_on
        if not self.is_on:
            with database.write() as connection:
                again.forget_all(connection)

    def tell(self, now: datetime) -> bool:
        """Look for what is new and put into the outbox what is due; whether anything was. Raises StorageUnavailable."""
        standing = self._spinoffs.clusters()[1].keys()
        with self._database.write() as connection:
            right = connection.execute(
                "SELECT predecessor, successor FROM spinoff_moves WHERE judged = 'right'"
            ).fetchall()
            for move in standing & set(right):
                _find(connection, *move, now)
            told = _tell_due(connection, now)
            again.drop_refused(connection)
            connection.execute("DELETE FROM spinoff_again WHERE due < ?", (now.date().toordinal() - QUIET_DAYS,))
        return told > 0


def _find(connection: sqlite3.Connection, predecessor: int, successor: int, now: datetime) -> None:
    """Note the entries that came to the successor after the closed place had them, within the window of the rule."""
    closed = connection.execute("SELECT closed FROM spinoff_places WHERE place = ?", (predecessor,)).fetchone()[0]
    rule, hour = Rule(), int(now.timestamp()) // 3600
    found = connection.execute(
        "SELECT entry, min(hour) FROM spinoff_met AS here WHERE place = ? AND hour BETWEEN ? AND ? AND EXISTS"
        " (SELECT 1 FROM spinoff_met AS there WHERE there.entry = here.entry AND there.place = ?"
        " AND there.hour < here.hour) GROUP BY entry",
        (successor, max(closed - rule.lead_hours, hour - NEWS_DAYS * 24), closed + rule.window_hours, predecessor),
    ).fetchall()
    connection.executemany(
        "INSERT OR IGNORE INTO spinoff_again (entry, week, due) VALUES (?, ?, ?)",
        ((entry, *_when(met, now.date())) for entry, met in found),
    )


def _when(met_hour: int, today: date) -> tuple[int, int]:
    """The Monday that is told, and the day on which that may be: both ordinals."""
    met = datetime.fromtimestamp(met_hour * 3600, UTC).date()
    monday = met - timedelta(days=met.weekday())
    return monday.toordinal(), max(monday.toordinal() + WAIT_DAYS, today.toordinal()) + secrets.randbelow(SPREAD_DAYS)


def _tell_due(connection: sqlite3.Connection, now: datetime) -> int:
    due = connection.execute(
        "SELECT entry, week FROM spinoff_again WHERE told = 0 AND due <= ? ORDER BY entry", (now.date().toordinal(),)
    ).fetchall()
    told = 0
    for number, week in due:
        for list_id, entry, counts in intake.live_entries(connection, number):
            if not counts:
                continue
            body = outbox.report_body(secrets.token_hex(16), entry, again.VERDICT, date.fromordinal(week))
            outbox.put(connection, list_id, Post.REPORT, [body])
            told += 1
    connection.executemany("UPDATE spinoff_again SET told = 1 WHERE entry = ?", ((number,) for number, _ in due))
    return told
