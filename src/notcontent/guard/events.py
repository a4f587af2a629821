"""Events that the platform is told of as signed webhooks: on the disk in the transaction that makes them true.

Opaque ids only. What is told here can be asked for elsewhere too, so a platform that misses one loses time, no more.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from notcontent.guard.database import Database
from notcontent.guard.told import Told

#: So long an event is offered.
OFFERED_DAYS = 3


class Event(StrEnum):
    """What happened."""

    #: An upload is held, or blocked.
    HELD = "upload.held"
    BLOCKED = "upload.blocked"
    #: A hold or a review ended: somebody decided, or its time was over.
    DECIDED = "upload.decided"
    #: Somebody said that it should not have been stopped; and the helpline has answered.
    DISPUTED = "upload.disputed"
    ANSWERED = "upload.answered"
    #: Everything that an open upload matched was withdrawn.
    WITHDRAWN = "upload.withdrawn"
    #: A list is too old to answer from; and it may be answered from again.
    STALE = "list.stale"
    FRESH = "list.fresh"
    #: Many different uploads near one entry came from one place within an hour.
    PROBING = "probing.suspected"
    #: A place is likely the successor of a closed one.
    SPINOFF = "spinoff.suspected"
    #: The clock of a notice is near its end; and it ran out.
    NOTICE_NEAR = "notice.near"
    NOTICE_LATE = "notice.late"


def put(connection: sqlite3.Connection, event: Event, now: datetime, data: Mapping[str, str | int | None]) -> None:
    """Queue an event inside the caller's transaction."""
    body = {"type": event, "timestamp": now.isoformat(timespec="seconds"), "data": dict(data)}
    connection.execute(
        "INSERT INTO events (id, body, at, next) VALUES (?, ?, ?, ?)",
        (secrets.token_hex(16), json.dumps(body, separators=(",", ":")), now.timestamp(), now.timestamp()),
    )


def put_withdrawn(connection: sqlite3.Connection, list_id: int, entry: str, now: datetime) -> None:
    """Queue an event for each open upload that matched this entry, which is gone, and nothing else any more."""
    left = connection.execute(
        "SELECT uploads.id, uploads.object FROM matches JOIN uploads ON uploads.id = matches.upload"
        " WHERE matches.list = ? AND matches.entry = ? AND uploads.state = 'open' AND NOT EXISTS"
        " (SELECT 1 FROM matches AS other JOIN entries USING (list, entry) WHERE other.upload = uploads.id)",
        (list_id, entry),
    ).fetchall()
    for upload, object_id in left:
        put(connection, Event.WITHDRAWN, now, {"id": upload, "object": object_id})


def next_to_tell(database: Database) -> tuple[Told, float] | None:
    """The event that is to be told first, and the time at which; None if all have been told."""
    with database.read() as connection:
        row = connection.execute("SELECT id, body, tries, next FROM events ORDER BY next LIMIT 1").fetchone()
    return (Told(*row[:3]), row[3]) if row else None


def told(database: Database, event: str) -> None:
    """The platform has it."""
    with database.write() as connection:
        connection.execute("DELETE FROM events WHERE id = ?", (event,))


def try_again(database: Database, event: str, at: datetime, now: datetime) -> None:
    """The platform did not take it: offer it again then, unless its time is over."""
    oldest = (now - timedelta(days=OFFERED_DAYS)).timestamp()
    with database.write() as connection:
        connection.execute("DELETE FROM events WHERE id = ? AND at < ?", (event, oldest))
        connection.execute("UPDATE events SET tries = tries + 1, next = ? WHERE id = ?", (at.timestamp(), event))


def tell_nobody(database: Database) -> None:
    """No address for events is set."""
    with database.write() as connection:
        connection.execute("DELETE FROM events")
