"""Timelines and clocks as SVG, drawn on the server. Pure: the same events give the same bytes.

Colours come from the page's own style sheet by class, so that light, dark and print follow the page. A drawing is read
from its first day to its last in the direction of the page's language. Beside each stands a table that says the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, pi, sin, sqrt
from xml.sax.saxutils import escape

_WIDTH, _LANE, _TOP, _SIDE = 480, 44, 30, 16
_DOT, _LARGEST_DOT = 5.0, 11.0
_ROUND = 9


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened in one lane on one day; `many` how often."""

    lane: int
    day: date
    many: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    """What is written on a timeline: its title, the names of its lanes, and its two ends."""

    title: str
    lanes: tuple[str, ...]
    first: str
    last: str


def draw_timeline(marks: Iterable[Mark], first: date, last: date, words: Words, *, right_to_left: bool = False) -> str:
    """One lane below another, each with a dot for every day on which something happened; larger for more.

    An SVG element of 480 units across. Days outside of `first` and `last` are drawn at that end.
    """
    days = max(1, (last - first).days)
    height = _TOP + _LANE * len(words.lanes) + 24

    def across(share: float) -> str:
        place = _SIDE + share * (_WIDTH - 2 * _SIDE)
        return f"{_WIDTH - place if right_to_left else place:.1f}"

    begin, end = ("end", "start") if right_to_left else ("start", "end")
    drawn = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{_quoted(words.title)}" '
        'direction="ltr" xmlns="http://www.w3.org/2000/svg">'
    ]
    for lane, name in enumerate(words.lanes):
        middle = _TOP + _LANE * lane + _LANE // 2
        drawn.append(
            f'<text class="chart-name" x="{across(0)}" y="{middle - 14}" text-anchor="{begin}">{escape(name)}</text>'
        )
        drawn.append(f'<line class="chart-line" x1="{across(0)}" y1="{middle}" x2="{across(1)}" y2="{middle}"/>')
    together = Counter[tuple[int, date]]()
    for mark in marks:
        together[mark.lane, min(max(mark.day, first), last)] += mark.many
    for (lane, day), many in sorted(together.items()):
        middle = _TOP + _LANE * lane + _LANE // 2
        radius = min(_LARGEST_DOT, _DOT * sqrt(1 + (many - 1) / 4))
        place = across((day - first).days / days)
        drawn.append(f'<circle class="chart-dot" cx="{place}" cy="{middle}" r="{radius:.1f}"/>')
    for share, anchor, text in ((0, begin, words.first), (1, end, words.last)):
        drawn.append(
            f'<text class="chart-day" x="{across(share)}" y="{height - 6}" text-anchor="{anchor}">{escape(text)}</text>'
        )
    return "".join([*drawn, "</svg>"])


def draw_clock(passed: int, whole: int) -> str:
    """A small dial that is filled by the days that have passed of those there are; whole where they are over.

    Decoration: the words beside it say the same, so it is hidden from screen readers.
    """
    share = min(1.0, max(0.0, passed / whole)) if whole > 0 else 1.0
    middle = _ROUND + 1
    head = (
        f'<svg class="clock" viewBox="0 0 {2 * middle} {2 * middle}" aria-hidden="true" '
        f'xmlns="http://www.w3.org/2000/svg"><circle class="clock-rim" cx="{middle}" cy="{middle}" r="{_ROUND}"/>'
    )
    if share >= 1:
        return head + f'<circle class="clock-hand" cx="{middle}" cy="{middle}" r="{_ROUND - 2}"/></svg>'
    radius, turn = _ROUND - 2, 2 * pi * share
    to = f"{middle + radius * sin(turn):.2f} {middle - radius * cos(turn):.2f}"
    wide = 1 if share > 0.5 else 0
    path = f"M{middle} {middle}V{middle - radius}A{radius} {radius} 0 {wide} 1 {to}Z"
    return head + (f'<path class="clock-hand" d="{path}"/>' if share > 0 else "") + "</svg>"


def first_and_last(days: Sequence[date], today: date) -> tuple[date, date]:
    """The ends of a timeline: its first event, and today or its last event if that is later."""
    return min([*days, today]), max([*days, today])


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})
