"""A picture that lies askew on a plain surface: turned by a few degrees, or photographed from a screen at a slant.

From each side of the upload we go inwards until something differs from the surface. Those places lie on a straight
line, an edge of the picture; four such lines say where its corners are, also if they lie outside the upload.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import FREQUENCIES, Blocks, Box, blocks_of
from .luma import Luma

Corners = NDArray[np.float64]

MOST_TILTED: Final = 2
#: Samples a side of a picture put straight.
_SIDE: Final = 224
#: What differs from the surface by more isn't surface: where a program filled it, and a dark frame around a screen.
_ALIKE: Final = (10, 40)
#: An edge is looked for in so many pieces, each of which says one place, no deeper than this share of the side.
_PIECES: Final = 24
_DEEPEST: Final = 0.3
_LEAST_PIECES: Final = 5
#: Slopes (tangents): less than the first is straight, and more than the second is no small tilt.
_STRAIGHT: Final = 0.005
_STEEPEST: Final = 0.3
#: Edges whose slopes differ by no more are those of one turn.
_ONE_TURN: Final = 0.04
#: Above, right, below, left: how the slope of each, seen from its side, goes with a turn.
_WITH_TURN: Final = (1, 1, -1, -1)


def _median(values: NDArray[np.int16] | NDArray[np.float64]) -> float:
    """numpy's own takes ten times as long for so few values."""
    ordered = np.sort(values)
    return (float(ordered[(len(ordered) - 1) // 2]) + float(ordered[len(ordered) // 2])) / 2


@cache
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of places that lie two or more apart."""
    return np.triu_indices(count, 2)


@dataclass(frozen=True, slots=True)
class _Edge:
    """How deep the surface reaches from one side: `depth` + `slope` × place along it; and the places that say so."""

    depth: float
    slope: float
    places: NDArray[np.float64]
    depths: NDArray[np.float64]

    def with_slope(self, slope: float, along: int, across: int) -> _Edge:
        """The edge of that slope that fits its places best; without any, that of a picture turned about the middle."""
        if len(self.places):
            depth = _median(self.depths - slope * self.places)
        else:
            depth = across / 2 * (1 - np.sqrt(1 + slope * slope)) - slope * along / 2
        return _Edge(depth, slope, self.places, self.depths)


def slants(luma: Luma) -> list[Corners]:
    """The corners (upper left, upper right, lower right, lower left; x, y in samples) of at most two askew pictures."""
    height, width = luma.shape
    corners = np.stack([luma[:3, :3], luma[:3, -3:], luma[-3:, -3:], luma[-3:, :3]]).astype(np.int16)
    level = np.int16(_median(corners.ravel()))
    if np.sum(np.abs(corners - level).max(axis=(1, 2)) <= _ALIKE[0]) < 2:
        return []
    away = np.abs(luma - level)
    found: list[Corners] = []
    for alike in _ALIKE:
        across = away > alike
        down = np.ascontiguousarray(across.T)
        edges = [_edge(lines) for lines in (down, across[:, ::-1], down[:, ::-1], across)]
        if max(abs(edge.slope) for edge in edges) < _STRAIGHT:
            continue
        turns = [edge.slope * sign for edge, sign in zip(edges, _WITH_TURN, strict=True) if len(edge.places)]
        turn = _median(np.array(turns))
        if len(turns) > 1 and max(abs(one - turn) for one in turns) <= _ONE_TURN:
            edges = [
                edge.with_slope(turn * sign, *sides)
                for edge, sign, sides in zip(edges, _WITH_TURN, ((width, height), (height, width)) * 2, strict=True)
            ]
        quad = _corners(edges, height, width)
        if not any(np.abs(quad - other).max() < 2 for other in found):
            found.append(quad)
    return found[:MOST_TILTED]


def straightened(luma: Luma, corners: list[Corners]) -> Blocks:
    """The coefficients of each four-sided part of the picture with such corners: parts × 16 × 16.

    Where a corner lies beyond the upload, its outermost samples go on.
    """
    found = np.empty((len(corners), FREQUENCIES, FREQUENCIES), np.float32)
    square = Box(0, 0, _SIDE, _SIDE)
    for block, four in zip(found, corners, strict=True):
        block[:] = blocks_of(_put_straight(luma, four), [square])[0]
    return found


def _put_straight(luma: Luma, corners: Corners) -> NDArray[np.float32]:
    """A four-sided part of the picture as a square."""
    # The projection of the unit square: eight unknowns, two equations a corner.
    unit = ((0, 0), (1, 0), (1, 1), (0, 1))
    rows = []
    for (u, v), (x, y) in zip(unit, corners, strict=True):
        rows += [(u, v, 1, 0, 0, 0, -u * x, -v * x), (0, 0, 0, u, v, 1, -u * y, -v * y)]
    a, b, c, d, e, f, g, h = np.linalg.solve(np.array(rows, float), corners.ravel()).astype(np.float32)
    at = (np.arange(_SIDE, dtype=np.float32) + np.float32(0.5)) / np.float32(_SIDE)
    across, down = at[None, :], at[:, None]
    nearness = 1 / (g * across + (h * down + 1))
    height, width = luma.shape
    x = ((a * across + (b * down + c)) * nearness).astype(np.int32).clip(0, width - 1)
    y = ((d * across + (e * down + f)) * nearness).astype(np.int32).clip(0, height - 1)
    square: NDArray[np.float32] = luma.ravel()[y * width + x].astype(np.float32)
    return square


def _edge(differs: NDArray[np.bool_]) -> _Edge:
    """The edge seen from the left of these lines: the straight line through the first sample of each that differs."""
    count, length = differs.shape
    deepest = max(2, int(_DEEPEST * length))
    first = differs[:, :deepest].argmax(axis=1)
    # No line that differs nowhere says anything.
    first = np.where(differs[np.arange(count), first], first, deepest)
    size = count // _PIECES
    pieces = np.sort(first[: size * _PIECES].reshape(_PIECES, size), axis=1)
    depths = pieces[:, size // 4].astype(np.float64)
    places = (np.arange(_PIECES) + 0.5) * size
    kept = (depths > 0.5) & (depths < deepest)
    if kept.sum() < _LEAST_PIECES:
        return _Edge(0.0, 0.0, places[:0], depths[:0])
    places, depths = places[kept], depths[kept]
    # The median of all slopes between two places is not led astray by dark spots of the picture.
    one, other = _pairs(len(places))
    slope = _median((depths[other] - depths[one]) / (places[other] - places[one]))
    offsets = depths - slope * places
    near = np.abs(offsets - _median(offsets)) <= 1.5
    if near.sum() < _LEAST_PIECES or abs(slope) > _STEEPEST:
        return _Edge(0.0, 0.0, places[:0], depths[:0])
    places, depths = places[near], depths[near]
    middle = places.mean()
    slope = float((places - middle) @ depths / ((places - middle) @ (places - middle)))
    # A piece says where its nearest quarter begins; its middle lies as much deeper as the edge climbs until there.
    depths = depths + abs(slope) * size / 4
    return _Edge(float(depths.mean() - slope * middle), slope, places, depths)


def _corners(edges: list[_Edge], height: int, width: int) -> Corners:
    """Where the four edges meet."""
    above, right, below, left = edges
    # y = p + q x for the level ones, x = r + s y for the upright ones.
    level = ((above.depth, above.slope), (height - below.depth, -below.slope))
    upright = ((left.depth, left.slope), (width - right.depth, -right.slope))
    quad = []
    for (p, q), (r, s) in (
        (level[0], upright[0]),
        (level[0], upright[1]),
        (level[1], upright[1]),
        (level[1], upright[0]),
    ):
        x = (r + s * p) / (1 - s * q)
        quad.append((x, p + q * x))
    return np.array(quad)
