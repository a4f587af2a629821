"""Time as laws count it: hours that pass, whole months, days on which somebody works. Every time comes from the caller."""

from __future__ import annotations

import calendar
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class Starts(StrEnum):
    """What a clock runs from."""

    RECEIPT = "receipt"
    SENT = "sent"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline of a law, or a house target where the law names no hours (`binding` false).

    It runs for `hours` that pass without a pause for nights, weekends or holidays, for whole `months`, for `days` of the
    calendar, or for `working_days`. `warn` says how long before its end the desk is told.
    """

    id: str
    starts: Starts
    binding: bool
    source: str
    hours: int = 0
    months: int = 0
    days: int = 0
    working_days: int = 0
    warn: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a clock stands. `due` in UTC; `left` is negative once it is over."""

    due: datetime
    left: timedelta
    is_near: bool

    @property
    def is_over(self) -> bool:
        """Whether its time has passed. The last moment still counts as in time."""
        return self.left < timedelta(0)


def hours_after(start: datetime, hours: int) -> datetime:
    """So many hours later, in UTC: a change to or from summer time adds and takes none."""
    return _utc(start) + timedelta(hours=hours)


def months_after(start: date, months: int) -> date:
    """The day that closes a period of whole months: the same day of the month, or its last one where there is none.

    Regulation (EEC, Euratom) No 1182/71, Art. 3(2)(c).
    """
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def working_days_after(start: date, count: int, holidays: Container[date]) -> date:
    """The last of so many working days after this day, which itself does not count (Regulation 1182/71, Art. 3(1))."""
    day = start
    for _ in range(count):
        day = next_working(day + timedelta(days=1), holidays)
    return day


def is_working(day: date, holidays: Container[date]) -> bool:
    """Whether it is neither Saturday nor Sunday nor a holiday."""
    return day.weekday() < 5 and day not in holidays


def next_working(day: date, holidays: Container[date]) -> date:
    """The day itself, or the first working one after it (Regulation 1182/71, Art. 3(4))."""
    while not is_working(day, holidays):
        day += timedelta(days=1)
    return day


def last_working(day: date, holidays: Container[date]) -> date:
    """The day itself, or the last working one before it: when somebody has to be at the desk."""
    while not is_working(day, holidays):
        day -= timedelta(days=1)
    return day


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The first moment after the day where that clock hangs, in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def due_of(clock: Clock, start: datetime, zone: tzinfo = UTC, holidays: Container[date] = frozenset()) -> datetime:
    """When the clock runs out, in UTC.

    Months and days count by the calendar of `zone`, leave out the day they start on, and end with a working day there
    (Regulation 1182/71, Art. 3(1), (2) and (4)).
    """
    first = _utc(start).astimezone(zone).date()
    if clock.working_days:
        return end_of_day(working_days_after(first, clock.working_days, holidays), zone)
    if clock.months or clock.days:
        day = months_after(first, clock.months) + timedelta(days=clock.days)
        return end_of_day(next_working(day, holidays), zone)
    return hours_after(start, clock.hours)


def stand(
    clock: Clock, start: datetime, now: datetime, zone: tzinfo = UTC, holidays: Container[date] = frozenset()
) -> Standing:
    """How the clock stands at `now`."""
    due = due_of(clock, start, zone, holidays)
    left = due - _utc(now)
    return Standing(due, left, is_near=any(left <= before for before in clock.warn))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without its zone is no time")
    return moment.astimezone(UTC)
