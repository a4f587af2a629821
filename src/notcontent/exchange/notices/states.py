"""Where a notice may go from where it stands. It touches no file, socket, clock or database."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How far a notice has come."""

    DRAFT = "draft"
    COMPLETE = "complete"
    APPROVED = "approved"
    SENT = "sent"
    BOUNCED = "bounced"
    ACKNOWLEDGED = "acknowledged"
    REMOVED = "removed"
    PARTLY = "partly"
    REFUSED = "refused"
    SILENT = "silent"
    GONE = "verified_gone"
    REAPPEARED = "reappeared"
    ESCALATED = "escalated"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Origin(StrEnum):
    """Who says that a step was taken. It is told with it, always."""

    HELPLINE = "helpline"
    SITE = "site"
    MAIL = "mail"
    #: A program that asked for the headers of the page alone.
    HEADER = "header"
    CLOCK = "clock"
    HER = "her"


class Refusal(StrEnum):
    """Why a site says no."""

    NONE = ""
    NOT_INTIMATE = "not_intimate"
    NOT_ENTITLED = "not_entitled"
    NOT_FOUND = "not_found"
    MORE = "more_wanted"
    NOT_COVERED = "not_covered"


class Seemed(StrEnum):
    """What the headers of its links said when they were last asked for. They can say no more than this."""

    NONE = ""
    GONE = "gone"
    UNCLEAR = "unclear"


ORIGINS = [
    (Origin.HELPLINE.value, "somebody at the helpline"), (Origin.SITE.value, "the site"),
    (Origin.MAIL.value, "the mail's own headers"), (Origin.HEADER.value, "the headers of the page alone"),
    (Origin.CLOCK.value, "the clock"), (Origin.HER.value, "she"),
]  # fmt: skip
REFUSALS = [
    (Refusal.NONE.value, "no reason given"), (Refusal.NOT_INTIMATE.value, "not intimate"),
    (Refusal.NOT_ENTITLED.value, "not entitled to ask"), (Refusal.NOT_FOUND.value, "not found"),
    (Refusal.MORE.value, "wants to know more"), (Refusal.NOT_COVERED.value, "says that the law does not cover it"),
]  # fmt: skip
SEEMED = [
    (Seemed.NONE.value, "not asked"), (Seemed.GONE.value, "it seems gone"), (Seemed.UNCLEAR.value, "can't tell"),
]  # fmt: skip

_S = State
#: What a site may answer. It may also come late, so it follows silence and escalation as well.
_OUTCOMES = frozenset({_S.REMOVED, _S.PARTLY, _S.REFUSED})
_WAITING = frozenset({_S.SENT, _S.ACKNOWLEDGED})

NEXT: dict[State, frozenset[State]] = {
    _S.DRAFT: frozenset({_S.COMPLETE, _S.WITHDRAWN}),
    _S.COMPLETE: frozenset({_S.APPROVED, _S.DRAFT, _S.WITHDRAWN}),
    _S.APPROVED: frozenset({_S.SENT, _S.DRAFT, _S.WITHDRAWN}),
    _S.SENT: _OUTCOMES | {_S.ACKNOWLEDGED, _S.BOUNCED, _S.SILENT, _S.GONE, _S.WITHDRAWN},
    # It never arrived: it starts no clock, and goes out again as a new one.
    _S.BOUNCED: frozenset({_S.CLOSED, _S.WITHDRAWN}),
    _S.ACKNOWLEDGED: _OUTCOMES | {_S.SILENT, _S.GONE, _S.WITHDRAWN},
    _S.REMOVED: frozenset({_S.GONE, _S.REAPPEARED, _S.ESCALATED, _S.CLOSED, _S.WITHDRAWN}),
    _S.PARTLY: frozenset({_S.REMOVED, _S.GONE, _S.REAPPEARED, _S.ESCALATED, _S.CLOSED, _S.WITHDRAWN}),
    _S.REFUSED: frozenset({_S.ESCALATED, _S.REMOVED, _S.PARTLY, _S.GONE, _S.CLOSED, _S.WITHDRAWN}),
    # A relay tries for days, so that it comes back may be known only when the site's time is over.
    _S.SILENT: _OUTCOMES | {_S.ACKNOWLEDGED, _S.BOUNCED, _S.GONE, _S.ESCALATED, _S.CLOSED, _S.WITHDRAWN},
    _S.GONE: frozenset({_S.REAPPEARED, _S.CLOSED, _S.WITHDRAWN}),
    _S.REAPPEARED: frozenset({_S.ESCALATED, _S.CLOSED, _S.WITHDRAWN}),
    _S.ESCALATED: _OUTCOMES | {_S.BOUNCED, _S.GONE, _S.CLOSED, _S.WITHDRAWN},
    _S.CLOSED: frozenset({_S.REAPPEARED}),
    _S.WITHDRAWN: frozenset(),
}
#: A notice that was really sent, and did not come back.
WENT_OUT = frozenset(State) - {_S.DRAFT, _S.COMPLETE, _S.APPROVED, _S.BOUNCED, _S.WITHDRAWN}
#: The clock for taking it down runs while nobody has answered.
CLOCK_RUNS = _WAITING | {_S.SILENT}
#: Nothing more is to be done, so nothing more is kept of what was written.
OVER = frozenset({_S.CLOSED, _S.WITHDRAWN})


def may_become(state: State, other: State, *, letter: bool = False) -> bool:
    """Whether a notice may go there from here. A letter after one may be closed at any time: its notice goes on."""
    return other in NEXT[state] or (letter and other is State.CLOSED and state not in OVER)
