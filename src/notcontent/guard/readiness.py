"""Whether the guard can answer, and why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from notcontent.guard import notices, pending
from notcontent.guard.database import Database
from notcontent.guard.errors import ListNotReady
from notcontent.guard.notice_clock import Standing
from notcontent.guard.one_writer import OneWriter


@dataclass(frozen=True, slots=True)
class ListReadiness:
    """One list: whether it may be answered from, how old, how far and how long it is, and what stands in its way."""

    name: str
    ready: bool
    age_s: int | None
    epoch: int
    number: int
    count: int
    passed_over: int
    trouble: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the database counts; None where it cannot be read.

    Receipts and reports that wait, and that the exchange refused for good; videos that are pending, and later verdicts
    that wait to be told; how often a new entry was found among accepted uploads, and whether some are still looked for;
    events that wait to be told; held uploads that wait for a person; open notices by how their clocks stand.
    """

    waiting: int | None = None
    refused: int | None = None
    pending: int | None = None
    untold: int | None = None
    already_here: int | None = None
    searching: bool | None = None
    events: int | None = None
    open: int | None = None
    notices: Mapping[Standing, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Reads the state of every list."""

    database: Database
    #: The process that follows; None to read a guard's folder from outside.
    writer: OneWriter | None
    max_age: timedelta
    clock: Callable[[], datetime]

    def require_fresh_lists(self) -> None:
        """Raises ListNotReady when no list is followed, or one of them is missing or too old."""
        ages = self.database.rows("SELECT id, fresh_at FROM lists")
        followed = [row for row in ages if self._is_followed(row[0])]
        if not followed:
            raise ListNotReady("This guard follows no list yet. Add one with `notcontent guard follow`.")
        if any(self._age(fresh_at) is None for _, fresh_at in followed):
            raise ListNotReady("A list has not arrived yet. Try again soon; /readyz says what is missing.")
        if any(self._too_old(fresh_at) for _, fresh_at in followed):
            raise ListNotReady("A list is too old to answer from. /readyz says why; the exchange is asked again.")

    def lists(self) -> list[ListReadiness]:
        """The state of every list, for operators."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT id, name, fresh_at, epoch, number, passed_over, live FROM lists ORDER BY id"
            ).fetchall()
        answer = []
        for list_id, name, fresh_at, epoch, number, passed_over, count in rows:
            if not self._is_followed(list_id):
                continue
            trouble = self.writer.trouble_of(list_id) if self.writer is not None else None
            age = self._age(fresh_at)
            why = trouble.text if trouble else None
            if age is None:
                why = why or "The list has not arrived yet."
            elif self._too_old(fresh_at):
                why = why or "No valid head was seen for too long."
            ready = age is not None and not self._too_old(fresh_at)
            age_s = None if age is None else int(age.total_seconds())
            code = trouble.code if trouble else None
            answer.append(ListReadiness(name, ready, age_s, epoch, number, count, passed_over, code, why))
        return answer

    def counts(self) -> Counts:
        """What waits, and what was found. Raises StorageUnavailable."""
        with self.database.read() as connection:
            waiting, refused = connection.execute(
                "SELECT count(*) - total(refused), total(refused) FROM outbox"
            ).fetchone()
            here, searching = connection.execute(
                "SELECT count(*), EXISTS (SELECT 1 FROM unsearched) FROM already_here"
            ).fetchone()
            events, held = connection.execute(
                "SELECT (SELECT count(*) FROM events),"
                " (SELECT count(*) FROM uploads WHERE state = 'open' AND verdict = 'hold' AND EXISTS"
                "  (SELECT 1 FROM matches JOIN entries USING (list, entry) WHERE matches.upload = uploads.id))"
            ).fetchone()
            clocks = notices.count(connection, self.clock())
        videos, untold = pending.count(self.database)
        return Counts(int(waiting), int(refused), videos, untold, here, bool(searching), events, held, clocks)

    def _is_followed(self, list_id: int) -> bool:
        return self.writer is None or list_id in self.writer.names

    def _age(self, fresh_at: float | None) -> timedelta | None:
        return None if fresh_at is None else self.clock() - datetime.fromtimestamp(fresh_at, UTC)

    def _too_old(self, fresh_at: float | None) -> bool:
        age = self._age(fresh_at)
        return age is None or age > self.max_age
