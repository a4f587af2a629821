"""Notices that a platform received, and what it did about each: when, never who.

A notice's text, its sender and links stay with the platform. Here stand its own reference, its own id of the content
(or the guard's id of an upload), and times.
"""

from __future__ import annotations

import secrets
import sqlite3
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from notcontent.guard import events
from notcontent.guard.database import Database
from notcontent.guard.errors import BadNotice, NoticeClosed, UnknownNotice
from notcontent.guard.notice_clock import ELEMENTS, Clock, Element, Regime, Standing

#: So many are shown at a time, those whose time is over first.
SHOWN = 100
SHOWN_DONE = 20
#: What came in earlier is a slip of the pen.
OLDEST = timedelta(days=30)
#: Clocks differ a little.
_AHEAD = timedelta(minutes=5)
_HEX_DIGITS = frozenset("0123456789abcdef")
_ID_CHARACTERS = frozenset(string.ascii_letters + string.digits + "._~:-")


class Refusal(StrEnum):
    """Why nothing was taken away."""

    NOT_INTIMATE = "not_intimate"
    #: It is neither from the person shown nor from somebody who may act for her.
    NOT_ENTITLED = "not_entitled"
    OWN_PICTURE = "own_picture"
    PUBLIC_INTEREST = "public_interest"
    NOT_FOUND = "not_found"


class Step(StrEnum):
    """What can be noted about a notice."""

    #: Which elements are missing now; with none, its clock starts.
    ELEMENTS = "elements"
    REMOVED = "removed"
    #: Copies were looked for and taken away.
    COPIES = "copies_searched"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice is about: an upload (by the guard's id) or content (by the platform's). Raises BadNotice.

    `reference`: the platform's own of the notice. Each is an opaque id, so that no link, name or address gets in.
    """

    regime: Regime
    reference: str
    upload: str | None = None
    object_id: str | None = None

    def __post_init__(self) -> None:
        if self.upload is None and self.object_id is None:
            raise BadNotice("A notice is about an upload or about content of yours. Give the id of one.")
        if self.upload is not None and (len(self.upload) != 32 or set(self.upload) - _HEX_DIGITS):
            raise BadNotice("An upload's id has 32 hex digits. Use the one that /v1/check gave.")
        for opaque in (self.reference, self.object_id or "-"):
            if not 1 <= len(opaque) <= 128 or set(opaque) - _ID_CHARACTERS:
                raise BadNotice(
                    "An id of yours has 1 to 128 letters, digits or any of . _ ~ : - Send no link, no name."
                )


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. All times in UTC. `id` is 32 hex digits."""

    id: str
    about: Subject
    received: datetime
    missing: tuple[Element, ...]
    started: datetime | None
    removed: datetime | None = None
    copies: datetime | None = None
    refused: datetime | None = None
    refusal: Refusal | None = None

    @property
    def clock(self) -> Clock:
        """Its clock: it stops when the content and its copies are dealt with, or with a refusal."""
        done = max(self.removed, self.copies) if self.removed and self.copies else None
        return Clock(self.started, self.refused or done)


