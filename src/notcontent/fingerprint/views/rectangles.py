"""Boxes bounded by long straight edges: a picture laid on another one, or in a surface with more than one colour.

Across the edge of a picture neighbours differ more than they do a little to either side of it, all along the line. That
holds between two smooth areas of nearly the same brightness as well as between two rough textures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import LEAST_SIDE, Box
from .luma import Luma

MOST_RECTANGLES: Final = 12
#: A difference counts up to here, so that one strong edge doesn't outweigh a whole line.
_MOST_STEP: Final = 31
#: Differences are summed over so many samples along a line.
_RUN: Final = 8
#: What sums as small as this are compared to is noise.
_NOISE: Final = 16
_ONES: Final = np.uint64(0x0101010101010101)
_MOST_LINES: Final = 8
#: How much of an edge (0 to 1) the best quarter of a line must be.
_LEAST_LINE: Final = 0.22
#: Lines nearer than this to each other, or to the picture's edge, are one.
_APART: Final = 3
#: How much of an edge the picture's own edge is taken for.
_OWN_EDGE: Final = 0.35
_LEAST_SHARE: Final = 0.2
_LEAST_AREA: Final = 0.06
_MOST_AREA: Final = 0.97
#: Each side of a box must be so much of an edge.
_LEAST_EDGE: Final = 0.12


def rectangles(luma: Luma, inside: Box) -> list[Box]:
    """At most `MOST_RECTANGLES` boxes inside a part of the picture, the best bounded first."""
    top, left = int(inside.top), int(inside.left)
    part = luma[top : int(inside.bottom), left : int(inside.right)]
    if min(part.shape) < 2 * LEAST_SIDE:
        return []
    height, width = part.shape
    level, upright = Edges.level(part), Edges.upright(part)
    ys, xs = level.lines(), upright.lines()
    (upper, lower), (first, last) = _pairs(len(ys)), _pairs(len(xs))
    heights, widths = ys[lower] - ys[upper], xs[last] - xs[first]
    along_x = level.along(ys, xs[first], xs[last])
    along_y = upright.along(xs, ys[upper], ys[lower])
    sides = np.stack([along_x[upper], along_x[lower], along_y[first].T, along_y[last].T])
    shares = heights[:, None] * widths[None, :] / (height * width)
    good = (sides.min(axis=0) >= _LEAST_EDGE) & (shares >= _LEAST_AREA) & (shares <= _MOST_AREA)
    good &= (heights >= max(LEAST_SIDE, _LEAST_SHARE * height))[:, None]
    good &= (widths >= max(LEAST_SIDE, _LEAST_SHARE * width))[None, :]
    pairs = np.argwhere(good)
    best = pairs[np.argsort(-sides.sum(axis=0)[good], kind="stable")[:MOST_RECTANGLES]].tolist()
    if not best:
        return []
    down, across = (top + level.settled(ys)).tolist(), (left + upright.settled(xs)).tolist()
    return [Box(down[upper[y]], across[first[x]], down[lower[y]], across[last[x]]) for y, x in best]


@cache
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every two of so many lines."""
    return np.triu_indices(count, 1)


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of a picture in one direction. A line is told by the row or column after it.

    `steps`: what neighbours differ by across each line, runs × lines. `summed`: how much of an edge (0 to 1) that is,
    beside the lines around it, summed along the line: runs + 1 × lines.
    """

    steps: NDArray[np.float32]
    summed: NDArray[np.float32]

    @classmethod
    def level(cls, part: Luma) -> Edges:
        """Between rows."""
        runs = part.shape[1] // _RUN
        differ = _differences(part[1:, : runs * _RUN], part[:-1, : runs * _RUN])
        # Eight bytes that add up to less than 256 are one number: this product has their sum in its upper byte.
        return cls._of((differ.view(np.uint64) * _ONES >> np.uint64(56)).T)

    @classmethod
    def upright(cls, part: Luma) -> Edges:
        """Between columns."""
        runs = part.shape[0] // _RUN
        differ = _differences(part[: runs * _RUN, 1:], part[: runs * _RUN, :-1])
        return cls._of(differ.reshape(runs, _RUN, -1).sum(axis=1, dtype=np.uint8))

    @classmethod
    def _of(cls, sums: NDArray[np.uint8] | NDArray[np.uint64]) -> Edges:
        steps = np.zeros((sums.shape[0], sums.shape[1] + 2), np.float32)
        steps[:, 1:-1] = sums
        pairs = steps[:, :-1] + steps[:, 1:]
        beside = np.zeros_like(steps)
        np.multiply(pairs[:, :-5] + pairs[:, 5:], np.float32(0.25), out=beside[:, 3:-3])
        here = steps - beside
        here /= steps + beside + np.float32(_NOISE)
        summed = np.zeros((steps.shape[0] + 1, steps.shape[1]), np.float32)
        for before, run, after in zip(summed, np.maximum(0, here, out=here), summed[1:], strict=False):
            np.add(before, run, out=after)
        return cls(steps, summed)

    def lines(self) -> NDArray[np.intp]:
        """Where the straight lines are, and the picture's own edges, in order."""
        runs, end = self.steps.shape[0], self.steps.shape[1] - 1
        length = max(1, runs // 4)
        scores = (self.summed[length:] - self.summed[:-length]).max(axis=0) / length
        scores[: _APART + 1] = scores[-_APART - 1 :] = 0
        found = [0, end]
        while len(found) < _MOST_LINES + 2:
            best = int(scores.argmax())
            if scores[best] < _LEAST_LINE:
                break
            found.append(best)
            scores[max(0, best - _APART) : best + _APART + 1] = 0
        return np.array(sorted(found), np.intp)

    def settled(self, lines: NDArray[np.intp]) -> NDArray[np.float64]:
        """The same lines to a part of a sample: a row that is half above and half below differs from both sides."""
        exact = lines.astype(np.float64)
        around = lines[1:-1, None] + np.arange(-1, 2)
        steps = self.steps[:, around]
        # Only where the line is an edge: elsewhere its neighbours say nothing about it.
        edge = np.diff(self.summed[:, lines[1:-1]], axis=0)
        weights = np.einsum("rlk,rl->lk", steps, edge * (edge > 0.3)).astype(np.float64)
        weights -= weights.min(axis=1, keepdims=True)
        total = weights.sum(axis=1)
        moved = (weights[:, 2] - weights[:, 0]) / np.where(total > 0, total, 1)
        exact[1:-1] += moved
        return exact

    def along(self, lines: NDArray[np.intp], starts: NDArray[np.intp], stops: NDArray[np.intp]) -> NDArray[np.float32]:
        """How much of an edge each line is from each start to its stop: lines × starts."""
        most = self.steps.shape[0]
        low, high = np.minimum((starts + _RUN // 2) // _RUN, most - 1), np.minimum((stops + _RUN // 2) // _RUN, most)
        high = np.maximum(high, low + 1)
        rows = self.summed[:, lines].T
        shares: NDArray[np.float32] = (rows[:, high] - rows[:, low]) / (high - low)
        shares[[0, -1]] = _OWN_EDGE
        return shares


def _differences(one: Luma, other: Luma) -> Luma:
    """How far each sample is from its neighbour, up to a bound."""
    differ: Luma = np.maximum(one, other)
    differ -= np.minimum(one, other)
    # An array of bounds, since numpy compares bytes with a single number one by one.
    return np.minimum(differ, np.full_like(differ, _MOST_STEP), out=differ)
