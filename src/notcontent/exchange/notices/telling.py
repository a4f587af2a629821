"""What she is told of a notice: no clock before one runs, no "removed" without who says so, and never a task to look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notcontent.exchange.cases.models import Case
from notcontent.exchange.notices.directory.reading import read_directory
from notcontent.exchange.notices.models import HerWord, Notice, Step
from notcontent.exchange.notices.regimes.contract import Answer
from notcontent.exchange.notices.regimes.elapsed import Standing
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import Origin, State
from notcontent.exchange.notices.timing import clock_of, standing_of


class Word(StrEnum):
    """All that a notice can be to her."""

    WAITING = "waiting"
    ASKS = "asks"
    REFUSED_BY_HER = "you_said_no"
    READY = "ready"
    SENT = "sent"
    SENT_WITH_CLOCK = "sent_with_clock"
    BOUNCED = "bounced"
    SITE_SAYS_REMOVED = "site_says_removed"
    SITE_SAYS_PARTLY = "site_says_partly"
    BLOCKED_IN_ONE_COUNTRY = "blocked_in_one_country"
    SITE_SAYS_NO = "site_says_no"
    OVERDUE = "overdue"
    NO_ANSWER = "no_answer"
    CHECKED_AND_GONE = "checked_and_gone"
    CHECKED_AND_PARTLY = "checked_and_partly"
    REAPPEARED = "reappeared"
    NEXT_STEP = "next_step"
    OVER = "over"
    STOPPED = "stopped"
    STOPPED_AFTER_SENDING = "stopped_after_sending"
    STOPPED_PERHAPS_SENT = "stopped_perhaps_sent"


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as she sees it. `since`: when that began; `due` only while a clock runs that a law sets.

    `site` is empty for one whose name nothing but the sealed letter says. `letter` is the letter with the exact text.
    """

    id: str
    site: str
    law: str
    word: Word
    since: datetime | None
    due: datetime | None
    country: str
    letter: str
    asks: bool
    #: What she has said to it, while nobody has sent it: yes, no or nothing.
    answer: str


def notices_of(case: Case, now: datetime) -> tuple[Told, ...]:
    """All notices of a case, those she is asked about first, then the newest."""
    notices = (
        Notice.objects.filter(case=case).prefetch_related("steps").select_related("partner").order_by("-drafted", "id")
    )
    told = [tell(notice, now) for notice in notices]
    return tuple(sorted(told, key=lambda one: not one.asks))


def tell(notice: Notice, now: datetime) -> Told:
    """What she sees of this one."""
    steps = sorted(notice.steps.all(), key=lambda one: one.id)
    asked = notice.stands is State.COMPLETE and notice.her_word != HerWord.NOT_ASKED
    last = _telling_step(steps)
    word = _word(notice, last, now)
    standing = standing_of(notice, now)
    service = read_directory().get(notice.service)
    rung = REGIMES[notice.law].rung(notice.rung) if notice.rung else None
    site = notice.partner.name if notice.partner else service.name if service else ""
    if rung and not rung.goes_to_site:
        site = rung.name
    return Told(
        notice.id,
        site,
        REGIMES[notice.law].law,
        word,
        _begun(word, last, standing),
        standing.due if standing and word is Word.SENT_WITH_CLOCK else None,
        last.country if last else "",
        notice.letter_id or "",
        asked,
        notice.her_word if asked and notice.her_word != HerWord.ASKED else "",
    )


def _telling_step(steps: list[Step]) -> Step | None:
    """The last step; of a notice that was closed after it was gone, the one that says who said so and when."""
    if len(steps) > 1 and steps[-1].state == State.CLOSED and steps[-2].state in (State.REMOVED, State.GONE):
        return steps[-2]
    return steps[-1] if steps else None


def _begun(word: Word, last: Step | None, standing: Standing | None) -> datetime | None:
    """Since when it is so. A site's time is over when its clock says so, which no step has noted yet."""
    if word is Word.OVERDUE and standing:
        return standing.due
    return last.at if last and word is not Word.WAITING else None


_PLAIN = {
    State.BOUNCED: Word.BOUNCED,
    State.REFUSED: Word.SITE_SAYS_NO,
    State.GONE: Word.CHECKED_AND_GONE,
    State.REAPPEARED: Word.REAPPEARED,
    State.ESCALATED: Word.NEXT_STEP,
    State.CLOSED: Word.OVER,
}


def _word(notice: Notice, last: Step | None, now: datetime) -> Word:
    state = notice.stands
    if state is State.CLOSED and last:
        # What came last before stands, with who said so.
        state = State(last.state)
    if state in (State.DRAFT, State.COMPLETE):
        by_her = {HerWord.ASKED: Word.ASKS, HerWord.NO: Word.REFUSED_BY_HER}
        return by_her.get(HerWord(notice.her_word), Word.WAITING) if state is State.COMPLETE else Word.WAITING
    if state is State.APPROVED:
        return Word.READY
    if state is State.WITHDRAWN:
        if notice.sent:
            return Word.STOPPED_AFTER_SENDING
        # The relay had it at that moment, and what became of it there nobody has found out yet.
        return Word.STOPPED_PERHAPS_SENT if notice.handed else Word.STOPPED
    if state in (State.REMOVED, State.PARTLY):
        if last and last.country:
            return Word.BLOCKED_IN_ONE_COUNTRY
        by_us = last is not None and last.origin == Origin.HELPLINE
        partly = Word.CHECKED_AND_PARTLY if by_us else Word.SITE_SAYS_PARTLY
        return Word.SITE_SAYS_REMOVED if state is State.REMOVED else partly
    if state in _PLAIN:
        return _PLAIN[state]
    return _while_it_waits(notice, now)


def _while_it_waits(notice: Notice, now: datetime) -> Word:
    clock, standing = clock_of(notice), standing_of(notice, now)
    has_clock = clock is not None and clock.binding and notice.covered == Answer.YES and not notice.rung
    is_over = notice.stands is State.SILENT or (standing is not None and standing.is_over)
    if is_over:
        return Word.OVERDUE if has_clock else Word.NO_ANSWER
    return Word.SENT_WITH_CLOCK if has_clock else Word.SENT
