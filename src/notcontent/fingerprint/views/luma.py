"""The brightness that views are cut from: a few hundred samples a side, as a person sees the picture."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.fingerprint.pdq import Reduced, turn_pixels

Luma = NDArray[np.uint8]

#: Finer detail says nothing more about the 16 lowest frequencies, even in the ninth part of a collage.
MOST_SAMPLES: Final = 260_000
#: The weights of red, green and blue, of 256.
_WEIGHTS: Final = (77, 150, 29)


def luma_of(picture: Reduced) -> Luma:
    """At most `MOST_SAMPLES` bytes, turned as a person sees the picture: means of squares of its pixels."""
    pixels = picture.pixels
    height, width = pixels.shape[:2]
    step = max(1, int(np.ceil(np.sqrt(height * width / MOST_SAMPLES))))
    step = min(step, height, width)
    if step > 1:
        pixels = _means(pixels, step)
    if pixels.ndim == 3:
        red, green, blue = (pixels[..., channel].astype(np.uint16) for channel in range(3))
        pixels = ((_WEIGHTS[0] * red + _WEIGHTS[1] * green + _WEIGHTS[2] * blue) >> 8).astype(np.uint8)
    return np.ascontiguousarray(turn_pixels(pixels, picture.shown))


def _means(pixels: Luma, step: int) -> Luma:
    """The mean of each square of `step` × `step` pixels; what is left over at the lower and right edge is left out."""
    height, width = pixels.shape[0] // step, pixels.shape[1] // step
    channels = pixels.shape[2:]
    lines = pixels[: height * step, : width * step].reshape(height, step, -1)
    summed = lines.sum(axis=1, dtype=np.uint32).reshape(height, width, step, *channels)
    means: Luma = (summed.sum(axis=2, dtype=np.uint32) // (step * step)).astype(np.uint8)
    return means
