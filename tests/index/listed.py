"""Values for the tests of the index, and what comparing everything answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from notcontent.index.match import Near

SEED = b"sixteen secret bytes"


def random_values(count: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def near_to(value: NDArray[np.uint8], bits: int, seed: int = 0) -> NDArray[np.uint8]:
    unpacked = np.unpackbits(value)
    unpacked[np.random.default_rng(seed).choice(256, bits, replace=False)] ^= 1
    return np.packbits(unpacked)


def rows_of(near: Near) -> list[tuple[int, int, int]]:
    assert near.queries.dtype == near.ids.dtype == np.uint32
    assert near.distances_bits.dtype == np.uint16 and near.totals.dtype == np.uint64
    return list(zip(near.queries.tolist(), near.distances_bits.tolist(), near.ids.tolist(), strict=True))


def compared_all(
    held: dict[int, NDArray[np.uint8]], queries: NDArray[np.uint8], radii: list[int], listed: int = 100
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """The rows and the totals that a search has to answer with."""
    rows: list[tuple[int, int, int]] = []
    totals = []
    ids = np.array(sorted(held), np.int64)
    values = np.stack([held[number] for number in ids.tolist()]) if held else np.zeros((0, 32), np.uint8)
    for number, (query, radius) in enumerate(zip(queries, radii, strict=True)):
        distances = np.unpackbits(values ^ query, axis=1).sum(axis=1)
        near = sorted((int(distances[at]), int(ids[at])) for at in np.flatnonzero(distances <= radius))
        rows += [(number, *each) for each in near[:listed]]
        totals.append(len(near))
    return rows, totals
