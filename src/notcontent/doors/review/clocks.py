"""The clock of a notice as a drawing and as words. The words stand alone: the drawing says nothing that they don't."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape

from notcontent.doors.review.frame import Frame
from notcontent.guard.notice_clock import LENGTH, Clock, Standing

_LOOKS = {
    Standing.INCOMPLETE: "none",
    Standing.RUNNING: "good",
    Standing.NEAR: "wait",
    Standing.LATE: "stop",
    Standing.DONE: "none",
}
_HOUR = timedelta(hours=1)


def clock_text(frame: Frame, clock: Clock, now: datetime) -> str:
    """How it stands, as a word with a shape."""
    standing, left = clock.standing(now), clock.left(now)
    words = frame.words
    match standing:
        case Standing.RUNNING | Standing.NEAR if left is not None:
            said = frame.say("clock.left", time=escape(words.exact_span(left)))
        case Standing.LATE if left is not None:
            said = frame.say("clock.late", ago=escape(words.away(left)))
        case Standing.DONE if left is not None and left < timedelta(0):
            said = frame.say("clock.doneLate", time=escape(words.exact_span(-left)))
        case _:
            said = frame.say(f"clock.{standing}")
    return f'<span class="state state-{_LOOKS[standing]}">{said}</span>'


def clock_drawing(clock: Clock, now: datetime) -> str:
    """A ring of 48 hours: what is left of them is drawn, and a full one when the time is over."""
    left = clock.left(now)
    if left is None:
        return ""
    over = left < timedelta(0)
    hours = LENGTH / _HOUR if over else left / _HOUR
    late = " review-clock-late" if over else ""
    return (
        f'<svg class="review-clock{late}" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true">'
        '<circle class="review-clock-all" cx="20" cy="20" r="16"/>'
        f'<circle class="review-clock-left" cx="20" cy="20" r="16" pathLength="{LENGTH / _HOUR:.0f}"'
        f' stroke-dasharray="{hours:.2f} {LENGTH / _HOUR:.0f}" transform="rotate(-90 20 20)"/></svg>'
    )