class Notices:
    """The record of notices. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def record(
        self, about: Subject, received: datetime, missing: Sequence[Element], now: datetime
    ) -> tuple[Notice, bool]:
        """Keep a notice; and whether it is new. The same reference again changes nothing. Raises BadNotice."""
        _check_time(received, now - OLDEST, now)
        missing = _in_order(about.regime, missing)
        with self._database.write() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM notices WHERE regime = ? AND reference = ?",  # noqa: S608 - a constant
                (about.regime, about.reference),
            ).fetchone()
            if row is not None:
                return _notice(row), False
            started = None if missing else received.astimezone(UTC)
            notice = Notice(secrets.token_hex(16), about, received.astimezone(UTC), missing, started)
            connection.execute(
                "INSERT INTO notices (id, regime, reference, upload, object, received, started, missing)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    notice.id, about.regime, about.reference, about.upload, about.object_id, received.timestamp(),
                    started and started.timestamp(), " ".join(missing),
                ),
            )  # fmt: skip
            return notice, True

    def look(self, untrusted_notice: str) -> Notice:
        """One of them. Raises UnknownNotice."""
        with self._database.read() as connection:
            return _look(connection, untrusted_notice)

    def note(
        self,
        untrusted_notice: str,
        step: Step,
        at: datetime,
        now: datetime,
        *,
        missing: Sequence[Element] = (),
        refusal: Refusal | None = None,
    ) -> Notice:
        """Note what was done at that time. Raises UnknownNotice, NoticeClosed and BadNotice."""
        with self._database.write() as connection:
            notice = _look(connection, untrusted_notice)
            if notice.clock.stopped is not None:
                raise NoticeClosed("This notice is closed. Record a new one if another came in.")
            _check_time(at, min(notice.received, now), now)
            values: dict[str, object]
            match step:
                case Step.ELEMENTS if notice.started is not None:
                    raise BadNotice("This notice is complete already, and its clock runs. Note what was done instead.")
                case Step.ELEMENTS:
                    missing = _in_order(notice.about.regime, missing)
                    values = {"missing": " ".join(missing), "started": None if missing else at.timestamp()}
                case Step.REMOVED:
                    values = {"removed": at.timestamp()}
                case Step.COPIES:
                    values = {"copies": at.timestamp()}
                case Step.REFUSED:
                    if refusal is None:
                        raise BadNotice("A refusal needs its reason. Choose one.")
                    values = {"refused": at.timestamp(), "refusal": refusal}
            names = ", ".join(f"{name} = ?" for name in values)
            connection.execute(f"UPDATE notices SET {names} WHERE id = ?", (*values.values(), notice.id))  # noqa: S608
            notice = _look(connection, notice.id)
            if notice.clock.stopped is not None:
                connection.execute("UPDATE notices SET closed = ? WHERE id = ?", (now.timestamp(), notice.id))
            return notice

    def open(self) -> tuple[list[Notice], int]:
        """Those that something is still to be done about, what runs out first before; and how many they are.

        What no clock runs for yet comes last.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM notices WHERE closed IS NULL"  # noqa: S608 - a constant
                " ORDER BY started IS NULL, started, received LIMIT ?",
                (SHOWN,),
            ).fetchall()
            total = connection.execute("SELECT count(*) FROM notices WHERE closed IS NULL").fetchone()[0]
        return [_notice(row) for row in rows], int(total)

    def closed(self) -> list[Notice]:
        """The last that were closed."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM notices WHERE closed IS NOT NULL ORDER BY closed DESC LIMIT ?",  # noqa: S608
            SHOWN_DONE,
        )
        return [_notice(row) for row in rows]

    def about(self, upload: str, object_id: str | None) -> list[Notice]:
        """Open ones about this upload."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM notices WHERE closed IS NULL AND (upload = ? OR object = ?)"  # noqa: S608
            " ORDER BY started IS NULL, started LIMIT 20",
            upload,
            object_id,
        )
        return [_notice(row) for row in rows]

    def warn(self, now: datetime) -> int:
        """Queue an event for each clock that is near its end, and one for each that ran out; how many that were."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS}, told FROM notices WHERE closed IS NULL AND started IS NOT NULL"  # noqa: S608
            " AND coalesce(told, '') != 'late' ORDER BY started LIMIT 1000"
        )
        told = 0
        for *row, said in rows:
            notice = _notice(row)
            standing = notice.clock.standing(now)
            if standing not in _EVENTS or standing == said:
                continue
            with self._database.write() as connection:
                changed = connection.execute(
                    "UPDATE notices SET told = ? WHERE id = ? AND closed IS NULL", (standing, notice.id)
                )
                if changed.rowcount:
                    events.put(connection, _EVENTS[standing], now, _event(notice))
                    told += 1
        return told

    def forget_before(self, now: datetime, keep_days: int) -> None:
        """Delete what was closed, or came in and was never closed, more than so many days ago."""
        oldest = (now - timedelta(days=keep_days)).timestamp()
        with self._database.write() as connection:
            connection.execute("DELETE FROM notices WHERE coalesce(closed, received) < ?", (oldest,))


def count(connection: sqlite3.Connection, now: datetime) -> Mapping[Standing, int]:
    """How many open notices stand how."""
    rows = connection.execute("SELECT started FROM notices WHERE closed IS NULL").fetchall()
    found = Counter(Clock(_time(started)).standing(now) for (started,) in rows)
    return {standing: found[standing] for standing in Standing if standing is not Standing.DONE}


_COLUMNS = "id, regime, reference, upload, object, received, missing, started, removed, copies, refused, refusal"
_EVENTS = {Standing.NEAR: events.Event.NOTICE_NEAR, Standing.LATE: events.Event.NOTICE_LATE}


def _event(notice: Notice) -> dict[str, str | int | None]:
    about, deadline = notice.about, notice.clock.deadline
    return {
        "notice": notice.id,
        "regime": about.regime,
        "reference": about.reference,
        "id": about.upload,
        "object": about.object_id,
        "deadline": deadline.isoformat(timespec="seconds") if deadline else None,
    }


def _look(connection: sqlite3.Connection, untrusted_notice: str) -> Notice:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM notices WHERE id = ?",  # noqa: S608 - a constant
        (untrusted_notice,),
    ).fetchone()
    if row is None:
        raise UnknownNotice("No notice has this id, or its time here was over. Begin with the list.")
    return _notice(row)


def _notice(row: Sequence[Any]) -> Notice:
    name, regime, reference, upload, object_id, received, missing, started, removed, copies, refused, refusal = row
    return Notice(
        name,
        Subject(Regime(regime), reference, upload, object_id),
        datetime.fromtimestamp(received, UTC),
        tuple(map(Element, missing.split())),
        _time(started),
        _time(removed),
        _time(copies),
        _time(refused),
        None if refusal is None else Refusal(refusal),
    )


def _time(stored: float | None) -> datetime | None:
    return None if stored is None else datetime.fromtimestamp(stored, UTC)


def _in_order(regime: Regime, missing: Sequence[Element]) -> tuple[Element, ...]:
    if strangers := set(missing) - set(ELEMENTS[regime]):
        raise BadNotice(f"This law does not ask for '{min(strangers)}'. Leave it away.")
    return tuple(element for element in ELEMENTS[regime] if element in missing)


def _check_time(at: datetime, earliest: datetime, now: datetime) -> None:
    if at.tzinfo is None or not earliest <= at <= now + _AHEAD:
        raise BadNotice("This time can't be: it lies ahead, too far back, or before the notice came in. Correct it.")
