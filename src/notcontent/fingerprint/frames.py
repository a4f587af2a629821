"""What the pool and a worker say to each other over two pipes. Both sides are here; the pool believes nothing it reads.

    worker: R sandbox(1)                        ready, said once
    pool:   P, Q or L length(4) pixels(4) bytes a picture to be enrolled, or only looked up, or looked up by its views
    worker: S width(4) height(4)                its size, from the header, where that is more than so many pixels
    pool:   G or X                              then: go on and decode it, or leave it
    worker: F quality(1) 8 × 32 bytes           P and Q: the fingerprints
    worker: V count(1) count × view             L: the views of one stage; none: that was all
    pool:   M or X                              after a stage that may not be the last: more, or enough
    worker: E code (16, padded with spaces)     refused, instead of S, F or V

A view is kind(1) quality(1) 8 × 32 bytes. Numbers are big-endian. Nothing else ever leaves a worker: no pixels, no text
of a library.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from .orientations import ORIENTATIONS
from .picture import PictureFingerprint, Purpose
from .refusals import BY_CODE, PictureRefused
from .value import Fingerprint, FingerprintError
from .views.view import VIEW_BYTES, View, ViewKind

READY: Final = b"R"
LOOK: Final = b"L"
SIZE: Final = b"S"
GO: Final = b"G"
FINGERPRINTS: Final = b"F"
VIEWS: Final = b"V"
MORE: Final = b"M"
ENOUGH: Final = b"X"
REFUSED: Final = b"E"

#: First byte before a picture whose fingerprints are asked for -> what they are for.
PURPOSES: Final = {purpose.value: purpose for purpose in Purpose}
#: Kinds of views that a worker may send, in the order of their numbers. (Inverted ones need no picture to be made.)
_KINDS: Final = (
    ViewKind.WHOLE,
    ViewKind.RESIZED,
    ViewKind.TRIMMED,
    ViewKind.TONED,
    ViewKind.RECTANGLE,
    ViewKind.TILE,
    ViewKind.TILTED,
)

_FINGERPRINT_BYTES: Final = 32
_CODE_BYTES: Final = 16

_SENT_VIEW_BYTES: Final = 2 + VIEW_BYTES

#: What follows the first byte before a picture.
PICTURE_HEAD_BYTES: Final = 8

#: First byte of a worker's message -> how many bytes follow it; after those of VIEWS as many again as they say.
BODY_BYTES: Final = {
    READY: 1,
    SIZE: 8,
    FINGERPRINTS: 1 + _FINGERPRINT_BYTES * len(ORIENTATIONS),
    VIEWS: 1,
    REFUSED: _CODE_BYTES,
}


class BrokenFrame(FingerprintError):
    """A worker said something it can't have meant."""


def format_picture(asked: bytes, length: int, pixels: int) -> bytes:
    """What stands before the bytes of a picture: the value of a `Purpose`, or LOOK, how many bytes there are, and how
    many pixels may be decoded without asking.
    """
    return asked + struct.pack(">II", length, pixels)


def parse_picture(head: bytes) -> tuple[int, int]:
    """How many bytes follow, and how many pixels may be decoded without asking, from what follows `asked`."""
    length, pixels = struct.unpack(">II", head)
    return length, pixels


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


def format_views(views: Sequence[View]) -> bytes:
    """The views of one stage."""
    sent = (bytes((_KINDS.index(view.kind), view.quality)) + view.turns for view in views)
    return VIEWS + bytes((len(views),)) + b"".join(sent)


def views_length(body: bytes) -> int:
    """How many bytes follow the count of a stage."""
    return body[0] * _SENT_VIEW_BYTES


def parse_views(body: bytes) -> tuple[View, ...]:
    """The views of one stage, from what follows their count. Raises `BrokenFrame` if they can't be that."""
    sent = (body[at : at + _SENT_VIEW_BYTES] for at in range(0, len(body), _SENT_VIEW_BYTES))
    try:
        return tuple(View(_KINDS[one[0]], one[1], one[2:]) for one in sent)
    except (FingerprintError, IndexError) as error:
        raise BrokenFrame("A decoder gave back something that is no view of a picture. It is replaced.") from error


def format_refusal(refusal: type[PictureRefused]) -> bytes:
    """Why there are no fingerprints."""
    return REFUSED + refusal.code.encode("ascii").ljust(_CODE_BYTES)


def parse_refusal(body: bytes) -> type[PictureRefused]:
    """The class to raise. Raises `BrokenFrame` for a word that is not agreed."""
    refusal = BY_CODE.get(body.decode("ascii", "replace").rstrip(" "))
    if refusal is None:
        raise BrokenFrame("A decoder gave a reason nobody knows. It is replaced.")
    return refusal
