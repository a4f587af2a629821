"""JPEG files for the tests, common and odd, made from given pixels."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def jpeg(pixels: NDArray[np.uint8], mode: str = "RGB", **options: Any) -> bytes:
    """The pixels as a JPEG of quality 88 in the given mode of Pillow."""
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, "JPEG", **{"quality": 88, **options})
    return out.getvalue()


def turned(pixels: NDArray[np.uint8], orientation: int) -> bytes:
    """A JPEG whose EXIF block asks for that orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return jpeg(pixels, exif=exif)


def segments(data: bytes) -> list[tuple[int, int, int]]:
    """Marker, start and end of each segment before the picture's own bytes, and of the first scan's header."""
    found = []
    at = 2
    while not found or found[-1][0] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], at, at + 2 + length))
        at += 2 + length
    return found


def without(data: bytes, marker: int) -> bytes:
    """The file without the segments of that marker."""
    for kind, start, end in reversed(segments(data)):
        if kind == marker:
            data = data[:start] + data[end:]
    return data


def with_frame(data: bytes, marker: int = 0xC0, at: int = 0, new: bytes = b"") -> bytes:
    """The file with another frame marker, and with its frame header's body changed from `at` on."""
    _, start, _ = next(one for one in segments(data) if 0xC0 <= one[0] <= 0xC3)
    changed = bytearray(data)
    changed[start + 1] = marker
    changed[start + 4 + at : start + 4 + at + len(new)] = new
    return bytes(changed)


def with_size(data: bytes, width: int, height: int) -> bytes:
    """The file with another size in its frame header: a bomb, or a lie."""
    kind = next(one[0] for one in segments(data) if 0xC0 <= one[0] <= 0xC3)
    return with_frame(data, kind, 1, struct.pack(">HH", height, width))


def rgb_coded(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG that stores red, green and blue, as its Adobe segment says."""
    return jpeg(pixels, keep_rgb=True, quality=95)
