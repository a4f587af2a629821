"""A picture divided into parts: the tiles of a collage, with or without gaps between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .codes import LEAST_SIDE, Box, edges_of
from .trim import settle

#: Rows × columns.
EVEN: Final = ((1, 2), (2, 1), (2, 2), (3, 3))
MOST_TILES: Final = sum(rows * columns for rows, columns in EVEN)
MOST_BETWEEN_GAPS: Final = 9
#: A line whose brightness differs by no more (standard deviation) may be part of a gap.
_PLAIN: Final = 3.0
#: Gaps within the parts that gaps make are followed so deep: a row of two above a row of three is two.
_DEPTH: Final = 2


def tiles(inside: Box) -> list[Box]:
    """`MOST_TILES` parts of a box: even divisions; fewer if some would be too small."""
    return [
        Box(top, left, bottom, right)
        for rows, columns in EVEN
        if min(inside.height / rows, inside.width / columns) >= LEAST_SIDE
        for top, bottom in pairwise(edges_of(inside.top, inside.bottom, rows))
        for left, right in pairwise(edges_of(inside.left, inside.right, columns))
    ]


def between_gaps(luma: NDArray[np.float32], inside: Box) -> list[Box]:
    """At most `MOST_BETWEEN_GAPS` parts of a box that plain lines divide, the largest first; none if none do."""
    top, left = int(np.ceil(inside.top)), int(np.ceil(inside.left))
    whole = Box(top, left, int(inside.bottom), int(inside.right))
    found = _split(luma, whole, _DEPTH)
    found.sort(key=lambda box: -box.height * box.width)
    return found[:MOST_BETWEEN_GAPS] if len(found) > 1 else []


def _split(luma: NDArray[np.float32], region: Box, depth: int) -> list[Box]:
    """The region itself if there is no gap across it."""
    top, left, bottom, right = (int(edge) for edge in (region.top, region.left, region.bottom, region.right))
    part = luma[top:bottom, left:right]
    if not depth or min(part.shape) < 2 * LEAST_SIDE:
        return [region]
    squares = part * part
    # Means as products: numpy sums lines one by one.
    height, width = part.shape
    along, down = np.full(width, 1 / width, np.float32), np.full(height, 1 / height, np.float32)
    rows, columns = _runs(part @ along, squares @ along), _runs(down @ part, down @ squares)
    if len(rows) * len(columns) < 2 or len(rows) * len(columns) > MOST_BETWEEN_GAPS:
        return [region]
    gap = luma[top + rows[0][1], left] if len(rows) > 1 else luma[top, left + columns[0][1]]
    away = np.abs(luma - gap)
    return [
        small
        for start, stop in rows
        for first, last in columns
        for small in _split(luma, settle(away, Box(top + start, left + first, top + stop, left + last), 0), depth - 1)
    ]


def _runs(means: NDArray[np.floating[Any]], squares: NDArray[np.floating[Any]]) -> list[tuple[int, int]]:
    """The runs of lines between gaps, each at least `LEAST_SIDE` long."""
    busy = np.concatenate([[False], squares - means * means > _PLAIN**2, [False]])
    starts, stops = np.flatnonzero(busy[1:] & ~busy[:-1]), np.flatnonzero(busy[:-1] & ~busy[1:])
    runs = [(int(a), int(b)) for a, b in zip(starts, stops, strict=True) if b - a >= LEAST_SIDE]
    return runs or [(0, len(means))]
