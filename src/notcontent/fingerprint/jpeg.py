"""Which JPEG files may be decoded at a reduced scale, told from their header alone.

libjpeg gives brightness at 1/2, 1/4 or 1/8 almost for free, but only for files that store it as such. Whatever is
unusual in the header (RGB or CMYK, lossless, arithmetic coding, 12 bits, two frame headers, anything between segments)
sends the file to the ordinary decoder, where nothing has to be assumed.
"""

from __future__ import annotations

from typing import Final

#: Scale -> how many samples the shorter side must keep; with fewer, photographs begin to move by more than 4 bits
#: (docs/decisions/0006). At an eighth only the mean of each block of 8 × 8 is left, so more of them are needed.
LEAST_SAMPLES: Final = {8: 378, 4: 240, 2: 240}

_START: Final = b"\xff\xd8"
_FRAMES: Final = (0xC0, 0xC1, 0xC2)
_SCAN: Final = 0xDA
_ADOBE: Final = 0xEE
#: Tables, restart interval, notes and application data: what may stand before the first scan, besides the frame header.
_ORDINARY: Final = frozenset((0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)))
_MOST_SEGMENTS: Final = 1024


def scale_for(height: int, width: int) -> int:
    """The largest of 8, 4, 2 and 1 that leaves the shorter side its `LEAST_SAMPLES`."""
    return next((scale for scale, least in LEAST_SAMPLES.items() if min(height, width) >= scale * least), 1)


def stores_brightness(untrusted_bytes: bytes) -> bool:
    """Whether this is a plain baseline or progressive JPEG, grey or YCbCr, with its brightness at full resolution."""
    if untrusted_bytes[:2] != _START:
        return False
    frame: bytes | None = None
    adobe_transform = 1
    at = 2
    for _ in range(_MOST_SEGMENTS):
        head = untrusted_bytes[at : at + 4]
        length = int.from_bytes(head[2:], "big")
        if len(head) < 4 or head[0] != 0xFF or length < 2:
            return False
        marker, body = head[1], untrusted_bytes[at + 4 : at + 2 + length]
        if len(body) != length - 2:
            return False
        if marker == _SCAN:
            return frame is not None and adobe_transform == 1 and _is_plain(frame)
        if marker in _FRAMES and frame is None:
            frame = body
        elif marker not in _ORDINARY:
            return False
        elif marker == _ADOBE and body[:5] == b"Adobe":
            if len(body) < 12:
                return False
            adobe_transform = body[11]
        at += 2 + length
    return False


def _is_plain(frame: bytes) -> bool:
    """Whether a frame header says 8 bits, and one component or three of which the first is the finest and none is R."""
    if len(frame) < 6 or frame[0] != 8 or frame[5] not in (1, 3) or len(frame) != 6 + 3 * frame[5]:
        return False
    names, samplings = frame[6::3], frame[7::3]
    finest = max(one >> 4 for one in samplings), max(one & 15 for one in samplings)
    return names != b"RGB" and (samplings[0] >> 4, samplings[0] & 15) == finest
