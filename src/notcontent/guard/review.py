"""Held uploads that wait for a person: what that person may know of each, and who is looking.

Nothing here says who uploaded, who asked for it to be stopped, or how near it came.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from notcontent.feed.entry import Tier
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.database import Database
from notcontent.guard.disputes import Kind
from notcontent.guard.errors import AlreadyDecided, UnknownUpload
from notcontent.guard.tokens import Purpose, find_caller
from notcontent.guard.uploads import Decision, Reason, Uploads

#: So many are shown at a time, those that wait longest.
SHOWN = 100
#: So long a reviewer stays signed in.
SIGNED_IN = timedelta(hours=12)
_BY_STRENGTH = (Tier.VERIFIED, Tier.SEEN, Tier.CLAIMED)
_LIVE = "EXISTS (SELECT 1 FROM matches JOIN entries USING (list, entry) WHERE matches.upload = uploads.id)"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One upload that is held, or passed as a near miss (`held` says which), and waits for a decision.

    `object_id`: what the platform calls it, None if it did not say. `since`: when, None for one from before this was
    noted. `tier`: the strongest that matches it now; `list_name`: of that entry; `view`, `at_s`: where in it that was.
    `has_notice`: whether the platform recorded a notice about it that is still open.
    """

    id: str
    held: bool
    object_id: str | None
    since: datetime | None
    tier: Tier
    list_name: str
    view: ViewKind | None
    at_s: float | None
    has_notice: bool
    #: What was said against it, and whether only a person ends it.
    disputed: Kind | None = None
    stays: bool = False


def waiting(database: Database) -> tuple[list[Waiting], int]:
    """The uploads that wait longest, and how many wait in all."""
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT id, verdict, object, at FROM uploads WHERE state = 'open' AND {_LIVE}"  # noqa: S608 - a constant
            " ORDER BY at LIMIT ?",
            (SHOWN,),
        ).fetchall()
        total = connection.execute(
            f"SELECT count(*) FROM uploads WHERE state = 'open' AND {_LIVE}"  # noqa: S608 - a constant
        ).fetchone()[0]
        return [_waiting(connection, *row) for row in rows], int(total)


def read_waiting(database: Database, untrusted_upload: str) -> Waiting | None:
    """One of them; None if it does not wait, or not any more."""
    with database.read() as connection:
        row = connection.execute(
            f"SELECT id, verdict, object, at FROM uploads WHERE id = ? AND state = 'open' AND {_LIVE}",  # noqa: S608
            (untrusted_upload,),
        ).fetchone()
        return _waiting(connection, *row) if row else None


def find_waiting(database: Database, upload: str | None, object_id: str | None) -> str | None:
    """The id of an upload that waits and has this id, or that the platform calls so; None if none does."""
    rows = database.rows(
        f"SELECT id FROM uploads WHERE state = 'open' AND (id = ? OR object = ?) AND {_LIVE} LIMIT 1",  # noqa: S608
        upload,
        object_id,
    )
    return rows[0][0] if rows else None


def _waiting(
    connection: sqlite3.Connection, upload: str, verdict: str, object_id: str | None, at: float | None
) -> Waiting:
    matches = connection.execute(
        "SELECT entries.tier, lists.name, matches.view, matches.at_s FROM matches JOIN entries USING (list, entry)"
        " JOIN lists ON lists.id = matches.list WHERE matches.upload = ?",
        (upload,),
    ).fetchall()
    stays, disputed = connection.execute(
        "SELECT stays, (SELECT kind FROM disputes WHERE upload = id) FROM uploads WHERE id = ?", (upload,)
    ).fetchone()
    tier, name, view, at_s = min(matches, key=lambda row: _BY_STRENGTH.index(Tier(row[0])))
    has_notice = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM notices WHERE closed IS NULL AND (upload = ? OR object = ?))", (upload, object_id)
    ).fetchone()[0]
    return Waiting(
        id=upload,
        held=verdict != "allow",
        object_id=object_id,
        since=None if at is None else datetime.fromtimestamp(at, UTC),
        tier=Tier(tier),
        list_name=name,
        view=ViewKind(view) if view else None,
        at_s=at_s,
        has_notice=bool(has_notice),
        disputed=Kind(disputed) if disputed else None,
        stays=bool(stays),
    )


def expire(database: Database, uploads: Uploads, decision: Decision, at_most: timedelta, now: datetime) -> int:
    """Decide about what nobody decided about in time, as the platform has stated; how many uploads that were."""
    with database.read() as connection:
        late = connection.execute(
            f"SELECT id FROM uploads WHERE state = 'open' AND verdict = 'hold' AND stays = 0 AND at <= ? AND {_LIVE}"  # noqa: S608
            " LIMIT 1000",
            ((now - at_most).timestamp(),),
        ).fetchall()
    for (upload,) in late:
        try:
            uploads.decide(upload, decision, Reason.EXPIRED, now)
        except (AlreadyDecided, UnknownUpload):
            continue  # A person was quicker, or its entries were withdrawn a moment ago.
    return len(late)


def sign_in(database: Database, untrusted_token: str, now: datetime) -> str | None:
    """What the browser of somebody with this token may hold for half a day; None for no token to review with."""
    caller = find_caller(database, untrusted_token)
    if caller is None or caller.purpose is not Purpose.REVIEW:
        return None
    session = secrets.token_urlsafe(32)
    with database.write() as connection:
        connection.execute("DELETE FROM reviewing WHERE expires <= ?", (now.timestamp(),))
        connection.execute(
            "INSERT INTO reviewing VALUES (?, ?, ?)", (_hashed(session), caller.name, (now + SIGNED_IN).timestamp())
        )
    return session


def reviewer_of(database: Database, untrusted_session: str, now: datetime) -> str | None:
    """The name on the token of whoever signed in with this; None if nobody did, or too long ago."""
    with database.read() as connection:
        row = connection.execute(
            "SELECT token FROM reviewing WHERE sha256 = ? AND expires > ?",
            (_hashed(untrusted_session), now.timestamp()),
        ).fetchone()
    return row[0] if row else None


def sign_out(database: Database, untrusted_session: str) -> None:
    """It is worth nothing any more."""
    with database.write() as connection:
        connection.execute("DELETE FROM reviewing WHERE sha256 = ?", (_hashed(untrusted_session),))


def _hashed(session: str) -> str:
    return hashlib.sha256(session.encode("utf-8", "surrogatepass")).hexdigest()
