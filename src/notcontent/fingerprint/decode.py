"""Untrusted bytes become pixels. The one file that opens pictures.

What comes out is the canonical picture: full resolution, as a person sees it (EXIF orientation applied), 8 bits, RGB
or grey, transparency on white, colour profiles ignored. The page does the same; `vectors/files.json` holds both to it.
An upload that is only looked up need not be decoded so far: see `OpenedPicture.reduced`.

WARNING: decoders of old formats are where attackers look first. A service calls this through `pool.py` only.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, GifImagePlugin, Image, ImageFile

from . import jpeg
from .formats import find_picture_format, is_other_picture
from .orientations import Orientation
from .pdq import Reduced
from .refusals import NotAPicture, PictureNotOpened, PictureTooLarge, UnreadablePicture

#: What Pillow and its plugins raise on broken files: known by trying, see the test that mutates files.
_PILLOW_RAISES: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, AttributeError, AssertionError,
    NotImplementedError, RuntimeError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip

_EXIF_ORIENTATION: Final = 0x0112
#: EXIF value -> how the stored picture is turned so that it is seen the right way up.
_SHOWN: Final = {
    1: Orientation.UPRIGHT,
    2: Orientation.MIRRORED,
    3: Orientation.HALF_TURN,
    4: Orientation.FLIPPED,
    5: Orientation.TRANSPOSED,
    6: Orientation.QUARTER_CW,
    7: Orientation.ANTITRANSPOSED,
    8: Orientation.QUARTER_CCW,
}
_TURNS: Final = {
    Orientation.MIRRORED: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.HALF_TURN: Image.Transpose.ROTATE_180,
    Orientation.FLIPPED: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.TRANSPOSED: Image.Transpose.TRANSPOSE,
    Orientation.QUARTER_CW: Image.Transpose.ROTATE_270,
    Orientation.ANTITRANSPOSED: Image.Transpose.TRANSVERSE,
    Orientation.QUARTER_CCW: Image.Transpose.ROTATE_90,
}
_STRIP_ROWS: Final = 256

# One thread: workers may not start any. Broken files are refused, never half shown, and nothing is printed about them.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Most files are handed to their decoder in one piece. In pieces of 64 kB it stops within a block and begins that again.
ImageFile.MAXBLOCK = 1 << 20
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What one picture may be: bytes of the file, pixels, and pixels along one side."""

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_side: int = 32_768


def _check_size(width: int, height: int, limits: DecodeLimits) -> None:
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise PictureTooLarge
    if min(width, height) < 1:
        raise UnreadablePicture


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height a WebP file declares. Its decoder takes memory when it is opened, so this comes first."""
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise UnreadablePicture
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


@dataclass(slots=True)
class OpenedPicture:
    """A picture whose header was read and whose size is allowed. No pixel has been decoded yet."""

    untrusted_bytes: bytes
    format: str
    image: Image.Image | None
    width: int
    height: int
    limits: DecodeLimits

    def pixels(self) -> NDArray[np.uint8]:
        """The canonical picture: height × width × 3 RGB bytes, or height × width if it is grey. Works once.

        Raises `UnreadablePicture`, `PictureTooLarge`, and MemoryError where memory is bounded.
        """
        image = self._take()
        with _pillow_errors_translated():
            painted = _load(image, self.limits)
            turn = _TURNS.get(_read_shown(image))
            shown = image if turn is None else _with_transparency_kept(image, turn)
            pixels = _to_eight_bits(shown)
            return pixels if painted is None else _white_around(pixels, painted)

    def reduced(self) -> Reduced:
        """The picture as stored, for an upload that is looked up and not enrolled. Works once.

        Brightness at 1/2, 1/4 or 1/8 of a JPEG that stores it, by the rule of `jpeg.scale_for`; anything else at full
        size. Raises what `pixels` raises.
        """
        image = self._take()
        with _pillow_errors_translated():
            scale = 1
            if self.format == "JPEG" and jpeg.stores_brightness(self.untrusted_bytes):
                scale = jpeg.scale_for(self.height, self.width)
                image.draft("L", (self.width // scale, self.height // scale))
                if (image.mode, image.size) != ("L", (-(-self.width // scale), -(-self.height // scale))):
                    scale, image = 1, _open(self.untrusted_bytes, self.format)
            painted = _load(image, self.limits)
            shown = _read_shown(image)
            if image.mode == "RGB" and not image.has_transparency_data:
                # Rounded to a byte, which moves at most 2 bits, and a third of the work.
                image = image.convert("L")
            pixels = _to_eight_bits(image)
            if painted is not None:
                pixels = _white_around(pixels, painted)
        height, width = (self.height, self.width) if scale > 1 else pixels.shape[:2]
        return Reduced(pixels, height, width, scale, shown)

    def _take(self) -> Image.Image:
        image, self.image = self.image, None
        if image is None:
            raise UnreadablePicture
        return image


@contextmanager
def _pillow_errors_translated() -> Iterator[None]:
    try:
        yield
    except Image.DecompressionBombError as error:
        raise PictureTooLarge from error
    except _PILLOW_RAISES as error:
        raise UnreadablePicture from error


def _open(untrusted_bytes: bytes, name: str) -> Image.Image:
    return Image.open(io.BytesIO(untrusted_bytes), formats=(name,))


def _load(image: Image.Image, limits: DecodeLimits) -> tuple[int, int, int, int] | None:
    """Decode in place. What comes back is the part of its canvas that a GIF's first frame paints, None for others."""
    painted = image.tile[0].extents if isinstance(image, GifImagePlugin.GifImageFile) and image.tile else None
    image.load()
    _check_size(image.width, image.height, limits)
    return painted


