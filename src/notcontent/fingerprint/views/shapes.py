"""Where a picture may end whose own margin is of the surround's brightness: a night in black bars, a cut-out on white.

Nothing shows its edge, but most pictures have one of a few shapes, and lie in the middle: between two bars, or in a
border of one width all round.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .codes import LEAST_SIDE, Box
from .luma import Luma
from .trim import Trim

#: Width over height: what cameras, phones, screens and sites make.
_USUAL: Final = (16 / 9, 3 / 2, 4 / 3, 5 / 4, 1.0, 4 / 5, 3 / 4, 2 / 3, 9 / 16)
#: A picture ends where the line so many samples inside each edge differs by more levels from the surround, in at least
#: this share.
_INSIDE: Final = 1
_PLAINLY: Final = 12
_MOST: Final = 0.9
#: So many samples of what is seen may lie outside: its own edge is not told more exactly.
_LOOSE: Final = 1.0
#: A guess whose edges are no farther from one that is looked at already, as a share of the side, is the same.
_SAME: Final = 0.01


def usual_shapes(luma: Luma, guess: Trim) -> list[Box]:
    """Boxes of usual shapes around what is seen in the surround of an upload, the smallest first.

    None if that has an edge of its own: the picture ends there.
    """
    return [] if _is_edged(luma, guess) else _around(guess.box, *luma.shape)


def _is_edged(luma: Luma, guess: Trim) -> bool:
    box = guess.box
    inside = luma[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
    lines = (inside[_INSIDE], inside[-1 - _INSIDE], inside[:, _INSIDE], inside[:, -1 - _INSIDE])
    return all((np.abs(line.astype(np.int16) - guess.level) > _PLAINLY).mean() >= _MOST for line in lines)


def _around(seen: Box, height: int, width: int) -> list[Box]:
    found = [seen]
    for shape in _USUAL:
        bars = (height - width / shape) / 2, (width - height * shape) / 2
        # Both bars, and a border: the same distance from every side.
        border = (width - shape * height) / (2 * (1 - shape)) if shape != 1 else 0.0
        for down, across in ((bars[0], 0.0), (0.0, bars[1]), (border, border)):
            box = Box(down, across, height - down, width - across)
            if _fits(box, seen, height, width) and not any(_same(box, other, height, width) for other in found):
                found.append(box)
    return sorted(found[1:], key=lambda box: box.height * box.width)


def _fits(box: Box, seen: Box, height: int, width: int) -> bool:
    return (
        min(box.top, box.left) >= 0
        and min(box.height, box.width) >= LEAST_SIDE
        and box.top - _LOOSE <= seen.top
        and box.left - _LOOSE <= seen.left
        and box.bottom + _LOOSE >= seen.bottom
        and box.right + _LOOSE >= seen.right
    )


def _same(one: Box, other: Box, height: int, width: int) -> bool:
    return (
        max(abs(one.top - other.top), abs(one.bottom - other.bottom)) <= _SAME * height
        and max(abs(one.left - other.left), abs(one.right - other.right)) <= _SAME * width
    )
