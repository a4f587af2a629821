"""Bytes of a picture become its fingerprint, in this process. What most callers on a person's own device want.

WARNING: a service decodes what strangers send, so it uses `pool.DecoderPool`, which runs this in
locked worker processes.
"""

from __future__ import annotations

from .decode import DecodeLimits, OpenedPicture, open_picture
from .pdq import fingerprint_pixels, fingerprint_reduced
from .picture import PictureFingerprint, Purpose

__all__ = ["DecodeLimits", "PictureFingerprint", "Purpose", "fingerprint_picture"]


def fingerprint_opened(picture: OpenedPicture, purpose: Purpose) -> PictureFingerprint:
    """Decode and fingerprint what was opened. Raises `UnreadablePicture`, `PictureTooLarge`, MemoryError."""
    if purpose is Purpose.QUERY:
        result = fingerprint_reduced(picture.reduced())
    else:
        result = fingerprint_pixels(picture.pixels())
    return PictureFingerprint(result.quality, result.orientations)


def fingerprint_picture(
    untrusted_bytes: bytes, limits: DecodeLimits | None = None, purpose: Purpose = Purpose.ENROL
) -> PictureFingerprint:
    """Quality and the eight fingerprints of the picture in the bytes: canonical ones, unless only to be looked up.

    Raises `NotAPicture`, `UnreadablePicture`, `PictureTooLarge` of `refusals`.
    """
    return fingerprint_opened(open_picture(untrusted_bytes, limits or DecodeLimits()), purpose)
