"""The table of bench/evasion.py: one row for each alteration."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.alterations import Alteration, Group

_BLOCK = re.compile(r"(<!-- written by: python bench/evasion\.py --write -->\n).*?(<!-- end -->)", re.DOTALL)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson (1927)."""
    z, share = 1.959964, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    # Where all were found the bound is 1, which rounding may miss.
    return max(0.0, middle - half), 1.0 if hits == of else min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Row:
    """One alteration: shares of photographs found; `low` and `high` bound ours; `views`: how many each kind found."""

    name: str
    group: Group
    tells: str
    ours: float
    low: float
    high: float
    hma: float
    trial: float
    views: dict[str, int]

    @property
    def is_below(self) -> bool:
        """Surely worse than the trial."""
        return self.high < self.trial


def row_of(alteration: Alteration, views: dict[str, int], hma: int, of: int, trial_percent: int) -> Row:
    """`views`: how many photographs each kind of view found first; `hma`: how many HMA found; `of`: how many in all."""
    hits = sum(views.values())
    low, high = wilson(hits, of)
    return Row(
        alteration.name, alteration.group, alteration.tells, hits / of, low, high, hma / of, trial_percent / 100, views
    )


def print_rows(rows: Sequence[Row]) -> None:
    """For the terminal."""
    print(f"{'':34}{'ours':>6}{'95 %':>12}{'HMA':>6}{'trial':>7}   found by")
    for row in rows:
        views = ", ".join(f"{kind} {count}" for kind, count in row.views.items())
        interval = f"{row.low:.0%}-{row.high:.0%}"
        word = "  BELOW THE TRIAL" if row.is_below else ""
        print(f"{row.name:34}{row.ours:6.0%}{interval:>12}{row.hma:6.0%}{row.trial:7.0%}   {views}{word}")


def write_block(page: Path, paragraphs: Sequence[str]) -> None:
    """Paragraphs into the block of a page that is marked for them."""
    inside = "\n\n".join(paragraphs)
    text, count = _BLOCK.subn(lambda block: f"{block[1]}{inside}\n{block[2]}", page.read_text("utf-8"))
    if count != 1:
        raise ValueError(f"{page.name} has no block that is marked for the figures.")
    page.write_text(text, "utf-8")


def as_markdown(rows: Sequence[Row]) -> str:
    """For the page."""
    lines = ["| alteration | what is done | found, % | 95 % | HMA, % | found by |", "|---|---|---|---|---|---|"]
    for row in rows:
        views = ", ".join(row.views) or "–"
        interval = f"{100 * row.low:.0f}–{100 * row.high:.0f}"
        lines.append(
            f"| {row.name} | {row.tells} | {100 * row.ours:.0f} | {interval} | {100 * row.hma:.0f} | {views} |"
        )
    return "\n".join(lines)
