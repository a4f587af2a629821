"""Where a picture may end whose own margin is of the surround's brightness: a night in black bars, a cut-out on white.

Nothing shows its edge, but most pictures have one of a few shapes, and lie in the middle: between two bars, or in a
border of one width all round.
"""

from __future__ import annotations

from typing import Final

from .codes import LEAST_SIDE, Box

#: Width over height: what cameras, phones, screens and sites make.
_USUAL: Final = (16 / 9, 3 / 2, 4 / 3, 5 / 4, 1.0, 4 / 5, 3 / 4, 2 / 3, 9 / 16)
#: So many samples of what is seen may lie outside: its own edge is not told more exactly.
_LOOSE: Final = 1.0
#: A guess whose edges are no farther from one that is looked at already, as a share of the side, is the same.
_SAME: Final = 0.01


def usual_shapes(size: tuple[int, int], seen: Box) -> list[Box]:
    """Boxes of usual shapes around what is seen in the surround of an upload of that height and width.

    The smallest first; none is where that is.
    """
    height, width = size
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
