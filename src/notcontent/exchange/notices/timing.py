"""How the clock of one notice stands: from the earliest receipt that can be shown, else from when it was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings

from notcontent.exchange.notices.directory.reading import read_directory
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.contract import AT_HOME, AT_THE_SITE, Opens, Rung
from notcontent.exchange.notices.regimes.elapsed import Clock, Standing, Starts, due_of, last_working, stand
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import CLOCK_RUNS, State
from notcontent.exchange.notices.working_days import holidays_of, zone_of

EVENING = time(17)
#: The steps that a law's time for complaints ends.
_COMPLAINTS = {clock.id for regime in REGIMES.values() for clock in regime.clocks if clock.starts is Starts.DECISION}


def clock_of(notice: Notice) -> Clock | None:
    """What its recipient has time for: of a notice to take it down, of a letter to answer; None where nothing says."""
    if notice.rung:
        rung = REGIMES[notice.law].rung(notice.rung)
        return rung.answer if rung else None
    return REGIMES[notice.law].removal


def standing_of(notice: Notice, now: datetime) -> Standing | None:
    """Its clock; None while nothing was sent, or once somebody answered."""
    clock, start = clock_of(notice), notice.received or notice.sent
    if clock is None or start is None or notice.stands not in CLOCK_RUNS:
        return None
    place = _place_of(notice)
    return stand(clock, start, now, zone_of(place), holidays_of(place))


def due_at(notice: Notice) -> datetime | None:
    """When the time for taking it down ends or ended, wherever the notice stands; None where it never began."""
    clock, start = REGIMES[notice.law].removal, notice.received or notice.sent
    return due_of(clock, start) if clock is not None and start is not None else None


def complaint_of(notice: Notice, now: datetime) -> Standing | None:
    """Until when a complaint about a refusal can be made, where the law says it, by the days of the site's country."""
    return _complaint(notice, now) if notice.stands is State.REFUSED else None


def _complaint(notice: Notice, now: datetime) -> Standing | None:
    clock = next((one for one in REGIMES[notice.law].clocks if one.starts is Starts.DECISION), None)
    if clock is None or notice.decided is None:
        return None
    place = _seat_of(notice)
    return stand(clock, notice.decided, now, zone_of(place), holidays_of(place))


def last_day_here(standing: Standing) -> date:
    """The last day before its end on which this helpline can work until the evening."""
    home: str = settings.PROFILE.country
    end = standing.due.astimezone(zone_of(home))
    day = end.date() if end.time() >= EVENING else end.date() - timedelta(days=1)
    return last_working(day, holidays_of(home))


@dataclass(frozen=True, slots=True)
class Open:
    """From when a step of the ladder can be taken, and until when where the law ends it. None: nothing opens it yet."""

    rung: Rung
    begins: datetime | None
    ends: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can be taken now."""
        return self.begins is not None and self.begins <= now and (self.ends is None or now <= self.ends)


def ladder_of(notice: Notice, now: datetime) -> tuple[Open, ...]:
    """The steps that the law of a sent notice knows, in its order."""
    if notice.sent is None:
        return ()
    complaint = _complaint(notice, now)
    return tuple(
        Open(rung, _begin_of(notice, rung.opens), complaint.due if complaint and rung.id in _COMPLAINTS else None)
        for rung in REGIMES[notice.law].ladder
    )


def _begin_of(notice: Notice, opens: Opens) -> datetime | None:
    start, due = notice.received or notice.sent, due_at(notice)
    if start is None or opens is Opens.SENT:
        return notice.sent
    if opens is Opens.REFUSED:
        return notice.decided
    if opens is Opens.HALF:
        return start + (due - start) / 2 if due else None
    moments = [due, notice.decided] if opens is Opens.OVER_OR_REFUSED else [due]
    return min((moment.astimezone(UTC) for moment in moments if moment), default=None)


def _place_of(notice: Notice) -> str:
    rung = REGIMES[notice.law].rung(notice.rung) if notice.rung else None
    place = rung.place if rung else AT_THE_SITE
    if place == AT_HOME:
        home: str = settings.PROFILE.country
        return home
    return _seat_of(notice) if place == AT_THE_SITE else place


def _seat_of(notice: Notice) -> str:
    """Where the site is to be found for this law: its seat in the Union under European law, else its country."""
    service = read_directory().get(notice.service)
    if service is None:
        return ""
    return service.union_seat or service.country if notice.law == "eu" else service.country
