"""Disputes of uploads that were held or blocked, and objections of people who say that they are shown.

Neither lets anything through. A dispute opens one blocked upload to a second pair of eyes; an objection holds what one
account uploads of that picture instead of blocking it, until the helpline has answered.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notcontent.guard import events
from notcontent.guard.database import Database
from notcontent.guard.errors import NotStopped
from notcontent.guard.uploads import UploadState, look_up
from notcontent.guard.verdict import VerdictKind

#: So many are asked about at a time.
MOST_ASKED = 500


class Kind(StrEnum):
    """What is said against a hold or a block; no other word leaves the platform."""

    NOT_INTIMATE = "not_intimate"
    PUBLIC_INTEREST = "public_interest"
    PUBLISHED = "published_myself"
    AGREES = "shown_and_agree"


class Answer(StrEnum):
    """How a dispute stands, and all that anybody is told of it."""

    OPEN = "open"
    UPHELD = "upheld"
    RELEASED = "released"


#: What somebody says who is shown in the picture.
OBJECTIONS = frozenset({Kind.PUBLISHED, Kind.AGREES})
#: Noted here and not said to the exchange yet.
_UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Disputed:
    """One upload's dispute."""

    upload: str
    kind: Kind
    answer: Answer


@dataclass(frozen=True, slots=True)
class Asking:
    """What one exchange is asked about: each report with what is said against it. `new`: some were never told."""

    kinds: dict[str, Kind]
    new: bool


