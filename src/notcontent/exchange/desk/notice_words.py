"""How far a notice has come, in the reader's language: to the desk, and as she reads it on her page."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date
from django.utils.translation import gettext as _

from notcontent.exchange.desk.languages import language_now, locale_now
from notcontent.exchange.notices.states import State
from notcontent.exchange.notices.telling import Told
from notcontent.page.languages import read_text


def word_of_state(state: str) -> str:
    """A state as the desk calls it."""
    return {
        State.DRAFT: _("draft"),
        State.COMPLETE: _("complete"),
        State.APPROVED: _("approved"),
        State.SENT: _("sent"),
        State.BOUNCED: _("bounced"),
        State.ACKNOWLEDGED: _("acknowledged"),
        State.REMOVED: _("removed, says the site"),
        State.PARTLY: _("partly removed"),
        State.REFUSED: _("refused"),
        State.SILENT: _("no answer in time"),
        State.GONE: _("gone, as one of you saw"),
        State.REAPPEARED: _("reappeared"),
        State.ESCALATED: _("next step taken"),
        State.CLOSED: _("closed"),
        State.WITHDRAWN: _("withdrawn by her"),
    }[State(state)]


def say_as_to_her(told: Told, answer_days: int) -> str:
    """The sentence that her page has for it, in the language of whoever reads it here."""
    text = read_text(language_now().tag, f"status.notices.{told.word.value}")
    since, due = _day(told.since), f"{_day(told.due)}, {told.due:%H:%M} UTC" if told.due else ""
    return text.format(since=since, due=due, days=answer_days, country=told.country)


def _day(moment: datetime | None) -> str:
    return str(format_date(moment, "long", locale_now())) if moment else ""
