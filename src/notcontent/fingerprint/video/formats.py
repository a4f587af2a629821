"""Whether a file is a video, told from its bytes. Nothing is decoded here, so every process may ask."""

from __future__ import annotations

from typing import Final

#: So many first bytes are enough for all but GIF, whose frames have to be counted.
HEAD_BYTES: Final = 4096
#: Animated pictures, by the names that Pillow has for their formats.
ANIMATIONS: Final = ("GIF", "WEBP", "AVIF")

_PACKET: Final = 188
#: Pieces of a GIF that are walked over, in some milliseconds: enough for a still one of 32 MiB.
_MOST_STEPS: Final = 1 << 17
_ISO_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
_STILL_BRANDS: Final = (b"avif", b"mif1", b"heic", b"heix")
_SIGNATURES: Final = {
    b"\x1aE\xdf\xa3": "matroska",
    b"OggS": "ogg",
    b"FLV\x01": "flv",
    b"0&\xb2u\x8ef\xcf\x11": "asf",
    b"\0\0\x01\xba": "mpeg",
}


def find_video_format(untrusted_bytes: bytes | memoryview) -> str | None:
    """The demuxer to use, or a member of `ANIMATIONS`; None if this is no video. A still picture is none.

    All of the file, or its first `HEAD_BYTES`: then a GIF whose second frame begins later is taken for a still one.
    """
    head = bytes(untrusted_bytes[:HEAD_BYTES])
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF" if _has_two_frames(untrusted_bytes) else None
    if head[:4] == b"RIFF":
        if head[8:12] == b"AVI ":
            return "avi"
        return "WEBP" if head[8:16] == b"WEBPVP8X" and head[20:21] and head[20] & 2 else None
    if head[4:8] in _ISO_BOXES:
        # The brands that a file of this family names, the major one first and then those it is compatible with.
        brands = head[8 : min(int.from_bytes(head[:4], "big"), 256)]
        if head[4:8] == b"ftyp" and b"avis" in brands:
            return "AVIF"
        return None if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS else "mov"
    for start in (0, 4):
        if len(head) > start + 2 * _PACKET and all(head[start + k * (_PACKET + start)] == 0x47 for k in range(2)):
            return "mpegts"
    return next((name for signature, name in _SIGNATURES.items() if head.startswith(signature)), None)


def _has_two_frames(gif: bytes | memoryview) -> bool:
    """Whether a GIF has a second frame. Walks from block to block. Source: GIF89a specification, §17 to §24."""
    try:
        at = 13 + (3 << ((gif[10] & 7) + 1) if gif[10] & 0x80 else 0)
        frames = steps = 0
        while steps < _MOST_STEPS:
            if gif[at] == 0x2C:
                frames += 1
                if frames == 2:
                    return True
                at += 11 + (3 << ((gif[at + 9] & 7) + 1) if gif[at + 9] & 0x80 else 0)
            elif gif[at] == 0x21:
                at += 2
            else:
                return False
            while gif[at] and steps < _MOST_STEPS:
                at += 1 + gif[at]
                steps += 1
            at += 1
            steps += 1
    except IndexError:
        return False
    # Cut into so many pieces it is no ordinary picture: the worker will see.
    return True