def name_account(untrusted_account: str, seed: bytes) -> str:
    """32 hex digits: the same for the same account at this guard, and at no other. The account's name is not kept."""
    key = hmac.digest(seed, b"account", "sha256")
    return hmac.digest(key, untrusted_account.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def dispute(
    database: Database,
    untrusted_upload: str,
    kind: Kind,
    now: datetime,
    *,
    account: str | None = None,
    object_id: str | None = None,
    tells: bool = False,
) -> Disputed:
    """Note a dispute and open the upload; said again, it is told as it stands, whatever kind was said first.

    `account` (see `name_account`): whose uploads are held from now on where these entries would block them, if `kind`
    is an objection. `object_id`: what the platform calls the upload, so that whoever decides can look at it. Raises
    UnknownUpload, and NotStopped for an upload that was neither held nor blocked, or is so no longer.
    """
    with database.write() as connection:
        upload = look_up(connection, untrusted_upload)
        if (known := _read(connection, upload.id)) is not None:
            return known
        stopped = upload.verdict in (VerdictKind.HOLD, VerdictKind.BLOCK)
        if not stopped or upload.state not in (UploadState.OPEN, UploadState.BLOCKED):
            raise NotStopped("Only an upload that is held or blocked can be disputed. Ask for its state first.")
        connection.execute(
            "INSERT INTO disputes (upload, kind, account, day) VALUES (?, ?, ?, ?)",
            (upload.id, kind, account if kind in OBJECTIONS else None, now.date().isoformat()),
        )
        connection.execute("UPDATE matches SET answer = ? WHERE upload = ?", (_UNTOLD, upload.id))
        if upload.state is UploadState.BLOCKED:
            connection.execute(
                "UPDATE uploads SET state = 'open', decision = NULL, reason = NULL, stays = 1, object = ?, at = ?"
                " WHERE id = ?",
                (object_id, now.timestamp(), upload.id),
            )
        if account is not None and kind in OBJECTIONS:
            connection.execute(
                "INSERT OR IGNORE INTO objections (list, entry, account)"
                " SELECT list, entry, ? FROM matches WHERE upload = ?",
                (account, upload.id),
            )
        if tells:
            events.put(connection, events.Event.DISPUTED, now, {"id": upload.id, "object": object_id, "kind": kind})
        return Disputed(upload.id, kind, Answer.OPEN)


def read_dispute(database: Database, untrusted_upload: str) -> Disputed | None:
    """How an upload's dispute stands; None if nobody disputed it, or no such upload is known."""
    with database.read() as connection:
        return _read(connection, untrusted_upload)


def to_ask(database: Database, list_id: int) -> Asking:
    """What this list's exchange has not answered yet; what was never told first."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT report, kind, answer FROM matches JOIN disputes USING (upload)"
            " WHERE list = ? AND answer IN (?, ?) ORDER BY answer = ?, disputes.day LIMIT ?",
            (list_id, _UNTOLD, Answer.OPEN, Answer.OPEN, MOST_ASKED),
        ).fetchall()
    kinds = {report: Kind(kind) for report, kind, _ in rows}
    return Asking(kinds, any(answer == _UNTOLD for _, _, answer in rows))


def hear(database: Database, list_id: int, answers: Mapping[str, Answer], now: datetime, *, tells: bool) -> bool:
    """Keep what an exchange answered; whether any upload's state changed.

    Once everything about an upload is answered and nobody here has decided: it is released if nothing stands against
    it; a block that stands is a block again; a hold goes on until somebody here decides.
    """
    changed = False
    with database.write() as connection:
        for report, answer in answers.items():
            row = connection.execute(
                "SELECT upload, list, entry FROM matches WHERE report = ? AND list = ? AND answer IN (?, ?)",
                (report, list_id, _UNTOLD, Answer.OPEN),
            ).fetchone()
            if row is None:
                continue
            connection.execute("UPDATE matches SET answer = ? WHERE report = ?", (answer, report))
            if answer is Answer.UPHELD:
                connection.execute(
                    "DELETE FROM objections WHERE list = ? AND entry = ?"
                    " AND account = (SELECT account FROM disputes WHERE upload = ?)",
                    (row[1], row[2], row[0]),
                )
            if answer is not Answer.OPEN:
                changed |= _end(connection, row[0], now, tells=tells)
    return changed


def forget_objections(database: Database) -> None:
    """Those against entries that were withdrawn go with them."""
    with database.write() as connection:
        connection.execute(
            "DELETE FROM objections WHERE NOT EXISTS (SELECT 1 FROM entries"
            " WHERE entries.list = objections.list AND entries.entry = objections.entry)"
        )


def _end(connection: sqlite3.Connection, upload: str, now: datetime, *, tells: bool) -> bool:
    disputed = _read(connection, upload)
    verdict, state, object_id = connection.execute(
        "SELECT verdict, state, object FROM uploads WHERE id = ?", (upload,)
    ).fetchone()
    if disputed is None or disputed.answer is Answer.OPEN or state != UploadState.OPEN:
        return False
    if disputed.answer is Answer.UPHELD and verdict != VerdictKind.BLOCK:
        return False
    then = UploadState.RELEASED if disputed.answer is Answer.RELEASED else UploadState.BLOCKED
    connection.execute("UPDATE uploads SET state = ?, object = NULL, at = NULL WHERE id = ?", (then, upload))
    if tells:
        said = {"id": upload, "object": object_id, "answer": disputed.answer}
        events.put(connection, events.Event.ANSWERED, now, said)
    return True


def _read(connection: sqlite3.Connection, upload: str) -> Disputed | None:
    row = connection.execute("SELECT kind FROM disputes WHERE upload = ?", (upload,)).fetchone()
    if row is None:
        return None
    # What was withdrawn meanwhile stands against nothing, and no exchange answers about it any more.
    answers = {
        answer
        for (answer,) in connection.execute(
            "SELECT answer FROM matches JOIN entries USING (list, entry) WHERE upload = ? AND answer IS NOT NULL",
            (upload,),
        )
    }
    if answers & {_UNTOLD, Answer.OPEN}:
        return Disputed(upload, Kind(row[0]), Answer.OPEN)
    return Disputed(upload, Kind(row[0]), Answer.UPHELD if Answer.UPHELD in answers else Answer.RELEASED)
