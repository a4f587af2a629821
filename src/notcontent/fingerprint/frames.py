"""What the pool and a worker say to each other over two pipes. Both sides are here; the pool believes nothing it reads.

    worker: R sandbox(1)                        ready, said once
    pool:   P or Q length(4) bytes              a picture to be enrolled, or only looked up
    worker: S width(4) height(4)                its size, from the header
    pool:   G                                   go on and decode it
    worker: F quality(1) 8 × 32 bytes           the fingerprints, or, at any point after these:
    worker: E code (16, padded with spaces)     refused

Numbers are big-endian. Nothing else ever leaves a worker: no pixels, no text of a library.
"""

from __future__ import annotations

import struct
from typing import Final

from .orientations import ORIENTATIONS
from .picture import PictureFingerprint, Purpose
from .refusals import BY_CODE, PictureRefused
from .value import Fingerprint, FingerprintError

READY: Final = b"R"
SIZE: Final = b"S"
GO: Final = b"G"
FINGERPRINTS: Final = b"F"
REFUSED: Final = b"E"

#: First byte before a picture -> what it is for.
PURPOSES: Final = {purpose.value: purpose for purpose in Purpose}

_FINGERPRINT_BYTES: Final = 32
_CODE_BYTES: Final = 16

#: First byte of a worker's message -> how many bytes follow it.
BODY_BYTES: Final = {
    READY: 1,
    SIZE: 8,
    FINGERPRINTS: 1 + _FINGERPRINT_BYTES * len(ORIENTATIONS),
    REFUSED: _CODE_BYTES,
}


class BrokenFrame(FingerprintError):
    """A worker said something it can't have meant."""


def format_picture(purpose: Purpose, length: int) -> bytes:
    """What stands before the bytes of a picture."""
    return purpose.value + struct.pack(">I", length)


def format_size(width: int, height: int) -> bytes:
    """A picture's size in pixels."""
    return SIZE + struct.pack(">II", width, height)


def parse_size(body: bytes) -> tuple[int, int]:
    """Width and height. Raises `BrokenFrame` for an empty picture."""
    width, height = struct.unpack(">II", body)
    if not width or not height:
        raise BrokenFrame("A decoder named an impossible size. It is replaced.")
    return width, height


def format_fingerprints(picture: PictureFingerprint) -> bytes:
    """Quality and fingerprints."""
    return FINGERPRINTS + bytes((picture.quality,)) + b"".join(one.value for one in picture.orientations)


def parse_fingerprints(body: bytes) -> PictureFingerprint:
    """Quality and fingerprints. Raises `BrokenFrame` if they can't be that."""
    values = [body[at : at + _FINGERPRINT_BYTES] for at in range(1, len(body), _FINGERPRINT_BYTES)]
    try:
        return PictureFingerprint(body[0], tuple(Fingerprint(value) for value in values))
    except FingerprintError as error:
        raise BrokenFrame("A decoder gave back something that is no fingerprint. It is replaced.") from error


def format_refusal(refusal: type[PictureRefused]) -> bytes:
    """Why there are no fingerprints."""
    return REFUSED + refusal.code.encode("ascii").ljust(_CODE_BYTES)


def parse_refusal(body: bytes) -> type[PictureRefused]:
    """The class to raise. Raises `BrokenFrame` for a word that is not agreed."""
    refusal = BY_CODE.get(body.decode("ascii", "replace").rstrip(" "))
    if refusal is None:
        raise BrokenFrame("A decoder gave a reason nobody knows. It is replaced.")
    return refusal
