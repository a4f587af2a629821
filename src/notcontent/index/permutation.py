"""The secret order of the bits: nobody outside can tell which fingerprints fall into the same bucket."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from notcontent.index.kernel import KERNEL

SEED_BYTES = 16
_CHUNK_ROWS = 65_536


class Permutation:
    """One order of the 256 bits, the same for every value and query of a deployment, so that no distance changes."""

    def __init__(self, seed: bytes) -> None:
        """Derive the order from at least 16 secret bytes. Raises ValueError for fewer."""
        if len(seed) < SEED_BYTES:
            raise ValueError("An index needs a secret of at least 16 bytes.")
        words = hashlib.shake_256(b"notcontent index: order of bits\0" + seed).digest(256 * 8)
        #: uint8 (256,): bit i of what comes out is bit order[i] of what went in; bit i is bit i % 8 of byte i // 8.
        self.order: NDArray[np.uint8] = np.argsort(np.frombuffer(words, "<u8"), kind="stable").astype(np.uint8)
        #: Stands in the files, so that another seed is noticed. It tells nothing about the order.
        self.identifier = hashlib.shake_256(b"notcontent index: identifier\0" + seed).digest(16)

    def apply(self, values: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
        """Write the reordered values, (n, 32) uint8, to `out`."""
        if KERNEL is not None:
            KERNEL.permute(self.order, np.ascontiguousarray(values), out)
            return
        for start in range(0, len(values), _CHUNK_ROWS):
            bits = np.unpackbits(values[start : start + _CHUNK_ROWS], axis=1, bitorder="little")
            out[start : start + _CHUNK_ROWS] = np.packbits(bits[:, self.order], axis=1, bitorder="little")
