"""How the clock of one notice stands: from the earliest receipt that can be shown, else from when it was sent."""

from __future__ import annotations

from datetime import datetime

from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.elapsed import Standing, Starts, stand
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import CLOCK_RUNS, State


def complaint_of(notice: Notice, now: datetime) -> Standing | None:
    """Until when a complaint about a refusal can be made, where the law says it; counted without the site's holidays.

    Those could only make it later, so whoever keeps to this day is in time.
    """
    clock = next((one for one in REGIMES[notice.law].clocks if one.starts is Starts.DECISION), None)
    if clock is None or notice.decided is None or notice.stands is not State.REFUSED:
        return None
    return stand(clock, notice.decided, now)


def standing_of(notice: Notice, now: datetime) -> Standing | None:
    """The clock for taking it down; None while nothing was sent, or once somebody answered."""
    clock = REGIMES[notice.law].removal
    start = notice.received or notice.sent
    if clock is None or start is None or notice.stands not in CLOCK_RUNS:
        return None
    return stand(clock, start, now)
