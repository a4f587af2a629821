"""Floods: very many values near one centre, taken out of the posting lists so that they slow no search.

Somebody who plants 100,000 nearly equal fingerprints would fill the same few buckets with them, and every query near
them would have to look at each, band after band. Here they are compared 512 at a time along bit planes, and only in
the bits in which the query differs from their centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.index.layout import BANDS, BLOCK, FLOOD, KEYS, LANES, PLANES, VALUE_PLANES, WEIGHT_PLANES

#: A flood reaches so far around its centre: all that lie within 31 bits of anything are within 62 of one another.
FLOOD_RADIUS_BITS = 62
FEWEST_MEMBERS = 64
MOST_FLOODS = 4096
#: Crowded buckets looked into; what is beyond stays in the posting lists and is found there.
_MOST_BUCKETS = 8192
_SAMPLE_LEADERS, _SAMPLE_ROWS = 32, 1024
_MASKS = np.array([0] + [1 << bit for bit in range(16)], np.uint32)


@dataclass(frozen=True, slots=True)
class Crowd:
    """One flood: its centre, uint8 (32,), and the rows of its members, ascending."""

    centre: NDArray[np.uint8]
    rows: NDArray[np.uint32]


def distances_bits(values: NDArray[np.uint8], one: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """How many bits each of the values, (n, 32), differs in from one value, (32,)."""
    words = np.ascontiguousarray(values).view("<u8") ^ np.ascontiguousarray(one).view("<u8")
    distances: NDArray[np.uint16] = np.bitwise_count(words).sum(axis=1, dtype=np.uint16)
    return distances


def find_floods(values: NDArray[np.uint8], offsets: NDArray[np.uint32], postings: NDArray[np.uint32]) -> list[Crowd]:
    """The floods among these values, largest buckets first; none on a list that nobody has flooded.

    Offsets and postings are those of all rows. Every row belongs to one flood at most.
    """
    sizes = np.diff(offsets, axis=1)
    mean = len(values) / KEYS
    limit = int(mean + 6 * mean**0.5 + FEWEST_MEMBERS)
    crowded = np.argwhere(sizes > limit)
    if not len(crowded):
        return []
    order = np.argsort(-sizes[crowded[:, 0], crowded[:, 1]].astype(np.int64), kind="stable")[:_MOST_BUCKETS]
    taken = np.zeros(len(values), np.bool_)
    found: list[Crowd] = []
    for band, key in crowded[order]:
        rows = postings[band, offsets[band, key] : offsets[band, key + 1]]
        rows = rows[~taken[rows]]
        while len(rows) > limit and len(found) < MOST_FLOODS:
            centre = _densest(values[rows])
            if centre is None:
                break
            members = _near(centre, values, offsets, postings, taken)
            if len(members) < FEWEST_MEMBERS:
                break
            taken[members] = True
            found.append(Crowd(centre, members))
            rows = rows[~taken[rows]]
    return found


def _densest(values: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The middle of the densest spot among these values, or None if they only share a bucket by chance."""
    step = -(-len(values) // _SAMPLE_ROWS)
    sample = values[::step]
    leaders = sample[:: -(-len(sample) // _SAMPLE_LEADERS)]
    near = [distances_bits(sample, leader) <= FLOOD_RADIUS_BITS for leader in leaders]
    best = max(near, key=lambda each: int(each.sum()))
    if int(best.sum()) * step < FEWEST_MEMBERS:
        return None
    bits = np.unpackbits(sample[best], axis=1)
    return np.packbits(2 * bits.sum(axis=0, dtype=np.int64) > len(bits))


def _near(
    centre: NDArray[np.uint8],
    values: NDArray[np.uint8],
    offsets: NDArray[np.uint32],
    postings: NDArray[np.uint32],
    taken: NDArray[np.bool_],
) -> NDArray[np.uint32]:
    """Rows near the centre that share a bucket with it or with a key one bit away."""
    keys = centre.view("<u2").astype(np.uint32)[:, None] ^ _MASKS
    pieces = [
        postings[band, offsets[band, key] : offsets[band, key + 1]] for band in range(BANDS) for key in keys[band]
    ]
    rows = np.unique(np.concatenate(pieces))
    rows = rows[~taken[rows]]
    return rows[distances_bits(values[rows], centre) <= FLOOD_RADIUS_BITS]


def count_blocks(crowd: Crowd) -> int:
    """How many blocks a flood has: an odd number, so that its planes do not all fall upon one place of a cache."""
    return -(-len(crowd.rows) // LANES) | 1


@dataclass(frozen=True, slots=True)
class FloodSections:
    """What a part holds of its floods: FLOOD, BLOCK, the planes, uint8, and the rows of the lanes, as `layout` says."""

    floods: NDArray[np.void]
    blocks: NDArray[np.void]
    planes: NDArray[np.uint8]
    lanes: NDArray[np.uint32]


def format_floods(crowds: list[Crowd], values: NDArray[np.uint8]) -> FloodSections:
    """The sections of these floods."""
    count = sum(count_blocks(crowd) for crowd in crowds)
    floods, blocks = np.zeros(len(crowds), FLOOD), np.zeros(count, BLOCK)
    planes, lanes = np.zeros((count, PLANES, LANES // 8), np.uint8), np.zeros((count, LANES), np.uint32)
    first = 0
    for number, crowd in enumerate(crowds):
        bits = np.unpackbits(values[crowd.rows] ^ crowd.centre, axis=1, bitorder="little")
        weights = bits.sum(axis=1, dtype=np.uint16)
        filled = count_blocks(crowd)
        floods[number] = (crowd.centre, first, filled, weights.min(), weights.max())
        mine = planes[first : first + filled].reshape(PLANES, filled, LANES // 8)
        # Members of like weight together, so that whole blocks are too light or too heavy for a query.
        order = np.argsort(weights, kind="stable")
        for block, start in enumerate(range(0, len(order), LANES)):
            members = np.sort(order[start : start + LANES])
            rows = crowd.rows[members]
            light, heavy = weights[members].min(), weights[members].max()
            blocks[first + block] = (len(members), light, heavy, 0, rows[0], rows[-1])
            lanes[first + block, : len(rows)] = rows
            mine[:, block] = _planes(bits[members], weights[members])
        first += filled
    return FloodSections(floods, blocks, planes.reshape(-1), lanes.reshape(-1))


def _planes(bits: NDArray[np.uint8], weights: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The planes of one block, (PLANES, 64), of its members' differing bits, (n, 256), and how many those are."""
    planes = np.zeros((PLANES, LANES), np.uint8)
    planes[:VALUE_PLANES, : len(bits)] = bits.T
    planes[VALUE_PLANES:, : len(bits)] = weights[None, :] >> np.arange(WEIGHT_PLANES)[:, None] & 1
    return np.packbits(planes, axis=1, bitorder="little")


def used_lanes(blocks: NDArray[np.void]) -> NDArray[np.bool_]:
    """Of all lanes of these blocks, (n, 512), those in which a member stands."""
    used: NDArray[np.bool_] = np.arange(LANES) < blocks["members"][:, None]
    return used


def lane_rows(blocks: NDArray[np.void], lanes: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The row of every used lane, ascending, and the number of that lane counted through all blocks."""
    used = np.flatnonzero(used_lanes(blocks))
    rows = lanes.reshape(-1)[used]
    order = np.argsort(rows, kind="stable")
    return rows[order], used[order]
