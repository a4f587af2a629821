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

#: Almost all copies are upright or mirrored; the other six orientations get a share of their own.
_COMMON: Final = frozenset({Orientation.UPRIGHT, Orientation.MIRRORED})
_MOST_TURNED: Final = len(ORIENTATIONS) - len(_COMMON)


@dataclass(frozen=True, slots=True)
class Row:
    """What one kind of view may cost. `share` is of the budget; `bits` is the limit that is never exceeded."""

    kind: ViewKind
    common: bool
    most_views: int
    share: float
    bits: int


#: kind, upright and mirrored (or the other six), views at most, share of the budget, limit at most.
#: Every fingerprint has 128 bits set, so distances are even, and shares buy even limits: at a million, 30 finds what 31
#: would.
TABLE: Final = (
    Row(ViewKind.WHOLE, True, 1, 0.159, 31),
    Row(ViewKind.WHOLE, False, 1, 0.048, 28),
    Row(ViewKind.INVERTED, True, 1, 0.0016, 28),
    Row(ViewKind.RESIZED, True, 1, 0.1446, 31),
    Row(ViewKind.TRIMMED, True, 3, 0.147, 31),
    Row(ViewKind.TRIMMED, False, 3, 0.0137, 28),
    Row(ViewKind.TONED, True, 3, 0.147, 28),
    Row(ViewKind.RECTANGLE, True, 12, 0.191, 28),
    Row(ViewKind.RECTANGLE, False, 12, 0.016, 24),
    Row(ViewKind.TILE, True, 17, 0.0257, 28),
    Row(ViewKind.TILE, False, 17, 0.0064, 24),
    Row(ViewKind.TILTED, True, 2, 0.098, 28),
)
#: A video's frames share one budget: those of a frame as it is and trimmed.
FRAME_TABLE: Final = (
    Row(ViewKind.FRAME, True, 1, 0.40, 31),
    Row(ViewKind.FRAME, False, 1, 0.10, 28),
    Row(ViewKind.TRIMMED, True, 1, 0.40, 31),
    Row(ViewKind.TRIMMED, False, 1, 0.10, 28),
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
        bought = {row.common: _affordable(row, searchable, frames) for row in table if row.kind is kind}
        by_kind[kind] = tuple(bought.get(turn in _COMMON, NOT_ASKED) for turn in ORIENTATIONS)
    return Limits(by_kind)


def _affordable(row: Row, searchable: int, frames: int) -> int:
    """The largest limit whose false matches, over all that is compared, cost no more than the share."""
    turns = len(_COMMON) if row.common else _MOST_TURNED
    comparisons = max(1, searchable) * max(1, frames) * row.most_views * turns
    for bits in range(row.bits, LEAST_BITS - 1, -1):
        if comparisons * false_match_rate(bits) <= row.share * BUDGET:
            return bits
    return NOT_ASKED
