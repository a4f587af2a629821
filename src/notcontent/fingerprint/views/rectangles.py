"""Boxes bounded by long straight edges: a picture laid on another one, or in a surface with more than one colour."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import LEAST_SIDE, Box
from .luma import Luma

MOST_RECTANGLES: Final = 12
#: Neighbours that differ by more are an edge.
_STEP: Final = 10
#: Edges are counted over runs of so many samples.
_RUN: Final = 8
_MOST_LINES: Final = 6
#: A line is straight if so much of a quarter of the picture's side is edge.
_LEAST_LINE: Final = 0.7
#: Lines nearer than this to each other, or to the picture's edge, are one.
_APART: Final = 4
_LEAST_SHARE: Final = 0.2
_LEAST_AREA: Final = 0.06
_MOST_AREA: Final = 0.97
#: Of four sides, so much must be edge.
_LEAST_SUPPORT: Final = 2.9


def rectangles(luma: Luma, inside: Box) -> list[Box]:
    """At most `MOST_RECTANGLES` boxes inside a part of the picture, the best bounded first."""
    top, left = int(inside.top), int(inside.left)
    part = luma[top : int(inside.bottom), left : int(inside.right)]
    if min(part.shape) < 2 * LEAST_SIDE:
        return []
    upright = _edge_counts(part.T)
    level = _edge_counts(part)
    xs, ys = _lines(upright), _lines(level)
    height, width = part.shape
    sides_x = _supports(upright, xs, ys, height)
    sides_y = _supports(level, ys, xs, width)
    found = []
    for (a, x0), (b, x1) in combinations(enumerate(xs), 2):
        for (c, y0), (d, y1) in combinations(enumerate(ys), 2):
            w, h = x1 - x0, y1 - y0
            if w < max(LEAST_SIDE, _LEAST_SHARE * width) or h < max(LEAST_SIDE, _LEAST_SHARE * height):
                continue
            if not _LEAST_AREA <= w * h / (width * height) <= _MOST_AREA:
                continue
            support = sides_x[a, c, d] + sides_x[b, c, d] + sides_y[c, a, b] + sides_y[d, a, b]
            if support >= _LEAST_SUPPORT:
                found.append((support, Box(top + y0, left + x0, top + y1, left + x1)))
    found.sort(key=lambda each: -each[0])
    return [box for _, box in found[:MOST_RECTANGLES]]


def _edge_counts(part: Luma) -> NDArray[np.int32]:
    """Between each two rows: how many of each 8 columns are an edge. Rows + 1 × runs + 1, summed along the row."""
    part = np.ascontiguousarray(part.T)
    width = part.shape[0] // _RUN
    steps = np.maximum(part[:, 1:], part[:, :-1]) - np.minimum(part[:, 1:], part[:, :-1]) > _STEP
    counts = steps[: width * _RUN].view(np.uint8).reshape(width, _RUN, -1).sum(axis=1, dtype=np.uint8)
    summed = np.zeros((part.shape[1] + 1, width + 1), np.int32)
    summed[1:-1, 1:] = counts.cumsum(axis=0, dtype=np.int32).T
    return summed


def _lines(summed: NDArray[np.int32]) -> list[int]:
    """Where the straight lines are, and the two edges of the picture, in order."""
    rows, runs = summed.shape[0] - 1, summed.shape[1] - 1
    length = max(1, runs // 4)
    scores = (summed[:, length:] - summed[:, :-length]).max(axis=1) / (length * _RUN)
    scores[: 2 * _APART] = scores[-2 * _APART :] = 0
    found = [0, rows]
    while len(found) < _MOST_LINES + 2 and scores.max() >= _LEAST_LINE:
        best = int(scores.argmax())
        found.append(best)
        scores[max(0, best - _APART) : best + _APART + 1] = 0
    return sorted(found)


def _supports(summed: NDArray[np.int32], lines: list[int], crossing: list[int], length: int) -> NDArray[np.float64]:
    """How much of each line is edge between each two that cross it: lines × crossing × crossing. The border is."""
    at = np.minimum(np.array(crossing) // _RUN, summed.shape[1] - 1)
    along = summed[lines][:, at]
    runs = np.maximum(1, at[None, :] - at[:, None])
    share = (along[:, None, :] - along[:, :, None]) / (runs * _RUN)
    share[[0, -1]] = 1
    return share
