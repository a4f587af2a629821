"""Where a picture lies inside its surround: bars, a border, a strip for a caption, the surface of a chat.

The surround is one brightness. What differs from it in mass is the picture; thin strokes, such as lines of text, a
clock or a row of signs, are not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import LEAST_SIDE, Box
from .luma import Luma

Mask = NDArray[np.bool_]

#: As near to the surround's brightness as this is surround.
_ALIKE: Final = 10
#: A surround covers at least this share of the picture's edge, or of the picture.
_LEAST_EDGE: Final = 0.3
_LEAST_AREA: Final = 0.06
#: The picture is looked for in cells of so many samples a side.
_CELL: Final = 4
#: Cells, half the side of a square: holes up to this size are filled, then pieces up to that size vanish.
_FILL: Final = 2
_VANISH: Final = 4
#: A line belongs to the surround if so much of it is like it.
_PLAIN_LINE: Final = 0.9
#: Shares of the area between which a picture inside a surround is worth a look of its own.
_LEAST_PART: Final = 0.06
_MOST_PART: Final = 0.985


def trims(luma: Luma) -> list[Box]:
    """The picture without its surround, at most two guesses: none if there is no surround."""
    height, width = luma.shape
    found: list[Box] = []
    for level in _surrounds(luma):
        differs = np.maximum(luma, level) - np.minimum(luma, level) > _ALIKE
        box = _largest(differs)
        if box is None:
            continue
        box = _refine(differs, box)
        sides = min(box.height, box.width)
        share = box.height * box.width / (height * width)
        if sides >= LEAST_SIDE and _LEAST_PART <= share <= _MOST_PART and box not in found:
            found.append(box)
    return found


def _surrounds(luma: Luma) -> list[np.uint8]:
    """The commonest brightness along the picture's edge, and that in all of it, if they are common enough."""
    edge = np.concatenate([luma[0], luma[-1], luma[:, 0], luma[:, -1]])
    levels: list[np.uint8] = []
    for samples, least in ((edge, _LEAST_EDGE), (luma[::2, ::2].ravel(), _LEAST_AREA)):
        counts = np.bincount(samples, minlength=256)
        near = np.convolve(counts, np.ones(5, int), "same")
        level = np.uint8(near.argmax())
        if near[level] >= least * len(samples) and all(abs(int(level) - int(other)) > _ALIKE for other in levels):
            levels.append(level)
    return levels


def _largest(differs: Mask) -> Box | None:
    """The box around the largest mass of what differs, in whole cells."""
    rows, columns = differs.shape[0] // _CELL, differs.shape[1] // _CELL
    if min(rows, columns) < 2 * _VANISH:
        return None
    cells = differs[: rows * _CELL, : columns * _CELL].reshape(rows, _CELL, columns, _CELL)
    counts = cells.view(np.uint8).sum(axis=1, dtype=np.uint8).sum(axis=2, dtype=np.uint8)
    on = counts > _CELL * _CELL // 2
    filled = ~_grown(~_grown(on, _FILL), _FILL)
    kept = _grown(~_grown(~filled, _VANISH), _VANISH)
    top, bottom, left, right = 0, rows, 0, columns
    for _ in range(2):
        top, bottom = _longest_run(kept[:, left:right].sum(axis=1))
        left, right = _longest_run(kept[top:bottom].sum(axis=0))
    if top == bottom or left == right:
        return None
    return Box(top * _CELL, left * _CELL, min(bottom * _CELL, differs.shape[0]), min(right * _CELL, differs.shape[1]))


def _grown(mask: Mask, by: int) -> Mask:
    """Every cell that has one of the mask within `by` cells in both directions."""
    for _ in range(2):
        padded = np.pad(mask, ((by + 1, by), (0, 0))).cumsum(axis=0, dtype=np.int32)
        mask = (padded[2 * by + 1 :] > padded[: -2 * by - 1]).T
    return mask


def _longest_run(counts: NDArray[np.int64]) -> tuple[int, int]:
    """The run of lines that are not empty that holds the most."""
    full = np.concatenate([[0], counts > 0, [0]])
    starts, stops = np.flatnonzero(np.diff(full) > 0), np.flatnonzero(np.diff(full) < 0)
    if not len(starts):
        return 0, 0
    sums = np.concatenate([[0], np.cumsum(counts)])
    most = int(np.argmax(sums[stops] - sums[starts]))
    return int(starts[most]), int(stops[most])


def _refine(differs: Mask, box: Box) -> Box:
    """Each edge moved to the first line that isn't the surround's, looked for from a little outside the box."""
    top, left, bottom, right = int(box.top), int(box.left), int(box.bottom), int(box.right)
    for _ in range(2):
        top, bottom = _ends(differs[:, left:right].mean(axis=1), top, bottom)
        left, right = _ends(differs[top:bottom].mean(axis=0), left, right)
    return Box(top, left, bottom, right)


def _ends(share: NDArray[np.float64], start: int, stop: int) -> tuple[int, int]:
    """The first and last line between `start` and `stop`, and a little beyond, with enough that differs."""
    low, high = max(0, start - 2 * _CELL), min(len(share), stop + 2 * _CELL)
    busy = np.flatnonzero(share[low:high] > 1 - _PLAIN_LINE)
    return (low + int(busy[0]), low + int(busy[-1]) + 1) if len(busy) else (start, stop)
