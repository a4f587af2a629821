"""After a notice was sent: what the site says, what somebody saw, and what the clock says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.notices.errors import BadFacts, NotNow
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import Origin, Refusal, State
from notcontent.exchange.notices.stepping import lock_notice, require_state, step
from notcontent.exchange.notices.timing import standing_of


@dataclass(frozen=True, slots=True)
class News:
    """What became of a notice. `at` is when it happened; `country` only for what is blocked in this one alone."""

    to: State
    origin: Origin
    at: datetime
    reason: Refusal = Refusal.NONE
    rung: str = ""
    country: str = ""


#: Who may say what. A look at the headers of a page tells too little to call anything removed.
_MAY_SAY = {
    State.ACKNOWLEDGED: {Origin.SITE, Origin.MAIL},
    State.REMOVED: {Origin.SITE},
    State.PARTLY: {Origin.SITE, Origin.HELPLINE},
    State.REFUSED: {Origin.SITE},
    State.GONE: {Origin.HELPLINE},
    State.REAPPEARED: {Origin.HELPLINE, Origin.HER},
    State.ESCALATED: {Origin.HELPLINE},
    State.BOUNCED: {Origin.MAIL},
    State.CLOSED: {Origin.HELPLINE},
}


def record_news(notice_id: str, news: News, *, actor: str, now: datetime) -> Notice:
    """Take the notice there. Raises `NotNow`, and `BadFacts` for a time to come or a source that can't know it."""
    if news.origin not in _MAY_SAY.get(news.to, set()):
        raise BadFacts(gettext("Whoever is named can’t know this. Say who really says so."))
    if news.at > now:
        raise BadFacts(gettext("The time lies in the future. Write when it happened."))
    with transaction.atomic():
        notice = lock_notice(notice_id)
        if notice.case.withdrawn is not None:
            raise NotNow(gettext("She took her case back, so nothing more is done or told about it."))
        # Somebody who notes it writes no seconds.
        if (
            notice.sent is not None
            and news.at < notice.sent.replace(second=0, microsecond=0)
            and news.to is not State.ACKNOWLEDGED
        ):
            raise BadFacts(gettext("The time lies before the notice was sent. Write when it happened."))
        if news.to is State.ACKNOWLEDGED:
            notice.received = min(news.at, notice.received or news.at)
        if news.to is State.REFUSED:
            notice.decided = news.at
        if news.to is State.ESCALATED:
            # The job that looks at clocks comes once a day; a next step need not wait for it.
            _note_silence(notice, now)
            _require_rung(notice, news.rung)
        step(notice, news.to, news.at, news.origin, reason=news.reason, rung=news.rung, country=news.country)
        write_audit(
            day=now.date(),
            actor=actor,
            action=f"notice: {news.to}",
            subject=notice.id,
            reason=f"said by: {news.origin}",
        )
        return notice


def find_silent(now: datetime) -> int:
    """Note for every notice whose time is over that nobody answered; how many. For laws with a time of their own."""
    count = 0
    waiting = Notice.objects.filter(state__in=[State.SENT.value, State.ACKNOWLEDGED.value]).values_list("id", flat=True)
    for notice_id in list(waiting):
        with transaction.atomic():
            count += _note_silence(lock_notice(notice_id), now)
    return count


def _note_silence(notice: Notice, now: datetime) -> bool:
    """Whether its time is over, which is noted now."""
    standing = standing_of(notice, now)
    is_silent = standing is not None and standing.is_over and notice.stands in (State.SENT, State.ACKNOWLEDGED)
    if standing is not None and is_silent:
        step(notice, State.SILENT, standing.due, Origin.CLOCK)
    return is_silent


def find_silent_today(_today: date) -> None:
    """The same as a job of every day."""
    from notcontent.exchange.today import utc_now  # noqa: PLC0415 - the only clock of a job is here

    find_silent(utc_now())


def _require_rung(notice: Notice, rung: str) -> None:
    if rung not in {one.id for one in REGIMES[notice.law].ladder}:
        raise BadFacts(gettext("The ladder of this law has no such step. Choose one of the list."))
    require_state(notice, State.SILENT, State.REFUSED, State.PARTLY, State.REMOVED, State.REAPPEARED)
