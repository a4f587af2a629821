"""Which kind of picture a file is, told from its first bytes. Nothing is decoded here, so every process may ask."""

from __future__ import annotations

from typing import Final

#: So many first bytes are enough.
HEAD_BYTES: Final = 64

#: Pillow's names of the formats we open, with what their files begin with. Nothing else is ever tried.
FORMATS: Final = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "WEBP": (b"RIFF",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "BMP": (b"BM",),
    "AVIF": (b"ftypavif", b"ftypavis", b"ftypmif1"),
}

#: What cameras and programs write, and we don't open: HEIC and its kin, JPEG XL, JPEG 2000, Photoshop.
_OTHERS: Final = (b"\xff\x0a", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"8BPS\0\1")
_OTHER_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"msf1", b"mif1", b"mif2", b"avci")


def find_picture_format(untrusted_bytes: bytes | memoryview) -> str | None:
    """The one format whose signature the file has (a key of `FORMATS`); None if it is of none that we open."""
    head = bytes(untrusted_bytes[:HEAD_BYTES])
    for name, signatures in FORMATS.items():
        if (head[4:16] if name == "AVIF" else head).startswith(signatures) and (
            name != "WEBP" or head[8:12] == b"WEBP"
        ):
            return name
    return None


def is_other_picture(untrusted_bytes: bytes | memoryview) -> bool:
    """Whether it begins like a picture of a kind that we don't open."""
    head = bytes(untrusted_bytes[:HEAD_BYTES])
    return head.startswith(_OTHERS) or (head[4:8] == b"ftyp" and head[8:12] in _OTHER_BRANDS)
