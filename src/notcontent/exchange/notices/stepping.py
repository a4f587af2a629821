"""Taking a notice from one state to the next: only where it may go, and never without a row that says so."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.utils.translation import gettext, gettext_noop

from notcontent.exchange.notices.errors import NotNow
from notcontent.exchange.notices.keeping import forget_work
from notcontent.exchange.notices.models import Notice, Step
from notcontent.exchange.notices.states import OVER, Origin, Refusal, Seemed, State, may_become
from notcontent.exchange.notices.watching import MOST_LATER, next_look

_NOT_NOW = gettext_noop("The notice stands somewhere else by now, so this can't be done with it. Look at it again.")


def lock_notice(notice_id: str) -> Notice:
    """The notice, locked. Call it inside a transaction. Raises `NotNow` where there is none."""
    notice: Notice | None = Notice.objects.select_for_update().filter(id=notice_id).first()
    if notice is None:
        raise NotNow(gettext(_NOT_NOW))
    return notice


def require_state(notice: Notice, *states: State) -> None:
    """Raises `NotNow` unless it stands in one of these."""
    if notice.stands not in states:
        raise NotNow(gettext(_NOT_NOW))


def step(
    notice: Notice, to: State, now: datetime, origin: Origin, *, reason: Refusal = Refusal.NONE, rung: str = "",
    country: str = "",
) -> Step:  # fmt: skip
    """Take the locked notice there and save it. What is over is forgotten, its letters with it. Raises `NotNow`."""
    if not may_become(notice.stands, to, letter=bool(notice.rung)):
        raise NotNow(gettext(_NOT_NOW))
    notice.state = to.value
    notice.looks, notice.seemed, notice.seemed_at = 0, Seemed.NONE, None
    plan_look(notice, now)
    if to in OVER:
        forget_work(notice)
    notice.save()
    taken: Step = notice.steps.create(
        state=to.value, at=now, origin=origin, reason=reason, rung=rung, country=country.upper()
    )
    if to is State.CLOSED and not notice.rung:
        over = [state.value for state in OVER]
        for letter in (
            Notice.objects.select_for_update().filter(previous=notice).exclude(rung="").exclude(state__in=over)
        ):
            step(letter, State.CLOSED, now, origin)
    return taken


def plan_look(notice: Notice, since: datetime) -> None:
    """Set when somebody has to look next, for a notice that stands where it does since then; the caller saves it."""
    later = timedelta(seconds=secrets.randbelow(int(MOST_LATER.total_seconds())))
    notice.look_at = next_look(notice.stands, since, notice.looks, later)
