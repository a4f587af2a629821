"""Boxes bounded by long straight edges: a picture laid on another one, or in a surface with more than one colour.

Across the edge of a picture neighbours differ more than they do a little to either side of it, all along the line. That
holds between two smooth areas of nearly the same brightness as well as between two rough textures.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    level, upright = Edges.of(part), Edges.of(np.ascontiguousarray(part.T))
    ys, xs = level.lines(), upright.lines()
    upper, lower = np.triu_indices(len(ys), 1)
    first, last = np.triu_indices(len(xs), 1)
    heights, widths = ys[lower] - ys[upper], xs[last] - xs[first]
    along_x = level.along(ys, xs[first], xs[last])
    along_y = upright.along(xs, ys[upper], ys[lower])
    sides = np.stack([along_x[upper], along_x[lower], along_y[first].T, along_y[last].T])
    shares = heights[:, None] * widths[None, :] / (height * width)
    good = (sides.min(axis=0) >= _LEAST_EDGE) & (shares >= _LEAST_AREA) & (shares <= _MOST_AREA)
    good &= (heights >= max(LEAST_SIDE, _LEAST_SHARE * height))[:, None]
    good &= (widths >= max(LEAST_SIDE, _LEAST_SHARE * width))[None, :]
    scores = np.where(good, sides.sum(axis=0), 0)
    best = np.argsort(-scores, axis=None)[:MOST_RECTANGLES].tolist()
    down, across = (top + level.settled(ys)).tolist(), (left + upright.settled(xs)).tolist()
    return [
        Box(down[upper[y]], across[first[x]], down[lower[y]], across[last[x]])
        for y, x in (divmod(at, len(first)) for at in best)
        if scores[y, x] > 0
    ]


@dataclass(frozen=True, slots=True)
class Edges:
    """The level edges of a picture. A line is told by the row below it.

    `steps`: what neighbours differ by across each line, runs × rows + 1. `summed`: how much of an edge (0 to 1) that
    is, beside the lines around it, summed along the line: rows + 1 × runs + 1.
    """

    steps: NDArray[np.float32]
    summed: NDArray[np.float32]

    @classmethod
    def of(cls, part: Luma) -> Edges:
        """The edges of brightness; those of the transposed are the upright ones."""
        rows, runs = part.shape[0], part.shape[1] // _RUN
        differ = np.maximum(part[1:], part[:-1])
        differ -= np.minimum(part[1:], part[:-1])
        np.minimum(differ, _MOST_STEP, out=differ)
        tall = np.ascontiguousarray(differ[:, : runs * _RUN].T).reshape(runs, _RUN, rows - 1)
        steps = np.zeros((runs, rows + 1), np.float32)
        steps[:, 1:-1] = tall.sum(axis=1, dtype=np.uint8)
        beside = np.zeros_like(steps)
        beside[:, 3:-3] = (steps[:, 1:-5] + steps[:, 5:-1] + steps[:, :-6] + steps[:, 6:]) / 4
        here = np.maximum(0, (steps - beside) / (steps + beside + _NOISE))
        summed = np.zeros((rows + 1, runs + 1), np.float32)
        np.cumsum(here.T, axis=1, out=summed[:, 1:])
        return cls(steps, summed)

    def lines(self) -> NDArray[np.intp]:
        """Where the straight lines are, and the picture's own edges, in order."""
        rows, runs = self.summed.shape[0] - 1, self.summed.shape[1] - 1
        length = max(1, runs // 4)
        scores = (self.summed[:, length:] - self.summed[:, :-length]).max(axis=1) / length
        scores[: _APART + 1] = scores[-_APART - 1 :] = 0
        found = [0, rows]
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
        edge = np.diff(self.summed[lines[1:-1]], axis=1).T
        weights = np.einsum("rlk,rl->lk", steps, edge * (edge > 0.3)).astype(np.float64)
        weights -= weights.min(axis=1, keepdims=True)
        total = weights.sum(axis=1)
        moved = (weights[:, 2] - weights[:, 0]) / np.where(total > 0, total, 1)
        exact[1:-1] += moved
        return exact

    def along(self, lines: NDArray[np.intp], starts: NDArray[np.intp], stops: NDArray[np.intp]) -> NDArray[np.float32]:
        """How much of an edge each line is from each start to its stop: lines × starts."""
        most = self.summed.shape[1] - 1
        low, high = np.minimum((starts + _RUN // 2) // _RUN, most - 1), np.minimum((stops + _RUN // 2) // _RUN, most)
        high = np.maximum(high, low + 1)
        rows = self.summed[lines]
        shares: NDArray[np.float32] = (rows[:, high] - rows[:, low]) / (high - low)
        shares[[0, -1]] = _OWN_EDGE
        return shares
