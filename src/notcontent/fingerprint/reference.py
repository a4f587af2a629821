"""PDQ step by step in float32, rounding exactly as the reference program does. Slow; asked only where rounding decides.

Source: facebook/ThreatExchange at baefb4e, pdq/cpp/hashing/pdqhashing.cpp and pdq/cpp/downscaling/downscaling.cpp.
Its running sums round at every addition. `np.add.accumulate` does the same additions in the same order, so every
bit agrees.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

F32 = np.float32
Plane = NDArray[np.float32]

#: Side of the small picture that the cosine transform sees.
SIDE = 64
#: Samples worked on at once: keeps the working set in the cache and the extra memory small.
_STRIP_SAMPLES = 1 << 18


def luma_plane(pixels: NDArray[np.uint8]) -> Plane:
    """Brightness (height × width, 0 to 255) of RGB (height × width × 3) or grey (height × width) bytes.

    Weighed in float64 and rounded once, as `pdqhash` does; grey bytes stay what they are.
    """
    plane = np.empty(pixels.shape[:2], F32)
    step = max(1, _STRIP_SAMPLES // pixels.shape[1])
    for top in range(0, pixels.shape[0], step):
        strip = pixels[top : top + step]
        if pixels.ndim == 2:
            plane[top : top + step] = strip
        else:
            plane[top : top + step] = strip[..., 0] * 0.299 + strip[..., 1] * 0.587 + strip[..., 2] * 0.114
    return plane


def window_size(samples: int) -> int:
    """Width of the box filter for an axis of that many samples."""
    return (samples + 2 * SIDE - 1) // (2 * SIDE)


def _box_filter(lines: Plane) -> Plane:
    """Each line (last axis) through one box filter, by the running sum of the reference with its four phases."""
    n = lines.shape[1]
    window = window_size(n)
    half = (window + 2) // 2
    steps = np.empty((lines.shape[0], window + 2 * (n - window) + half - 1), F32)
    steps[:, :window] = lines[:, :window]
    steps[:, window : window + 2 * (n - window) : 2] = lines[:, window:]
    np.negative(lines[:, : n - window], out=steps[:, window + 1 : window + 2 * (n - window) : 2])
    np.negative(lines[:, n - window : n - window + half - 1], out=steps[:, window + 2 * (n - window) :])
    sums = np.add.accumulate(steps, axis=1, dtype=F32)
    rising = window - half + 1
    out = np.empty_like(lines)
    out[:, :rising] = sums[:, half - 1 : window] / np.arange(half, window + 1, dtype=F32)
    out[:, rising : rising + n - window] = sums[:, window + 1 : window + 2 * (n - window) : 2] / F32(window)
    out[:, rising + n - window :] = sums[:, window + 2 * (n - window) :] / np.arange(
        window - 1, window - half, -1, dtype=F32
    )
    return out


def _filter_rows(plane: Plane, out: Plane, keep: slice | NDArray[np.intp]) -> None:
    """Each row through the box filter, a strip at a time; `out` gets the columns to keep and may be `plane` itself."""
    step = max(1, _STRIP_SAMPLES // plane.shape[1])
    for top in range(0, plane.shape[0], step):
        out[top : top + step] = _box_filter(plane[top : top + step])[:, keep]


def _filter_columns(plane: Plane) -> None:
    """Each column through the box filter, in place."""
    step = max(1, _STRIP_SAMPLES // plane.shape[0])
    for left in range(0, plane.shape[1], step):
        plane[:, left : left + step] = _box_filter(np.ascontiguousarray(plane[:, left : left + step].T)).T


def picks(samples: int) -> NDArray[np.intp]:
    """Which 64 samples of a filtered axis are kept."""
    return ((np.arange(SIDE) + 0.5) * samples / SIDE).astype(np.intp)


@cache
def cosines() -> Plane:
    """The 16 × 64 transform as the reference stores it: frequencies 1 to 16, no constant row."""
    k, j = np.arange(1, 17)[:, None], np.arange(SIDE)[None, :]
    scale = float(F32(np.sqrt(2.0 / SIDE)))
    matrix: Plane = (scale * np.cos((np.pi / 2 / SIDE) * k * (2 * j + 1))).astype(F32)
    return matrix


def small_picture(plane: Plane) -> Plane:
    """The 64 × 64 picture that quality and coefficients are taken from. Overwrites `plane`."""
    if plane.shape == (SIDE, SIDE):
        return plane
    # Rows, columns, rows, columns: the order of the reference. The last pass is needed in the kept columns only.
    _filter_rows(plane, plane, slice(None))
    _filter_columns(plane)
    kept = np.empty((plane.shape[0], SIDE), F32)
    _filter_rows(plane, kept, picks(plane.shape[1]))
    _filter_columns(kept)
    small: Plane = kept[picks(plane.shape[0])]
    return small


def coefficients(small: Plane) -> Plane:
    """The 16 × 16 cosine coefficients of the small picture, summed one after the other."""
    matrix = cosines()
    half_done = np.zeros((16, SIDE), F32)
    block = np.zeros((16, 16), F32)
    for k in range(SIDE):
        half_done += matrix[:, k, None] * small[None, k, :]
    for k in range(SIDE):
        block += half_done[:, k, None] * matrix[None, :, k]
    return block


def quality(small: Plane) -> int:
    """0 to 100: how much happens in the small picture. Below 50 a fingerprint is not worth keeping."""
    total = 0
    for difference in (small[:-1] - small[1:], small[:, :-1] - small[:, 1:]):
        total += int(np.abs(np.trunc(difference * F32(100) / F32(255))).sum(dtype=np.float64))
    return min(100, total // 90)
