"""The eight fingerprints of parts of a picture, many at once.

A part is a box with edges anywhere, also between samples. PDQ's filters, on a large picture, come to the integral of
the brightness times a cosine, so that is what is taken here: it does not depend on how many samples a part happens to
have, as PDQ's grid of 64 picks does. Turning the picture only changes signs of such integrals, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.fingerprint.orientations import LEAST_QUALITY

from .view import View, ViewKind

Blocks = NDArray[np.float32]

FREQUENCIES: Final = 16
#: A part with fewer samples a side says too little.
LEAST_SIDE: Final = 24
#: The brightness that 256 coefficients stand for is looked at in so many places a side, to tell the quality.
_PLACES: Final = 32
_WAVES: Final = (np.pi * np.arange(1, FREQUENCIES + 1, dtype=np.float32))[:, None]
#: Where a stretch of samples begins and where it ends.
Span = tuple[float, float]
#: The first sample of a stretch, the one after its last, and the integral of each of the 16 cosines over each of them.
Wave = tuple[int, int, Blocks]
#: The waves of even divisions into so many parts are kept, for sides of at most so many samples (400 KB each).
_KEPT_PARTS: Final = (1, 2, 3)
_LONGEST_KEPT: Final = 2048


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


def edges_of(start: float, stop: float, parts: int) -> list[float]:
    """Where so many equal parts begin, and the last one ends."""
    return [*(start + (stop - start) * part / parts for part in range(parts)), stop]


@lru_cache(maxsize=48)
def _even_waves(length: int) -> dict[Span, Wave]:
    """Those of a side, its halves and its thirds: uploads come in few sizes, and all of them are looked at so."""
    if length > _LONGEST_KEPT:
        return {}
    return _waves([span for parts in _KEPT_PARTS for span in pairwise(edges_of(0, length, parts))])


def along_side(length: int) -> Blocks:
    """16 × length: the integral of each of the 16 cosines over each sample of a side."""
    side = (0.0, float(length))
    return (_even_waves(length) or _waves([side]))[side][2]


def _waves(spans: list[Span]) -> dict[Span, Wave]:
    """The wave of each stretch. All at once, since numpy's calls cost more than what they work on."""
    starts, stops = np.array(spans, np.float64).T
    firsts, lasts = np.floor(starts), np.ceil(stops)
    counts = (lasts - firsts).astype(np.intp) + 1
    ends = np.cumsum(counts)
    exact = np.stack([starts, stops, stops - starts, firsts - (ends - counts)]).astype(np.float32)
    start, stop, length, shift = np.repeat(exact, counts, axis=1)
    edges = np.arange(ends[-1], dtype=np.float32) + shift
    edges = (np.minimum(np.maximum(edges, start), stop) - start) / length
    sines = np.sin(_WAVES * edges)
    integrals = (sines[:, 1:] - sines[:, :-1]) / _WAVES
    places = zip(firsts.astype(int).tolist(), lasts.astype(int).tolist(), ends.tolist(), strict=True)
    return {
        span: (first, last, integrals[:, end - 1 - (last - first) : end - 1])
        for span, (first, last, end) in zip(spans, places, strict=True)
    }


def blocks_of(luma: NDArray[np.float32], boxes: list[Box]) -> Blocks:
    """The coefficients of each box: boxes × 16 × 16. Boxes with the same upper and lower edge share their sums."""
    found = np.empty((len(boxes), FREQUENCIES, FREQUENCIES), np.float32)
    by_rows: dict[Span, list[tuple[Blocks, Span]]] = {}
    for block, box in zip(found, boxes, strict=True):
        by_rows.setdefault((box.top, box.bottom), []).append((block, (box.left, box.right)))
    if not by_rows:
        return found
    waves = _even_waves(luma.shape[0]) | _even_waves(luma.shape[1])
    spans = {*by_rows, *(columns for sharing in by_rows.values() for _, columns in sharing)}
    if others := [span for span in spans if span not in waves]:
        waves |= _waves(others)
    for rows, sharing in by_rows.items():
        top, bottom, weights = waves[rows]
        across = [(block, *waves[columns]) for block, columns in sharing]
        least = min(left for _, left, _, _ in across)
        sums = weights @ luma[top:bottom, least : max(right for _, _, right, _ in across)]
        for block, left, right, weights in across:
            np.matmul(sums[:, left - least : right - least], weights.T, out=block)
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
    count, places = len(blocks), _places()
    # Two products for all of them: rows of the first are a block's and a frequency's, columns of the second a block's.
    across = (blocks.reshape(-1, FREQUENCIES) @ places.T).reshape(count, FREQUENCIES, _PLACES)
    small = (places @ across.transpose(1, 0, 2).reshape(FREQUENCIES, -1)).reshape(_PLACES, count, _PLACES)
    total = np.zeros(count)
    for step in (small[1:] - small[:-1], small[:, :, 1:] - small[:, :, :-1]):
        total += np.abs(step, out=step).sum(axis=0).sum(axis=1)
    return [min(100, int(one * (2 * 100 / 255 / 90))) for one in total.tolist()]


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


def views_of(parts: dict[ViewKind, Blocks], least_quality: int = LEAST_QUALITY) -> tuple[View, ...]:
    """Those with enough in them to be looked up."""
    kinds = [kind for kind, blocks in parts.items() for _ in blocks]
    blocks = np.concatenate(list(parts.values()))
    quality = qualities(blocks)
    enough = [at for at, one in enumerate(quality) if one >= least_quality]
    turned = turns_of(blocks[enough])
    return tuple(View(kinds[at], quality[at], turns) for at, turns in zip(enough, turned, strict=True))
