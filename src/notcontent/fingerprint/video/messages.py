"""What a worker that reads a video says to its reader, over one pipe. The reader believes nothing of it.

    R sandbox(1)                                     locked in; said once
    L done(8) length(8) complete(1) count(2) looks   how far it is, and the looks since the last time
    Z                                                all read, what came before counts
    E code(16, padded with spaces)                   refused

A look is microsecond(8) trimmed(1) quality(1) and 8 × 32 bytes of fingerprints. Numbers are big-endian, times in
microseconds. Nothing else ever leaves a worker. It is told nothing: the video is its standard input, limits are on its
command line.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from notcontent.fingerprint.frames import BrokenFrame
from notcontent.fingerprint.refusals import PictureRefused
from notcontent.fingerprint.value import MalformedFingerprint

from .frame import Frame
from .progress import Reading
from .refusals import BY_CODE
from .sampling import SECOND

READY: Final = b"R"
LOOKS: Final = b"L"
END: Final = b"Z"
REFUSED: Final = b"E"

_CODE_BYTES: Final = 16
_HEAD: Final = struct.Struct(">QQBH")
_LOOK: Final = struct.Struct(">QBB256s")
LOOK_BYTES: Final = _LOOK.size
#: So many looks are sent at once.
MOST_LOOKS: Final = 32

#: First byte of a message -> how many bytes follow it, before any looks.
BODY_BYTES: Final = {READY: 1, LOOKS: _HEAD.size, END: 0, REFUSED: _CODE_BYTES}


def format_looks(reading: Reading, looks: Sequence[Frame]) -> bytes:
    """How far it is, and looks."""
    head = _HEAD.pack(reading.done_micros, reading.length_micros, reading.complete, len(looks))
    rows = (_LOOK.pack(round(look.second * SECOND), look.trimmed, look.quality, look.turns) for look in looks)
    return LOOKS + head + b"".join(rows)


def parse_head(body: bytes) -> tuple[Reading, int]:
    """How far it is, and how many looks follow. Raises `BrokenFrame`."""
    done, length, complete, count = _HEAD.unpack(body)
    if complete > 1 or count > MOST_LOOKS:
        raise BrokenFrame("A video's worker said something impossible. It is stopped.")
    return Reading(length, done, bool(complete)), count


def parse_looks(body: bytes, after_micros: int, until_micros: int) -> tuple[Frame, ...]:
    """Looks in the order of time, none before the one and none after the other bound. Raises `BrokenFrame`."""
    looks = []
    for micros, trimmed, quality, turns in _LOOK.iter_unpack(body):
        if not after_micros <= micros <= until_micros or trimmed > 1:
            raise BrokenFrame("A video's worker gave back a look at an impossible moment. It is stopped.")
        after_micros = micros
        try:
            looks.append(Frame(micros / SECOND, quality, turns, bool(trimmed)))
        except MalformedFingerprint as error:
            raise BrokenFrame("A video's worker gave back something that is no look. It is stopped.") from error
    return tuple(looks)


def format_refusal(refusal: type[PictureRefused]) -> bytes:
    """Why there are no more looks."""
    return REFUSED + refusal.code.encode("ascii").ljust(_CODE_BYTES)


def parse_refusal(body: bytes) -> type[PictureRefused]:
    """The class to raise. Raises `BrokenFrame` for a word that is not agreed."""
    refusal = BY_CODE.get(body.decode("ascii", "replace").rstrip(" "))
    if refusal is None:
        raise BrokenFrame("A video's worker gave a reason nobody knows. It is stopped.")
    return refusal
