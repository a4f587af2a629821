"""What a worker is for: opening pictures and fingerprinting them, with every decoder loaded and tried beforehand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image, MpoImagePlugin

from .compute import fingerprint_opened
from .decode import DecodeLimits, OpenedPicture, open_picture
from .formats import FORMATS
from .pdq import Reduced, fingerprint_pixels
from .picture import PictureFingerprint, Purpose
from .refusals import UnreadablePicture
from .views.cascade import look_at
from .views.view import View


@dataclass(slots=True)
class OpenedForWork:
    """An opened picture and the way to its fingerprints."""

    picture: OpenedPicture

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as stored."""
        return self.picture.width, self.picture.height

    def fingerprint(self, purpose: Purpose) -> PictureFingerprint:
        """Decode and fingerprint. Raises `PictureRefused` and MemoryError."""
        return fingerprint_opened(self.picture, purpose)

    def views(self) -> Iterator[tuple[View, ...]]:
        """Decode and look at it, one stage after the other. Raises `PictureRefused` and MemoryError."""
        return look_at(self.picture.reduced())


class PictureDecoder:
    """The decoder of a real worker."""

    def __init__(self, max_bytes: int, max_pixels: int, max_side: int) -> None:
        self._limits = DecodeLimits(max_bytes, max_pixels, max_side)

    def warm_up(self) -> None:
        """Open and fingerprint one small picture of each format, so that nothing is loaded from disk afterwards."""
        Image.init()
        tiny = np.arange(80 * 72 * 3, dtype=np.uint8).reshape(72, 80, 3)
        picture = Image.fromarray(tiny)
        versions = [
            picture,
            picture.convert("P"),
            picture.convert("L"),
            picture.convert("RGBA"),
            picture.convert("CMYK"),
        ]
        exif = Image.Exif()
        exif[0x0112] = 6
        for name in FORMATS:
            for version in versions:
                out = io.BytesIO()
                with suppress(OSError, KeyError, ValueError):
                    # `speed`: how little trouble AVIF's encoder takes. What it makes is only to be read.
                    version.save(out, name, exif=exif, speed=10)
                with suppress(UnreadablePicture):
                    for purpose in Purpose if out.getvalue() else ():
                        self.open(out.getvalue()).fingerprint(purpose)
        phone = io.BytesIO()
        picture.save(phone, MpoImagePlugin.MpoImageFile.format, save_all=True, append_images=[picture])
        self.open(phone.getvalue()).fingerprint(Purpose.ENROL)
        # The slow exact path too: a flat picture always takes it.
        fingerprint_pixels(np.full((80, 90, 3), 128, np.uint8))
        # And every view: a picture inside another one has all of them.
        framed = np.full((480, 360), 255, np.uint8)
        framed[120:360, 30:330] = np.random.default_rng(0).integers(0, 256, (240, 300), dtype=np.uint8)
        for _ in look_at(Reduced(framed, *framed.shape)):
            pass

    def open(self, untrusted_bytes: bytes) -> OpenedForWork:
        """Read the header. Raises `PictureRefused`."""
        return OpenedForWork(open_picture(untrusted_bytes, self._limits))
