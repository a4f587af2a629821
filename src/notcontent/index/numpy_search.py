"""The same search as the kernel's, with NumPy: for machines where no kernel could be compiled. Equal in answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.index.floods import distances_bits, used_lanes
from notcontent.index.layout import BANDS, KEYS
from notcontent.index.live import Live
from notcontent.index.part import Part, get_bits

#: Larger radii compare every value.
POSTED_RADIUS_BITS = 31
_CHUNK_ROWS = 65_536
_NO_ROWS = np.zeros(0, np.int64)
_MASKS = np.array([0] + [1 << bit for bit in range(16)], np.int64)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which keys of each band a radius looks at, as flat offsets, and how much of the next band may differ."""

    bands: NDArray[np.int64]
    masks: NDArray[np.int64]
    limits: NDArray[np.int64]


def _plan(radius_bits: int) -> _Plan:
    """The pigeonring: native/plan.hpp tells why no near value is missed."""
    thresholds = [(radius_bits + BANDS - band) // BANDS - 1 for band in range(BANDS)]
    probes = [
        (band, mask, threshold + thresholds[(band + 1) % BANDS] + 1 - (mask != 0))
        for band, threshold in enumerate(thresholds)
        for mask in _MASKS[: (0, 1, 17)[threshold + 1]]
    ]
    bands, masks, limits = np.array(probes, np.int64).reshape(-1, 3).T
    return _Plan(bands, masks, limits)


_PLANS = [_plan(radius_bits) for radius_bits in range(POSTED_RADIUS_BITS + 1)]


class NumpySearcher:
    """What one search reads; the parts and the live rows of one view."""

    def __init__(self, parts: tuple[Part, ...], live: Live) -> None:
        """Search these."""
        self._parts, self._live = parts, live

    def search(
        self, queries: NDArray[np.uint8], radii: NDArray[np.uint16], listed: int, live_used: int
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint16], NDArray[np.uint32], NDArray[np.uint64]]:
        """Permuted queries, (q, 32) uint8; the four arrays of `Near`."""
        totals = np.zeros(len(queries), np.uint64)
        answers: list[NDArray[np.uint64]] = []
        for number, (query, radius) in enumerate(zip(queries, radii, strict=True)):
            near = [self._near_live(query, int(radius), live_used)]
            near += [self._near_part(part, query, int(radius)) for part in self._parts]
            order = np.sort(np.concatenate(near))
            totals[number] = len(order)
            answers.append(order[:listed])
        found = np.concatenate(answers) if answers else np.zeros(0, np.uint64)
        numbers = np.repeat(np.arange(len(queries), dtype=np.uint32), [len(answer) for answer in answers])
        return numbers, (found >> np.uint64(32)).astype(np.uint16), found.astype(np.uint32), totals

    def _near_live(self, query: NDArray[np.uint8], radius: int, used: int) -> NDArray[np.uint64]:
        live = self._live
        distances = distances_bits(live.values[:used], query)
        places = np.flatnonzero(distances <= radius)
        places = places[~get_bits(live.silent, places)]
        return _order(distances[places], live.ids_plus_one[places] - np.uint32(1))

    def _near_part(self, part: Part, query: NDArray[np.uint8], radius: int) -> NDArray[np.uint64]:
        values = part.sections.values
        if radius <= POSTED_RADIUS_BITS:
            rows = np.union1d(_posted(part, query, radius), _flooded(part, query, radius))
        else:
            chunks = range(0, len(values), _CHUNK_ROWS)
            near = [
                np.flatnonzero(distances_bits(values[at : at + _CHUNK_ROWS], query) <= radius) + at for at in chunks
            ]
            rows = np.concatenate(near) if near else _NO_ROWS
        rows = rows[rows < len(values)]
        distances = distances_bits(values[rows], query)
        kept = (distances <= radius) & ~get_bits(part.marks.silent_rows, rows)
        return _order(distances[kept], part.ids_of(rows[kept]))


def _order(distances: NDArray[np.uint16], ids: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Distance first, then id, in one number: the order in which entries are listed."""
    return distances.astype(np.uint64) << np.uint64(32) | ids


def _posted(part: Part, query: NDArray[np.uint8], radius: int) -> NDArray[np.int64]:
    """The rows whose check bits let them through; every posted row within the radius is among them."""
    plan, sections = _PLANS[radius], part.sections
    words = query.view("<u2").astype(np.int64)
    slots = plan.bands * (KEYS + 1) + (words[plan.bands] ^ plan.masks)
    flat = sections.offsets.reshape(-1)
    starts, ends = flat[slots].astype(np.int64), flat[slots + 1].astype(np.int64)
    # A damaged file must not lead a search astray.
    lengths = np.where((starts < ends) & (ends <= sections.shape.posted), ends - starts, 0)
    before = np.cumsum(lengths) - lengths
    steps = np.arange(int(lengths.sum())) - np.repeat(before, lengths)
    bands = np.repeat(plan.bands, lengths)
    positions = bands * sections.shape.posted + np.repeat(starts, lengths) + steps
    wanted = np.repeat(words[(plan.bands + 1) % BANDS], lengths)
    errors = np.bitwise_count(sections.flat_checks[positions] ^ wanted.astype(np.uint16))
    rows: NDArray[np.int64] = sections.postings.reshape(-1)[
        positions[errors <= np.repeat(plan.limits, lengths)]
    ].astype(np.int64)
    return rows


def _flooded(part: Part, query: NDArray[np.uint8], radius: int) -> NDArray[np.int64]:
    """The members of the floods that the query may be near."""
    floods = part.sections.floods
    if not len(floods):
        return _NO_ROWS
    far = distances_bits(floods["centre"], query).astype(np.int64)
    pieces = [_NO_ROWS]
    for flood in floods[(far <= radius + floods["most_weight"].astype(np.int64))]:
        mine = slice(int(flood["first_block"]), int(flood["first_block"]) + int(flood["blocks"]))
        used = used_lanes(part.sections.blocks[mine])
        pieces.append(part.sections.lanes[mine][used].astype(np.int64))
    return np.concatenate(pieces)
