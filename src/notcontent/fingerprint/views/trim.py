"""Where a picture lies inside its surround: bars, a border, a strip for a caption, the surface of a chat.

The surround is one brightness. What differs from it in mass is the picture; thin strokes, such as lines of text, a
clock or a row of signs, are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .cells import Cells
from .codes import LEAST_SIDE, Box
from .luma import Luma

Away = NDArray[np.uint8] | NDArray[np.float32]

MOST_GUESSES: Final = 2
#: As near to the surround's brightness as this is surround: where a program drew it (a photograph's own black or white
#: differs by more; that of a night by so little that only the very same level tells), and where it was photographed or
#: saved badly.
_ALIKE: Final = (3, 0, 12)
#: A surround covers at least this share of one side's outermost line, or of the picture.
_LEAST_SIDE: Final = 0.7
_LEAST_AREA: Final = 0.06
_MOST_LEVELS: Final = 3
#: Of all that lies outside the picture, at least so much is surround; and nearly all, to call it the whole upload's.
_LEAST_OUTSIDE: Final = 0.6
_CLEAR_OUTSIDE: Final = 0.8
#: Shares of the area between which a picture inside a surround is worth a look of its own.
_LEAST_PART: Final = 0.06
_MOST_PART: Final = 0.985
#: A line is the picture's if it is so far from the surround, and by this share as far as the next few lines.
_LEAST_AWAY: Final = 1.5
_LEAST_STEP: Final = 0.3
#: An edge is looked for among so many lines outside and inside of where the cells say it is.
_OUTSIDE: Final = 7
_INSIDE: Final = 6


@dataclass(frozen=True, slots=True)
class Trim:
    """A guess: where the picture lies, in a surround of that level.

    `clear`: nearly all around it is surround, so that nothing else is there.
    """

    box: Box
    level: int
    clear: bool


def trims(luma: Luma) -> list[Trim]:
    """The picture without its surround, at most `MOST_GUESSES` guesses: none if there is no surround."""
    height, width = luma.shape
    found: list[Trim] = []
    levels = _surrounds(luma)
    surrounds = [(luma, np.full_like(luma, level)) for level in levels]
    aways = [np.maximum(one, other) - np.minimum(one, other) for one, other in surrounds]
    for alike in _ALIKE:
        for level, away in zip(levels, aways, strict=True):
            cells = Cells.of(away > alike)
            rough = cells.largest_mass()
            if rough is None:
                continue
            box = settle(away, rough)
            share = box.height * box.width / (height * width)
            if min(box.height, box.width) < LEAST_SIDE or not _LEAST_PART <= share <= _MOST_PART:
                continue
            outside = cells.share_off_outside(rough)
            if outside >= _LEAST_OUTSIDE and not any(_same(box, other.box) for other in found):
                found.append(Trim(box, int(level), outside >= _CLEAR_OUTSIDE))
                if len(found) == MOST_GUESSES:
                    return found
    return found


def _same(one: Box, other: Box) -> bool:
    return (
        max(
            abs(one.top - other.top),
            abs(one.left - other.left),
            abs(one.bottom - other.bottom),
            abs(one.right - other.right),
        )
        <= 1
    )


def _surrounds(luma: Luma) -> list[np.uint8]:
    """The brightness of each side's outermost line, if it has one, and the commonest one in the picture."""
    levels: list[int] = []
    sides = (luma[0], luma[-1], luma[:, 0], luma[:, -1])
    for samples, least in (*((side, _LEAST_SIDE) for side in sides), (luma[::4, ::4].ravel(), _LEAST_AREA)):
        counts = np.bincount(samples, minlength=256)
        level = int(counts.argmax())
        near = counts[max(0, level - 1) : level + 2].sum()
        if near >= least * len(samples) and all(abs(level - other) > _ALIKE[0] for other in levels):
            levels.append(level)
    return [np.uint8(level) for level in levels[:_MOST_LEVELS]]


def settle(away: Away, rough: Box, outside: int = _OUTSIDE) -> Box:
    """Each edge put where the lines begin to differ from the surround, to a part of a sample.

    `away`: how far each sample is from the surround's brightness. `outside`: so many lines beyond the rough edge may
    be the picture's too.
    """
    top, left, bottom, right = (int(edge) for edge in (rough.top, rough.left, rough.bottom, rough.right))
    rows, columns = away[:, left:right], away[top:bottom].T
    return Box(
        _edge(rows, top, outside),
        _edge(columns, left, outside),
        len(rows) - _edge(rows[::-1], len(rows) - bottom, outside),
        len(columns) - _edge(columns[::-1], len(columns) - right, outside),
    )


def _edge(lines: Away, near: int, outside: int) -> float:
    """Where, counted from the first line on, the surround ends: near that line."""
    low = max(0, near - outside)
    away: list[float] = lines[low : near + _INSIDE].mean(axis=1).tolist()
    # What lies beyond a line of nothing but surround is something else, such as a line of text.
    start = max((at + 1 for at in range(near - low) if away[at] <= _LEAST_AWAY), default=0)
    for at in range(start, len(away) - 2):
        if away[at] > _LEAST_AWAY and away[at] >= _LEAST_STEP * max(away[at : at + 4]):
            # A line that differs by half as much as the next is half surround.
            return low + at + 1 - away[at] / max(away[at : at + 2]) if low + at else 0.0
    return float(near)
