"""How the clock of one notice stands: from the earliest receipt that can be shown, else from when it was sent."""

from __future__ import annotations

from datetime import datetime

from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.elapsed import Standing, stand
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import CLOCK_RUNS


def standing_of(notice: Notice, now: datetime) -> Standing | None:
    """The clock for taking it down; None while nothing was sent, or once somebody answered."""
    clock = REGIMES[notice.law].removal
    start = notice.received or notice.sent
    if clock is None or start is None or notice.stands not in CLOCK_RUNS:
        return None
    return stand(clock, start, now)
