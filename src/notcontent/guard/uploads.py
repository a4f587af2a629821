"""Uploads that were held, blocked, flagged or offered for review, and what the host decided.

No picture, no fingerprint, no person.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from notcontent.feed.entry import Tier
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard import events, outbox, pending
from notcontent.guard.database import Database
from notcontent.guard.errors import AlreadyDecided, NotBlocked, UnknownUpload
from notcontent.guard.lists import Found
from notcontent.guard.spinoffs import intake
from notcontent.guard.spinoffs.naming import Where
from notcontent.guard.statement import Blocked
from notcontent.guard.verdict import Verdict, VerdictKind


class UploadState(StrEnum):
    """Where an upload stands."""

    OPEN = "open"
    RELEASED = "released"
    BLOCKED = "blocked"
    WITHDRAWN = "withdrawn"
    PENDING = "pending"
    REFUSED = "refused"
    UNFINISHED = "unfinished"


class Decision(StrEnum):
    """What a person at the host decides about a hold."""

    RELEASE = "release"
    BLOCK = "block"


class Reason(StrEnum):
    """Why (the closed set of docs/spec/feed.md §4)."""

    INTIMATE = "intimate"
    NOT_INTIMATE = "not_intimate"
    PUBLIC_INTEREST = "public_interest"
    OWN_PICTURE = "own_picture"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Upload:
    """What the host may read of an upload later."""

    id: str
    verdict: VerdictKind
    state: UploadState


#: A flagged upload passed: it is recorded as released, so that nobody waits for it.
_FIRST_STATE = {
    VerdictKind.HOLD: UploadState.OPEN,
    VerdictKind.BLOCK: UploadState.BLOCKED,
    VerdictKind.ALLOW: UploadState.RELEASED,
}
#: What became of one that nothing was found in, and that was answered later.
_LATER_STATE = {
    VerdictKind.ALLOW: UploadState.RELEASED,
    VerdictKind.PENDING: UploadState.PENDING,
    VerdictKind.REFUSED: UploadState.REFUSED,
    VerdictKind.UNFINISHED: UploadState.UNFINISHED,
}
#: What the exchange hears: it knows no verdict of uploads that pass but this.
_SAID = {VerdictKind.HOLD: "hold", VerdictKind.BLOCK: "block", VerdictKind.ALLOW: "flag"}
_EVENT = {VerdictKind.HOLD: events.Event.HELD, VerdictKind.BLOCK: events.Event.BLOCKED}
_DECIDED_STATE = {Decision.RELEASE: UploadState.RELEASED, Decision.BLOCK: UploadState.BLOCKED}


class Uploads:
    """The record of uploads, and the reports that follow from it. Raises StorageUnavailable."""

    def __init__(self, database: Database, *, tells: bool = False) -> None:
        """Use this database. `tells`: whether the platform is told what happens as events."""
        self._database, self._tells = database, tells

    def record(
        self,
        verdict: Verdict,
        found: Sequence[Found],
        now: datetime,
        object_id: str | None = None,
        *,
        stays: bool = False,
        where: Where | None = None,
    ) -> None:
        """Keep a verdict and queue one report for each entry, in one transaction.

        `object_id`: what the platform calls it, so that a person who decides can be shown it from there. It goes, like
        the time, with the decision. `stays`: no time ends this hold, only a person.
        `where`: noted beside the verified entries that were met, if the ledger of spin-offs is kept.

        One that passes and is offered for review stays open, and nothing of it is reported before a person decided.
        """
        upload = verdict.id
        state = UploadState.OPEN if verdict.review else _FIRST_STATE[verdict.kind]
        waiting = (object_id, now.timestamp()) if state is UploadState.OPEN else (None, None)
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO uploads (id, day, verdict, state, object, at, stays) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (upload, now.date().isoformat(), verdict.kind, state, *waiting, stays),
            )
            pending.settle(connection, verdict, now)
            if self._tells and verdict.kind in _EVENT:
                events.put(connection, _EVENT[verdict.kind], now, {"id": upload, "object": object_id})
            if where is not None and not verdict.review:
                met = [each.shown.entry for each in found if each.shown.tier is Tier.VERIFIED]
                intake.note(connection, where, met, now)
            for each in found:
                report = secrets.token_hex(16)
                connection.execute(
                    "INSERT INTO matches (upload, list, entry, report, view, at_s) VALUES (?, ?, ?, ?, ?, ?)",
                    (upload, each.list_id, each.shown.entry, report, each.shown.view, each.shown.at_s),
                )
                if not verdict.review:
                    body = outbox.report_body(report, each.shown.entry, _SAID[verdict.kind], now.date())
                    outbox.put(connection, each.list_id, outbox.Post.REPORT, [body])

    def look(self, untrusted_upload: str) -> Upload:
        """What is known of an upload. Raises UnknownUpload."""
        with self._database.read() as connection:
            return look_up(connection, untrusted_upload)

    def knows(self, untrusted_upload: str) -> bool:
        """Whether an upload of this id is on record."""
        return bool(self._database.rows("SELECT 1 FROM uploads WHERE id = ?", untrusted_upload))

    def blocked(self, untrusted_upload: str) -> Blocked:
        """What is on record of a blocked upload. Raises UnknownUpload, and NotBlocked for any other."""
        with self._database.read() as connection:
            upload = look_up(connection, untrusted_upload)
            if upload.state is not UploadState.BLOCKED:
                raise NotBlocked("Only a blocked upload has a statement of reasons. Ask for its state first.")
            day, reason, is_video = connection.execute(
                "SELECT day, reason, EXISTS (SELECT 1 FROM matches WHERE upload = uploads.id AND view = ?)"
                " FROM uploads WHERE id = ?",
                (ViewKind.FRAME, upload.id),
            ).fetchone()
        by_person = reason is not None and reason != Reason.EXPIRED
        return Blocked(upload.id, date.fromisoformat(day), bool(is_video), by_person)

    def objected(self, account: str, entries: AbstractSet[tuple[int, str]]) -> set[tuple[int, str]]:
        """Those of these entries (list and id) to which this account has objected (see `disputes`)."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT list, entry FROM objections WHERE account = ?", (account,)).fetchall()
        return {(int(list_id), str(entry)) for list_id, entry in rows} & entries

    def decide(self, untrusted_upload: str, decision: Decision, reason: Reason, now: datetime) -> Upload:
        """End a hold or a review, once, and queue the decision. The same decision again changes nothing.

        Raises UnknownUpload, and AlreadyDecided when there is nothing to decide, or not any more.
        """
        with self._database.write() as connection:
            upload = look_up(connection, untrusted_upload)
            *earlier, object_id = connection.execute(
                "SELECT decision, reason, object FROM uploads WHERE id = ?", (upload.id,)
            ).fetchone() or (None, None, None)
            if earlier == [decision, reason]:
                return upload
            if upload.state is not UploadState.OPEN:
                raise AlreadyDecided("Nothing is open about this upload. Ask for its state, and show that.")
            connection.execute(
                "UPDATE uploads SET state = ?, decision = ?, reason = ?, object = NULL, at = NULL WHERE id = ?",
                (_DECIDED_STATE[decision], decision, reason, upload.id),
            )
            matches = connection.execute("SELECT list, entry, report FROM matches WHERE upload = ?", (upload.id,))
            for list_id, entry, report in matches.fetchall():
                body = outbox.report_body(report, entry, _SAID[upload.verdict], now.date(), (decision, reason))
                outbox.put(connection, list_id, outbox.Post.REPORT, [body])
            if self._tells:
                said = {"id": upload.id, "object": object_id, "decision": decision, "reason": reason}
                events.put(connection, events.Event.DECIDED, now, said)
            return Upload(upload.id, upload.verdict, _DECIDED_STATE[decision])

    def forget_before(self, now: datetime, keep_days: int) -> None:
        """Delete records older than this many days, and the platform's id of what needs no decision any more."""
        oldest = (now - timedelta(days=keep_days)).date().isoformat()
        with self._database.write() as connection:
            connection.execute("DELETE FROM uploads WHERE day < ?", (oldest,))
            connection.execute(
                "UPDATE uploads SET object = NULL, at = NULL WHERE state = 'open' AND at IS NOT NULL AND NOT EXISTS"
                " (SELECT 1 FROM matches JOIN entries USING (list, entry) WHERE matches.upload = uploads.id)"
            )


def look_up(connection: sqlite3.Connection, untrusted_upload: str) -> Upload:
    """What is known of an upload, inside the caller's transaction. Raises UnknownUpload."""
    row = connection.execute(
        "SELECT verdict, state, decision, EXISTS (SELECT 1 FROM matches JOIN entries USING (list, entry)"
        " WHERE matches.upload = uploads.id) FROM uploads WHERE id = ?",
        (untrusted_upload,),
    ).fetchone()
    if row is None and (later := pending.state_of(connection, untrusted_upload)) in _LATER_STATE:
        return Upload(untrusted_upload, later, _LATER_STATE[later])
    if row is None:
        raise UnknownUpload(
            "No held, blocked, flagged, reviewed or pending upload has this id. Others that pass are not recorded."
        )
    verdict, state, decision, any_live = row
    if decision is None and not any_live:
        state = UploadState.WITHDRAWN
    return Upload(untrusted_upload, VerdictKind(verdict), UploadState(state))
