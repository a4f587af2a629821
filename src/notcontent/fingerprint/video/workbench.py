"""What a video's worker is for: reading looks, with the decoders loaded and tried beforehand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

import numpy as np
from PIL import Image

from notcontent.fingerprint.picture import Purpose

from .compute import read_looks
from .container import warm_up_codecs
from .frame import Frame
from .limits import VideoLimits
from .progress import Reading


class VideoSource:
    """The source of looks of a real worker."""

    def __init__(self, limits: VideoLimits) -> None:
        self._limits = limits

    def warm_up(self) -> None:
        """Open every decoder and read one small animation of each format, so that nothing is loaded afterwards."""
        warm_up_codecs()
        steps = [Image.fromarray(np.full((72, 80, 3), shade, np.uint8)) for shade in (60, 190)]
        for name in ("GIF", "WEBP", "AVIF"):
            out = io.BytesIO()
            with suppress(OSError, KeyError, ValueError):
                # Speed is AVIF's: with its usual care this picture takes longer than all else here.
                steps[0].save(out, name, save_all=True, append_images=steps[1:], duration=500, speed=10)
                length = out.tell()
                out.seek(0)
                for _ in self.looks(out, length, Purpose.QUERY, Reading()):
                    pass

    def looks(
        self, untrusted: BinaryIO, length_bytes: int, purpose: Purpose, reading: Reading
    ) -> Iterator[tuple[Frame, ...]]:
        """See `compute.read_looks`."""
        return read_looks(untrusted, length_bytes, self._limits, purpose, reading)
