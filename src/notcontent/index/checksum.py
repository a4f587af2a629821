"""A fast sum over the bytes of a section, the same from the kernel and from NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from notcontent.index.kernel import KERNEL

_BLOCK_WORDS = 4096
_STEP = 0x9FB21C651E98DF25
_MASK = (1 << 64) - 1


def _weights() -> NDArray[np.uint64]:
    """Odd numbers, one for each word of a block (SplitMix64)."""
    x = np.arange(_BLOCK_WORDS, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (x ^ (x >> np.uint64(31))) | np.uint64(1)


WEIGHTS = _weights()


def checksum(section: NDArray[np.uint8]) -> int:
    """64 bits; any change of a single 8-byte word changes it. It guards against accidents, not against people."""
    return checksum_with_numpy(section) if KERNEL is None else int(KERNEL.checksum(section))


def checksum_with_numpy(section: NDArray[np.uint8]) -> int:
    """The same without a kernel."""
    total = len(section)
    for start in range(0, len(section), _BLOCK_WORDS * 8):
        block = section[start : start + _BLOCK_WORDS * 8]
        padded = np.zeros(-(-len(block) // 8) * 8, np.uint8)
        padded[: len(block)] = block
        words = padded.view("<u8")
        total = (total * _STEP + int((words * WEIGHTS[: len(words)]).sum(dtype=np.uint64))) & _MASK
    return total
