"""The table and the curves of docs/platform/spin-offs.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bench.support.svg import Drawing
from notcontent.simulation.baselines import Scored, curve

PAGE = Path(__file__).parents[2] / "docs" / "platform" / "spin-offs.md"
PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "spinoffs-curves.svg"
_BLOCK = re.compile(r"(<!-- written by: python bench/spinoffs\.py --write -->\n).*?(<!-- end -->)", re.DOTALL)
_LEFT, _TOP, _SIDE = 70, 60, 380
_SEARCHES = (
    ("ours", "ours", "this search"),
    ("count", "peer", "shared entries"),
    ("jaccard", "soft", "Jaccard's index"),
)


class Row(Protocol):
    """What one change of the assumptions comes to."""

    @property
    def name(self) -> str:
        """Which."""
        ...

    @property
    def found(self) -> float:
        """Share found in time."""
        ...

    @property
    def false_alarms(self) -> float:
        """For 10,000 honest places and a month."""
        ...

    @property
    def framed(self) -> int:
        """Honest places framed."""
        ...

    @property
    def attacked(self) -> int:
        """Honest places attacked."""
        ...


def write_table(rows: Sequence[Row]) -> None:
    """One row a change."""
    lines = ["| assumption | found in time | false alarms | framed |", "|---|---|---|---|"]
    lines += [
        f"| {row.name.replace('_', ' ')} | {row.found:.1%} | {row.false_alarms:g} | {row.framed} of {row.attacked} |"
        for row in rows
    ]
    text, count = _BLOCK.subn(lambda block: "\n".join([block[1].rstrip(), *lines, block[2]]), PAGE.read_text("utf-8"))
    if count != 1:
        raise ValueError(f"{PAGE.name} has no block that is marked for the figures.")
    PAGE.write_text(text, "utf-8")


def draw_curves(scored: Sequence[Scored]) -> None:
    """Precision over recall, of all three searches."""
    drawing = Drawing(760, 520, "Precision and recall of three searches for successors of closed groups")
    drawing.text(_LEFT, 30, "Precision over recall, all pairs of the test platforms", "title")
    for tenth in range(0, 11, 2):
        at = _SIDE * tenth / 10
        drawing.line([(_LEFT, _TOP + at), (_LEFT + _SIDE, _TOP + at)], "line")
        drawing.line([(_LEFT + at, _TOP), (_LEFT + at, _TOP + _SIDE)], "line")
        drawing.text(_LEFT - 8, _TOP + at + 4, f"{1 - tenth / 10:.1f}", "soft end")
        drawing.text(_LEFT + at, _TOP + _SIDE + 20, f"{tenth / 10:.1f}", "soft middle")
    drawing.text(_LEFT + _SIDE / 2, _TOP + _SIDE + 44, "recall", "middle")
    drawing.text(_LEFT - 50, _TOP - 14, "precision")
    positives = sum(each.is_successor for each in scored)
    dashes = {"ours": "", "count": "7 4", "jaccard": "2 3"}
    for number, (name, colour, words) in enumerate(_SEARCHES):
        points = curve([(getattr(each, name), each.is_successor) for each in scored], positives)
        path = [(_LEFT + _SIDE * recall, _TOP + _SIDE * (1 - precision)) for _, recall, precision in points]
        if path:
            drawing.line(path, colour, 2, dashes[name])
        y = _TOP + 30 + 26 * number
        drawing.line([(_LEFT + _SIDE + 30, y), (_LEFT + _SIDE + 70, y)], colour, 2, dashes[name])
        drawing.text(_LEFT + _SIDE + 80, y + 4, words)
    drawing.write(PICTURE)
