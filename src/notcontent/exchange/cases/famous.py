"""Pictures that everybody knows: news, art, samples. What is near one stays a claim, and its sender is told nothing.

The helpline chooses them, on its own computer: `notcontent fingerprint --json PICTURES > famous.jsonl`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.exchange.lists.models import FINGERPRINT_BYTES

#: PDQ's usual distance for the same picture, of 256 bits.
NEAR_BITS = 31
_AT_ONCE = 4_096
_DIGITS = 2 * FINGERPRINT_BYTES


def read_famous(path: Path) -> NDArray[np.uint64]:
    """The fingerprints in the file, shape (n, 4); none where there is no file. A line that holds none is passed over.

    Read again whenever the file has changed.
    """
    try:
        found = path.stat()
    except OSError:
        return np.empty((0, 4), np.uint64)
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, _changed_ns: int, _bytes: int) -> NDArray[np.uint64]:
    codes = bytearray()
    try:
        lines = path.read_text().splitlines()
    except (OSError, ValueError):
        lines = []
    for line in lines:
        try:
            told = json.loads(line)
            offered = [told["pdq"]] if "pdq" in told else told["frames"]
            codes += b"".join(bytes.fromhex(code) for code in offered if len(code) == _DIGITS)
        except (ValueError, TypeError, KeyError):
            continue
    return np.frombuffer(bytes(codes), np.uint64).reshape(-1, 4)


def is_famous(stored: bytes, famous: NDArray[np.uint64]) -> bool:
    """Whether any of an entry's fingerprints, in whichever of its turns, is near one of these."""
    mine = np.frombuffer(stored, np.uint64).reshape(-1, 1, 4)
    for start in range(0, len(famous), _AT_ONCE):
        apart = np.bitwise_count(mine ^ famous[start : start + _AT_ONCE]).sum(axis=2, dtype=np.uint16)
        if apart.min() <= NEAR_BITS:
            return True
    return False
