"""Uploads that were answered "pending", and what became of them: on the disk before anybody is told.

No upload, no fingerprint and no person is in here: the upload's id, the platform's own id of it if it gave one, and the
verdict with its matches, until the platform has taken it or the time is over.
"""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import datetime, timedelta

from notcontent.guard.answer import verdict_json
from notcontent.guard.database import Database
from notcontent.guard.told import Told
from notcontent.guard.verdict import Verdict, VerdictKind
from notcontent.guard.words import Words

#: So long a verdict that came later can be asked for, and is offered to the platform's callback address.
KEPT_DAYS, OFFERED_DAYS = 7, 3
UNFINISHED = "The guard stopped while it read this upload. Send it again."


def begin(database: Database, upload: str, object_id: str | None, now: datetime, accept_language: str = "") -> None:
    """This upload is being answered "pending" by this process. On the disk when this returns."""
    language = Words.asked_for(accept_language).language.tag
    with database.write() as connection:
        connection.execute(
            "INSERT INTO pending (upload, object, process, at, language) VALUES (?, ?, ?, ?, ?)",
            (upload, object_id, os.getpid(), now.timestamp(), language),
        )


def settle(connection: sqlite3.Connection, verdict: Verdict, now: datetime, why: str | None = None) -> None:
    """The verdict of an upload, inside the caller's transaction; does nothing for one that is not pending.

    `why`: what happened and what to do, where there is no verdict on what it shows.
    """
    row = connection.execute(
        "SELECT object, language FROM pending WHERE upload = ? AND verdict IS NULL", (verdict.id,)
    ).fetchone()
    if row is not None:
        told = verdict_json(verdict, row[1]) | {"object": row[0], "why": why}
        body = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
        connection.execute(
            "UPDATE pending SET verdict = ?, body = ?, at = ?, next = ? WHERE upload = ?",
            (verdict.kind, body, now.timestamp(), now.timestamp(), verdict.id),
        )


def give_up(database: Database, now: datetime, process: int | None = None) -> None:
    """What a process that is gone was reading is unfinished; without a number, what any process was reading."""
    with database.write() as connection:
        lost = connection.execute(
            "SELECT upload FROM pending WHERE verdict IS NULL AND process = coalesce(?, process)", (process,)
        ).fetchall()
        for (upload,) in lost:
            settle(connection, Verdict(VerdictKind.UNFINISHED, upload), now, UNFINISHED)


def state_of(connection: sqlite3.Connection, untrusted_upload: str) -> VerdictKind | None:
    """The verdict of an upload that was answered "pending", `PENDING` while there is none; None if it was not."""
    row = connection.execute("SELECT verdict FROM pending WHERE upload = ?", (untrusted_upload,)).fetchone()
    return VerdictKind(row[0] or VerdictKind.PENDING) if row else None


def next_to_tell(database: Database) -> tuple[Told, float] | None:
    """The verdict that is to be told first, and the time at which; None if all have been told."""
    with database.read() as connection:
        row = connection.execute(
            "SELECT upload, body, tries, next FROM pending WHERE next IS NOT NULL ORDER BY next LIMIT 1"
        ).fetchone()
    return (Told(*row[:3]), row[3]) if row else None


def told(database: Database, upload: str) -> None:
    """The platform has it: only the verdict itself is kept, for those who ask."""
    with database.write() as connection:
        connection.execute("UPDATE pending SET next = NULL, body = NULL WHERE upload = ?", (upload,))


def try_again(database: Database, upload: str, at: datetime, now: datetime) -> None:
    """The platform did not take it: offer it again then, unless its time is over."""
    oldest = (now - timedelta(days=OFFERED_DAYS)).timestamp()
    with database.write() as connection:
        connection.execute(
            "UPDATE pending SET tries = tries + 1, next = CASE WHEN at < ? THEN NULL ELSE ? END WHERE upload = ?",
            (oldest, at.timestamp(), upload),
        )


def tell_nobody(database: Database) -> None:
    """No callback address is set: verdicts wait to be asked for."""
    with database.write() as connection:
        connection.execute("UPDATE pending SET next = NULL, body = NULL WHERE next IS NOT NULL")


def forget_before(database: Database, now: datetime) -> None:
    """Delete what settled too long ago."""
    oldest = (now - timedelta(days=KEPT_DAYS)).timestamp()
    with database.write() as connection:
        connection.execute("DELETE FROM pending WHERE verdict IS NOT NULL AND at < ?", (oldest,))


def count(database: Database) -> tuple[int, int]:
    """How many uploads are pending, and how many verdicts wait to be told."""
    with database.read() as connection:
        row = connection.execute("SELECT total(verdict IS NULL), total(next IS NOT NULL) FROM pending").fetchone()
    return int(row[0]), int(row[1])
