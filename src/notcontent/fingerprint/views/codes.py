"""The eight fingerprints of parts of a picture, many at once.

A part is a box with edges anywhere, also between samples. PDQ's filters, on a large picture, come to the integral of
the brightness times a cosine, so that is what is taken here: it does not depend on how many samples a part happens to
have, as PDQ's grid of 64 picks does. Turning the picture only changes signs of such integrals, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.fingerprint.orientations import LEAST_QUALITY

from .view import View, ViewKind

Luma = NDArray[np.uint8]
Blocks = NDArray[np.float32]

FREQUENCIES: Final = 16
#: A part with fewer samples a side says too little.
LEAST_SIDE: Final = 24
#: The brightness that 256 coefficients stand for is looked at in so many places a side, to tell the quality.
_PLACES: Final = 32
_WAVES: Final = (np.pi * np.arange(1, FREQUENCIES + 1, dtype=np.float32))[:, None]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture: its edges in samples, from the upper left corner."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def height(self) -> float:
        """In samples."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """In samples."""
        return self.right - self.left


def _waves(start: float, stop: float) -> tuple[slice, Blocks]:
    """The samples from `start` to `stop`, and the integral of each of the 16 cosines over each: 16 × samples."""
    first, last = int(start), int(np.ceil(stop))
    edges = np.arange(first, last + 1, dtype=np.float32)
    edges[0], edges[-1] = start, stop
    edges = (edges - np.float32(start)) / np.float32(stop - start)
    integrals: Blocks = np.diff(np.sin(_WAVES * edges), axis=1) / _WAVES
    return slice(first, last), integrals


def blocks_of(luma: NDArray[np.float32], boxes: list[Box]) -> Blocks:
    """The coefficients of each box: boxes × 16 × 16. Boxes with the same upper and lower edge share their sums."""
    found = np.empty((len(boxes), FREQUENCIES, FREQUENCIES), np.float32)
    sums: dict[tuple[float, float], Blocks] = {}
    across: dict[tuple[float, float], tuple[slice, Blocks]] = {}
    for block, box in zip(found, boxes, strict=True):
        rows, columns = (box.top, box.bottom), (box.left, box.right)
        if rows not in sums:
            where, weights = _waves(*rows)
            sums[rows] = weights @ luma[where]
        if columns not in across:
            across[columns] = _waves(*columns)
        where, weights = across[columns]
        np.matmul(sums[rows][:, where], weights.T, out=block)
    return found


@cache
def _places() -> Blocks:
    """32 × 16: the 16 cosines at the places where the quality is told."""
    at = (np.arange(_PLACES, dtype=np.float32) + 0.5) / _PLACES
    return np.ascontiguousarray(2 * np.cos(_WAVES * at).T)


def qualities(blocks: Blocks) -> list[int]:
    """0 to 100 for each: PDQ's sum of differences between neighbours, of what the coefficients stand for.

    Finer detail than the coefficients see is left out, so it is never more than PDQ's own but for rounding.
    """
    small = _places() @ blocks @ _places().T
    total = np.zeros(len(blocks))
    for step in (small[:, :-1] - small[:, 1:], small[:, :, :-1] - small[:, :, 1:]):
        total += np.abs(step).sum(axis=(1, 2))
    return [min(100, int(one * (2 * 100 / 255 / 90))) for one in total]


#: Upright, mirrored, flipped, half turn: the signs of the coefficients.
_EVEN = np.where(np.arange(FREQUENCIES) % 2 == 0, -1, 1).astype(np.float32)
_SIGNS = np.stack(
    [
        np.ones((FREQUENCIES, FREQUENCIES), np.float32),
        np.broadcast_to(_EVEN[None, :], (FREQUENCIES, FREQUENCIES)),
        np.broadcast_to(_EVEN[:, None], (FREQUENCIES, FREQUENCIES)),
        _EVEN[:, None] * _EVEN[None, :],
    ]
)
#: In the order of `ORIENTATIONS`: which of the four, and 4 more for its transpose.
_ORDER = [0, 5, 3, 6, 2, 1, 4, 7]


def turns_of(blocks: Blocks) -> list[bytes]:
    """The eight fingerprints of each block of coefficients, 8 × 32 bytes in the order of `ORIENTATIONS`."""
    count = len(blocks)
    flat = (blocks[:, None] * _SIGNS).reshape(count, 4, 256)
    # The lower median of a block is that of its transpose too.
    bits = flat > np.partition(flat, 127, axis=2)[:, :, 127:128]
    fours = bits.reshape(count, 4, FREQUENCIES, FREQUENCIES)
    eights = np.concatenate([fours, fours.swapaxes(2, 3)], axis=1).reshape(count, 8, 256)
    packed = np.packbits(eights[:, _ORDER, ::-1], axis=2)
    return [one.tobytes() for one in packed]


def views_of(kind: ViewKind, blocks: Blocks, least_quality: int = LEAST_QUALITY) -> tuple[View, ...]:
    """Those with enough in them to be looked up."""
    enough = [
        (block, quality) for block, quality in zip(blocks, qualities(blocks), strict=True) if quality >= least_quality
    ]
    if not enough:
        return ()
    turned = turns_of(np.stack([block for block, _ in enough]))
    return tuple(View(kind, quality, turns) for (_, quality), turns in zip(enough, turned, strict=True))
