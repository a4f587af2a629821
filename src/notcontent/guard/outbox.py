"""What is still to be told to an exchange. A row is written in the transaction that makes it true, and deleted once the
exchange has taken it; sent twice, it still counts once, because every receipt and report has its own name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from notcontent.guard.database import Database

BATCH = 500


class Post(StrEnum):
    """What a row holds."""

    RECEIPT = "receipt"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of one kind for one exchange, oldest first: their numbers and the bodies to send."""

    ids: tuple[int, ...]
    bodies: tuple[dict[str, object], ...]


def report_body(
    report: str, entry: str, verdict: str, day: date, decided: tuple[str, str] | None = None
) -> dict[str, str | None]:
    """A report as docs/spec/feed.md §4 has it. `decided`: the decision that ended a hold, and its reason."""
    decision, reason = decided or (None, None)
    return {
        "id": report, "entry": entry, "verdict": verdict, "decision": decision, "reason": reason,
        "day": day.isoformat(),
    }  # fmt: skip


def put(connection: sqlite3.Connection, list_id: int, kind: Post, bodies: Iterable[Mapping[str, str | None]]) -> None:
    """Queue these bodies inside the caller's transaction."""
    connection.executemany(
        "INSERT INTO outbox (list, kind, body) VALUES (?, ?, ?)",
        ((list_id, kind, json.dumps(body, separators=(",", ":"))) for body in bodies),
    )


def waiting(database: Database, list_id: int, kind: Post) -> Waiting:
    """The oldest rows that wait."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT id, body FROM outbox WHERE list = ? AND kind = ? AND refused = 0 ORDER BY id LIMIT ?",
            (list_id, kind, BATCH),
        ).fetchall()
    return Waiting(tuple(row[0] for row in rows), tuple(json.loads(row[1]) for row in rows))


def delivered(database: Database, ids: Sequence[int]) -> None:
    """The exchange has these rows: forget them."""
    with database.write() as connection:
        connection.executemany("DELETE FROM outbox WHERE id = ?", ((each,) for each in ids))


def refused(database: Database, row: int) -> None:
    """The exchange will never take this row: keep it for the operator, and let the others pass."""
    with database.write() as connection:
        connection.execute("UPDATE outbox SET refused = 1 WHERE id = ?", (row,))
