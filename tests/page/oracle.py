"""What the reference says about a picture: `pdqhash` on pixels that were really turned."""

from __future__ import annotations

import io

import numpy as np
import pdqhash
from PIL import Image, ImageOps

from tests.fingerprint.formula import turn_pixels


def orientations_of(data: bytes) -> tuple[list[str], int]:
    """The eight codes as hex, upright first, and the quality."""
    pixels = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    made = [pdqhash.compute(turned) for turned in turn_pixels(pixels)]
    return [np.packbits(bits).tobytes().hex() for bits, _ in made], int(made[0][1])
