"""What a search answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Match:
    """One entry near one query: which query (its row number), which entry (its id), how many of 256 bits differ."""

    entry: str
    distance_bits: int
    query: int


@dataclass(frozen=True, slots=True)
class Matches:
    """The nearest matches first, and how many there were in all, also when not all of them are listed here."""

    nearest: tuple[Match, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest entries of each query: rows ordered by query, then distance, then id; and how many there were in all.

    `queries` uint32 (m,), `distances_bits` uint16 (m,), `ids` uint32 (m,), `totals` uint64 (q,).
    """

    queries: NDArray[np.uint32]
    distances_bits: NDArray[np.uint16]
    ids: NDArray[np.uint32]
    totals: NDArray[np.uint64]
