"""What a search answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: At most so many entries are listed for each query unless the caller asks for more; the totals are always exact.
LISTED_MATCHES = 100


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest entries of each query: rows ordered by query, then distance, then id; and how many there were in all.

    `queries` uint32 (m,), `distances_bits` uint16 (m,), `ids` uint32 (m,), `totals` uint64 (q,).
    """

    queries: NDArray[np.uint32]
    distances_bits: NDArray[np.uint16]
    ids: NDArray[np.uint32]
    totals: NDArray[np.uint64]
