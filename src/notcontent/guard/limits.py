"""How near an entry must be to count, by the size of the list. Pure: no clock, no file, no network.

One upload is looked up many times: as it is, turned, trimmed, in parts. Each look-up adds to the chance that an
innocent picture is taken for a listed one, and a longer list adds to it too. So each kind of view has its share of one
budget, and its limit is what that share buys at this size. Reasons and arithmetic: docs/spec/views.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.views.view import ViewKind

#: Expected false matches of one upload, all its look-ups together, by the extrapolation of `false_match_rate`.
BUDGET: Final = 1e-6
#: A limit under this finds nothing worth the look-up: the kind is not asked for at that size.
LEAST_BITS: Final = 12
NOT_ASKED: Final = -1

#: Most copies are upright. A mirrored one that was altered too is rarer, and one turned or upside down rarer still, so
#: each has a share of its own.
_UPRIGHT: Final = frozenset({Orientation.UPRIGHT})
_MIRRORED: Final = frozenset({Orientation.MIRRORED})
_COMMON: Final = _UPRIGHT | _MIRRORED
_TURNED: Final = frozenset(ORIENTATIONS) - _COMMON


@dataclass(frozen=True, slots=True)
class Row:
    """What one kind of view may cost, so turned. `share` is of the budget; `bits` is the limit never exceeded."""

    kind: ViewKind
    turns: frozenset[Orientation]
    most_views: int
    share: float
    bits: int


#: kind, orientations, views at most, share of the budget, limit at most.
#: Every fingerprint has 128 bits set, so distances are even, and shares buy even limits: at a million, 30 finds what 31
#: would.
TABLE: Final = (
    Row(ViewKind.WHOLE, _UPRIGHT, 1, 0.0791, 31),
    Row(ViewKind.WHOLE, _MIRRORED, 1, 0.0081, 28),
    Row(ViewKind.WHOLE, _TURNED, 1, 0.0485, 28),
    Row(ViewKind.INVERTED, _COMMON, 1, 0.0016, 28),
    Row(ViewKind.RESIZED, _UPRIGHT, 1, 0.0791, 31),
    Row(ViewKind.RESIZED, _MIRRORED, 1, 0.0081, 28),
    Row(ViewKind.TRIMMED, _UPRIGHT, 3, 0.2169, 31),
    Row(ViewKind.TRIMMED, _MIRRORED, 3, 0.0243, 28),
    Row(ViewKind.TRIMMED, _TURNED, 3, 0.0138, 28),
    Row(ViewKind.TONED, _UPRIGHT, 4, 0.2892, 31),
    Row(ViewKind.TONED, _MIRRORED, 4, 0.0324, 28),
    Row(ViewKind.RECTANGLE, _UPRIGHT, 12, 0.097, 28),
    Row(ViewKind.RECTANGLE, _MIRRORED, 12, 0.0093, 28),
    Row(ViewKind.RECTANGLE, _TURNED, 12, 0.0162, 24),
    Row(ViewKind.TILE, _UPRIGHT, 17, 0.0131, 28),
    Row(ViewKind.TILE, _MIRRORED, 17, 0.0011, 24),
    Row(ViewKind.TILE, _TURNED, 17, 0.0065, 24),
    Row(ViewKind.TILTED, _UPRIGHT, 2, 0.0495, 28),
    Row(ViewKind.TILTED, _MIRRORED, 2, 0.005, 28),
)
#: A video's frames share one budget: those of a frame as it is and trimmed.
FRAME_TABLE: Final = (
    Row(ViewKind.FRAME, _COMMON, 1, 0.40, 31),
    Row(ViewKind.FRAME, _TURNED, 1, 0.10, 28),
    Row(ViewKind.TRIMMED, _COMMON, 1, 0.40, 31),
    Row(ViewKind.TRIMMED, _TURNED, 1, 0.10, 28),
)


def false_match_rate(bits: int) -> float:
    """The chance that the fingerprints of two different pictures differ in at most so many bits.

    WARNING: extrapolated. Measured only down to 55 bits; uncertain by two to three powers of ten at 31.
    """
    return math.exp(-0.00441 * bits * bits + 0.8001 * bits - 50.293)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bits may differ, for each kind of view and each of the eight orientations."""

    _bits: dict[ViewKind, tuple[int, ...]]

    def bits(self, kind: ViewKind) -> tuple[int, ...]:
        """Eight limits in the order of `ORIENTATIONS`; -1 where this kind isn't looked up at this size.

        Those of `INVERTED` belong to the complements of the whole picture's fingerprints.
        """
        return self._bits.get(kind, (NOT_ASKED,) * len(ORIENTATIONS))


def limits_for(searchable: int) -> Limits:
    """The limits for a list of so many fingerprints that can be found, those of videos' frames included."""
    return _share_out(TABLE, searchable, 1)


def frame_limits(searchable: int, frames: int) -> Limits:
    """For each of so many frames of one video: `FRAME` for a frame as it is, `TRIMMED` for its trimmed view."""
    return _share_out(FRAME_TABLE, searchable, frames)


def _share_out(table: tuple[Row, ...], searchable: int, frames: int) -> Limits:
    by_kind: dict[ViewKind, tuple[int, ...]] = {}
    for kind in dict.fromkeys(row.kind for row in table):
        bought: dict[Orientation, int] = {}
        for row in table:
            if row.kind is kind:
                bought |= dict.fromkeys(row.turns, _affordable(row, searchable, frames))
        by_kind[kind] = tuple(bought.get(turn, NOT_ASKED) for turn in ORIENTATIONS)
    return Limits(by_kind)


def _affordable(row: Row, searchable: int, frames: int) -> int:
    """The largest limit whose false matches, over all that is compared, cost no more than the share."""
    comparisons = max(1, searchable) * max(1, frames) * row.most_views * len(row.turns)
    for bits in range(row.bits, LEAST_BITS - 1, -1):
        if comparisons * false_match_rate(bits) <= row.share * BUDGET:
            return bits
    return NOT_ASKED