def open_picture(untrusted_bytes: bytes, limits: DecodeLimits) -> OpenedPicture:
    """Read the header and refuse what is no picture, broken or too large, before any pixel is decoded.

    Raises `NotAPicture`, `UnreadablePicture`, `PictureTooLarge`.
    """
    if len(untrusted_bytes) > limits.max_bytes:
        raise PictureTooLarge
    name = find_picture_format(untrusted_bytes)
    if name is None:
        raise PictureNotOpened if is_other_picture(untrusted_bytes) else NotAPicture
    if name == "WEBP":
        _check_size(*_webp_size(untrusted_bytes), limits)
    with _pillow_errors_translated():
        image = _open(untrusted_bytes, name)
    _check_size(image.width, image.height, limits)
    return OpenedPicture(untrusted_bytes, name, image, image.width, image.height, limits)


def decode_animation(untrusted_bytes: bytes, limits: DecodeLimits) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Each frame of an animated GIF, WebP or AVIF: the microsecond it is shown at, and its brightness in bytes.

    As browsers show them: a GIF's frame of 10 ms or less lasts 100. One frame is held at a time. Raises what
    `OpenedPicture.pixels` raises; frames before a broken one have come out by then.
    """
    opened = open_picture(untrusted_bytes, limits)
    image = opened._take()
    shown_at_ms = 0.0
    with _pillow_errors_translated():
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            painted = _load(image, limits)
            pixels = _to_eight_bits(image)
            if painted is not None and number == 0:
                pixels = _white_around(pixels, painted)
            if pixels.ndim == 3:
                pixels = np.asarray(Image.fromarray(pixels).convert("L"))
            yield round(shown_at_ms * 1000), pixels
            lasts_ms = float(image.info.get("duration", 0))
            shown_at_ms += 100.0 if opened.format == "GIF" and lasts_ms <= 10 else lasts_ms


def decode_picture(untrusted_bytes: bytes, limits: DecodeLimits) -> NDArray[np.uint8]:
    """The canonical picture in the bytes: see `open_picture` and `OpenedPicture.pixels`."""
    return open_picture(untrusted_bytes, limits).pixels()


def _read_shown(image: Image.Image) -> Orientation:
    """What the EXIF orientation asks for; upright where there is none or the block is broken, as browsers do."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except _PILLOW_RAISES:
        return Orientation.UPRIGHT
    return _SHOWN.get(value, Orientation.UPRIGHT) if isinstance(value, int) else Orientation.UPRIGHT


def _with_transparency_kept(image: Image.Image, turn: Image.Transpose) -> Image.Image:
    turned = image.transpose(turn)
    if "transparency" in image.info:
        turned.info["transparency"] = image.info["transparency"]
    return turned


def _to_eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Any mode to RGB or grey bytes, by the rules of docs/spec/fingerprint.md §2."""
    if image.mode.startswith("I"):
        # Pillow's own conversion clips at 255 instead of keeping the high byte.
        deep = np.asarray(image)
        high_bytes: NDArray[np.uint8] = (np.clip(deep, 0, 0xFFFF) >> 8).astype(np.uint8)
        return high_bytes
    if image.mode == "F":
        raise UnreadablePicture
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    pixels: NDArray[np.uint8] = np.asarray(image)
    return pixels


def _white_around(pixels: NDArray[np.uint8], painted: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """A GIF's first frame need not fill its canvas. What it leaves out is transparent, so white."""
    left, top, right, bottom = painted
    if (left, top) == (0, 0) and (bottom, right) == pixels.shape[:2]:
        return pixels
    whole = np.full_like(pixels, 255)
    whole[top:bottom, left:right] = pixels[top:bottom, left:right]
    return whole


def _on_white(image: Image.Image) -> NDArray[np.uint8]:
    """RGB bytes of a picture with transparency laid on white, a strip at a time so that no second copy is needed."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, image.height)
        strip = image.crop((0, top, image.width, bottom))
        if "transparency" in image.info:
            strip.info["transparency"] = image.info["transparency"]
        strip = strip.convert("RGBA")
        white = Image.new("RGBA", strip.size, (255, 255, 255, 255))
        pixels[top:bottom] = np.asarray(Image.alpha_composite(white, strip).convert("RGB"))
    return pixels
