"""Bytes of a picture become its fingerprint, in this process. What most callers on a person's own device want.

WARNING: a service decodes what strangers send, so it uses `pool.DecoderPool`, which runs this in
locked worker processes.
"""

from __future__ import annotations

from .decode import DecodeLimits, decode_picture
from .pdq import fingerprint_pixels
from .picture import PictureFingerprint

__all__ = ["DecodeLimits", "PictureFingerprint", "fingerprint_picture"]


def fingerprint_picture(untrusted_bytes: bytes, limits: DecodeLimits | None = None) -> PictureFingerprint:
    """Quality and the eight exact fingerprints of the picture in the bytes.

    Raises `NotAPicture`, `UnreadablePicture`, `PictureTooLarge` of `refusals`.
    """
    result = fingerprint_pixels(decode_picture(untrusted_bytes, limits or DecodeLimits()))
    return PictureFingerprint(result.quality, result.orientations)
