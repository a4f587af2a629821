"""Seventy-one ways in which a picture is altered before it is put up again.

`alter` makes one altered upload; the same picture, alteration, seed and others give the same bytes. Nothing here knows
of a matcher: point your own at what comes out. `python bench/alterations.py PICTURE FOLDER` writes them all.

A picture is at most 768 pixels long first (`prepared`); list the fingerprint of that, then look for what `alter` makes
of it. An edit for which nothing else is said is saved as JPEG with quality 90.
"""

from __future__ import annotations

import argparse
import io
import math
import re
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

LONGEST = 768
#: How many other pictures `alter` needs: a collage of nine holds eight.
OTHERS = 8

Picture = Image.Image
Colour = tuple[int, int, int]
Edit = Callable[[Picture, Generator, Sequence[Picture]], Picture]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
CHAT: Colour = (222, 230, 236)
WALL: Colour = (112, 106, 98)
PHONE = (540, 1170)


class Group(StrEnum):
    """What kind of thing is done."""

    SAVED = "saved again, resized"
    FILTERED = "filters, colours"
    TURNED = "turned, mirrored"
    FRAMED = "screenshots, borders"
    COLLECTED = "among other pictures"
    COVERED = "something laid over it"
    HIDDEN = "a part made unreadable"
    TILTED = "tilted"
    CUT = "cut"
    SCREEN = "a screen photographed"
    COMBINED = "several at once"


@dataclass(frozen=True, slots=True)
class Alteration:
    """One alteration. `quality` is that of the JPEG it is saved as; None: saved without loss, as PNG."""

    name: str
    group: Group
    tells: str
    edit: Edit
    quality: int | None = 90


def prepared(untrusted_bytes: bytes) -> Picture:
    """The picture in the bytes as a person sees it: RGB, at most `LONGEST` pixels long."""
    with Image.open(io.BytesIO(untrusted_bytes)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return picture


def alter(picture: Picture, alteration: Alteration, seed: int, others: Sequence[Picture]) -> bytes:
    """A file as a platform receives it. `others`: `OTHERS` pictures, for the collages and insets. Deterministic."""
    if len(others) < OTHERS:
        raise ValueError(f"{OTHERS} other pictures are needed, {len(others)} were given.")
    chance = np.random.default_rng([seed, zlib.crc32(alteration.name.encode())])
    return _saved(alteration.edit(picture.convert("RGB"), chance, others), alteration.quality)


def _saved(picture: Picture, quality: int | None) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1) if quality is None else picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _again(picture: Picture, quality: int) -> Picture:
    return Image.open(io.BytesIO(_saved(picture, quality))).convert("RGB")


def _in_turn(*edits: Edit) -> Edit:
    def edit(picture: Picture, chance: Generator, others: Sequence[Picture]) -> Picture:
        for one in edits:
            picture = one(picture, chance, others)
        return picture

    return edit


def _plain(change: Callable[[Picture], Picture]) -> Edit:
    """An edit that leaves nothing to chance and needs no other picture."""
    return lambda picture, _chance, _others: change(picture)


def _resized(picture: Picture, width: float, height: float) -> Picture:
    return picture.resize((max(1, round(width)), max(1, round(height))), Image.Resampling.LANCZOS)


def _scaled(x: float, y: float) -> Edit:
    return _plain(lambda picture: _resized(picture, picture.width * x, picture.height * y))


def _longest(picture: Picture, pixels: int) -> Picture:
    factor = pixels / max(picture.size)
    return _resized(picture, picture.width * factor, picture.height * factor)


def _generations(*steps: tuple[int, int]) -> Edit:
    """Made so many pixels long and saved with that quality, in turn. The last save is the caller's."""

    def change(picture: Picture) -> Picture:
        for number, (pixels, quality) in enumerate(steps, 1):
            picture = _longest(picture, pixels)
            picture = picture if number == len(steps) else _again(picture, quality)
        return picture

    return _plain(change)


def _write(
    picture: Picture, at: tuple[float, float], text: str, size: float, colour: Colour, alpha: int = 255, bold: float = 0
) -> None:
    """Text whose middle is at that point. The font is the one that Pillow carries, the same everywhere."""
    mask = Image.new("L", picture.size)
    font = ImageFont.load_default(max(8, size))
    ImageDraw.Draw(mask).text(at, text, alpha, font, anchor="mm", stroke_width=bold)
    picture.paste(colour, mask=mask)


# Frames around it


def _screenshot(background: Colour) -> Edit:
    ink = BLACK if background == WHITE else WHITE

    def change(picture: Picture) -> Picture:
        width, height = PHONE
        screen = Image.new("RGB", PHONE, background)
        shown = ImageOps.contain(picture, (width, round(0.8 * height)), Image.Resampling.LANCZOS)
        screen.paste(shown, ((width - shown.width) // 2, (height - shown.height) // 2))
        _write(screen, (50, 22), "21:47", 22, ink)
        _write(screen, (490, 22), "84 %", 22, ink)
        _write(screen, (270, 1140), "back     home     all", 22, ink)
        return screen

    return _plain(change)


def _chat(picture: Picture) -> Picture:
    width, height = PHONE
    screen = Image.new("RGB", PHONE, CHAT)
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 45, width, 110), (58, 116, 164))
    _write(screen, (150, 78), "Friends (14)", 28, WHITE)
    draw.rectangle((0, height - 70, width, height), WHITE)
    _write(screen, (110, height - 35), "Message", 24, (140, 140, 140))
    _write(screen, (50, 22), "21:47", 22, BLACK)
    shown = ImageOps.contain(picture, (round(0.86 * width), round(0.66 * height)), Image.Resampling.LANCZOS)
    top = 150 + (800 - shown.height) // 2
    screen.paste(shown, (20, top))
    _write(screen, (150, top - 20), "look at this one", 22, BLACK)
    _write(screen, (190, top + shown.height + 22), "where did you find it?", 22, BLACK)
    return screen


def _bordered(share: float, colour: Colour) -> Edit:
    return _plain(lambda picture: ImageOps.expand(picture, round(share * max(picture.size)), colour))


def _meme(picture: Picture) -> Picture:
    strip = round(0.2 * picture.height)
    whole = Image.new("RGB", (picture.width, picture.height + strip), WHITE)
    whole.paste(picture, (0, strip))
    _write(whole, (whole.width / 2, 0.3 * strip), "when somebody asks", 0.3 * strip, BLACK)
    _write(whole, (whole.width / 2, 0.7 * strip), "where I was", 0.3 * strip, BLACK)
    return whole


# Cuts and turns


def _cut(share: float, centred: bool) -> Edit:
    def edit(picture: Picture, chance: Generator, _others: Sequence[Picture]) -> Picture:
        width, height = (round(side * (1 - share)) for side in picture.size)
        across, down = (0.5, 0.5) if centred else chance.random(2)
        left, top = round((picture.width - width) * across), round((picture.height - height) * down)
        return picture.crop((left, top, left + width, top + height))

    return edit


def _top_off(share: float) -> Edit:
    return _plain(lambda picture: picture.crop((0, round(share * picture.height), *picture.size)))


def _transposed(how: Image.Transpose) -> Edit:
    return _plain(lambda picture: picture.transpose(how))


def _tilted(degrees: float) -> Edit:
    return _plain(lambda picture: picture.rotate(degrees, Image.Resampling.BICUBIC))


def _tilted_and_cut(degrees: float) -> Edit:
    """The largest box of the same aspect that shows no corner."""

    def change(picture: Picture) -> Picture:
        sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
        aspect = max(picture.width / picture.height, picture.height / picture.width)
        factor = 1 / (cosine + aspect * sine)
        whole = picture.rotate(degrees, Image.Resampling.BICUBIC)
        width, height = picture.width * factor, picture.height * factor
        left, top = (picture.width - width) / 2, (picture.height - height) / 2
        return whole.crop((math.ceil(left), math.ceil(top), int(left + width), int(top + height)))

    return _plain(change)


# Over it


def _watermark(picture: Picture) -> Picture:
    picture = picture.copy()
    for down in (0.2, 0.5, 0.8):
        at = (picture.width / 2, down * picture.height)
        _write(picture, at, "THE BEST CHANNEL", picture.width / 10, WHITE, 150, bold=picture.width / 100)
    return picture


def _captioned(picture: Picture) -> Picture:
    pixels = np.asarray(picture).copy()
    top, bottom = round(0.82 * picture.height), round(0.94 * picture.height)
    pixels[top:bottom] = (pixels[top:bottom] * 0.35).astype(np.uint8)
    picture = Image.fromarray(pixels)
    _write(picture, (picture.width / 2, (top + bottom) / 2), "nobody expected this", 0.6 * (bottom - top), WHITE)
    return picture


def _emoji(count: int, share: float) -> Edit:
    """Yellow discs with a face, each covering that share of the area, centred in the middle third."""

    def edit(picture: Picture, chance: Generator, _others: Sequence[Picture]) -> Picture:
        picture = picture.copy()
        draw = ImageDraw.Draw(picture)
        radius = math.sqrt(share * picture.width * picture.height / math.pi)
        for _ in range(count):
            x, y = (side * (1 + where) / 3 for side, where in zip(picture.size, chance.random(2), strict=True))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), (255, 204, 50), (200, 150, 20))
            for eye in (x - 0.35 * radius, x + 0.35 * radius):
                spot = 0.12 * radius
                draw.ellipse((eye - spot, y - 0.3 * radius - spot, eye + spot, y - 0.3 * radius + spot), (80, 50, 10))
            mouth = (x - 0.5 * radius, y - 0.4 * radius, x + 0.5 * radius, y + 0.5 * radius)
            draw.arc(mouth, 20, 160, (80, 50, 10), max(1, round(0.1 * radius)))
        return picture

    return edit


def _boxed(share: float, how: Callable[[Picture], Picture]) -> Edit:
    """A box over that share of the area, in the upper part where a face would be, is replaced."""

    def edit(picture: Picture, chance: Generator, _others: Sequence[Picture]) -> Picture:
        width, height = (round(side * math.sqrt(share)) for side in picture.size)
        left = round((picture.width - width) * (0.3 + 0.4 * chance.random()))
        top = round((picture.height - height) * 0.2)
        box = (left, top, left + width, top + height)
        picture = picture.copy()
        picture.paste(how(picture.crop(box)), box)
        return picture

    return edit


def _mosaic(box: Picture) -> Picture:
    return box.resize((8, 8), Image.Resampling.BOX).resize(box.size, Image.Resampling.NEAREST)


def _smeared(box: Picture) -> Picture:
    return box.filter(ImageFilter.GaussianBlur(max(box.size) / 6))


def _blacked(box: Picture) -> Picture:
    return Image.new("RGB", box.size, BLACK)


def _inset(share: float) -> Edit:
    def edit(picture: Picture, _chance: Generator, others: Sequence[Picture]) -> Picture:
        picture = picture.copy()
        size = (round(share * picture.width), round(share * picture.height))
        corner = (picture.width - size[0], picture.height - size[1])
        picture.paste(ImageOps.fit(others[0], size, Image.Resampling.LANCZOS), corner)
        return picture

    return edit


# Colours


def _pixelwise(change: Callable[[np.ndarray], np.ndarray]) -> Edit:
    """A change of the pixels, given as float32 from 0 to 255."""

    def on(picture: Picture) -> Picture:
        changed = change(np.asarray(picture).astype(np.float32))
        return Image.fromarray(changed.round().clip(0, 255).astype(np.uint8))

    return _plain(on)


_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)


def _noisy(picture: Picture, chance: Generator, _others: Sequence[Picture]) -> Picture:
    noise = chance.normal(0, 15, (picture.height, picture.width, 3))
    return Image.fromarray((np.asarray(picture) + noise).round().clip(0, 255).astype(np.uint8))


# Among others


def _collage(across: int, down: int, gap: int = 0) -> Edit:
    """Tiles of the picture's own shape, the whole 1,080 pixels long or nearly; the picture is whole in one of them."""

    def edit(picture: Picture, chance: Generator, others: Sequence[Picture]) -> Picture:
        factor = 1080 / max(across * picture.width, down * picture.height)
        width, height = round(picture.width * factor), round(picture.height * factor)
        whole = Image.new("RGB", (across * (width + gap) - gap, down * (height + gap) - gap), WHITE)
        own, rest = int(chance.integers(across * down)), iter(others)
        for place in range(across * down):
            tile = (
                picture.resize((width, height), Image.Resampling.LANCZOS)
                if place == own
                else ImageOps.fit(next(rest), (width, height), Image.Resampling.LANCZOS)
            )
            whole.paste(tile, (place % across * (width + gap), place // across * (height + gap)))
        return whole

    return edit


def _picture_in_picture(share: float) -> Edit:
    def edit(picture: Picture, chance: Generator, others: Sequence[Picture]) -> Picture:
        whole = ImageOps.fit(others[0], (640, 480), Image.Resampling.LANCZOS)
        small = ImageOps.contain(picture, (round(share * 640), 480), Image.Resampling.LANCZOS)
        left, top = (
            int(chance.integers(free + 1)) for free in (whole.width - small.width, whole.height - small.height)
        )
        whole.paste(small, (left, top))
        return whole

    return edit


# A screen photographed


def _seen_from(picture: Picture, corners: np.ndarray) -> Picture:
    """In perspective: its corners (upper left, upper right, lower right, lower left) go to these points, on a wall."""
    width, height = picture.size
    rows, targets = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        targets += [u, v]
    coefficients = np.linalg.solve(np.array(rows, float), np.array(targets, float))
    return picture.transform(
        picture.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=WALL
    )


def _photographed(bezel: float) -> Edit:
    """A dark frame of that share of the width, moiré, a spot of glare, a cold tint, a slant, a soft lens."""

    def edit(picture: Picture, chance: Generator, _others: Sequence[Picture]) -> Picture:
        framed = ImageOps.expand(picture, round(bezel * picture.width), (24, 24, 26))
        y, x = np.mgrid[: framed.height, : framed.width].astype(np.float32)
        periods, angles = chance.uniform(3, 7, 2), chance.uniform(0, math.pi, 2)
        light = np.ones_like(x)
        for amplitude, period, angle in zip((0.10, 0.08), periods, angles, strict=True):
            along = x * math.cos(angle) + y * math.sin(angle)
            light += amplitude * np.sin(2 * math.pi * along / period)
        middle = chance.uniform(0.2, 0.8, 2) * framed.size
        reach = 0.15 * max(framed.size)
        glare = 70 * np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (2 * reach**2))
        tint = np.array([0.95, 1, 1.08], np.float32)
        pixels = np.asarray(framed) * light[..., None] * tint + glare[..., None]
        screen = Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))
        width, height = screen.size
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
        corners += chance.uniform(-0.02, 0.02, (4, 2)) * (width, height)
        return _seen_from(screen, corners).filter(ImageFilter.GaussianBlur(0.8))

    return edit


_mirror = _transposed(Image.Transpose.FLIP_LEFT_RIGHT)
_cut_10 = _cut(0.10, centred=False)
_A = Alteration
_G = Group

#: All of them, in the order of the table in docs/platform/evasion.md. The names are stable.
ALTERATIONS: tuple[Alteration, ...] = (
    _A("identity", _G.SAVED, "nothing", _plain(lambda picture: picture), None),
    *(_A(f"JPEG {quality}", _G.SAVED, f"saved as JPEG with quality {quality}", _plain(lambda picture: picture), quality)
      for quality in (90, 70, 50, 30)),
    _A("half size", _G.SAVED, "half as wide and high", _scaled(0.5, 0.5)),
    _A("quarter size", _G.SAVED, "a quarter as wide and high", _scaled(0.25, 0.25)),
    _A("width x 1.25", _G.SAVED, "stretched to 125 % of its width", _scaled(1.25, 1)),
    _A("messenger", _G.SAVED, "1,280 pixels long, JPEG 80", _generations((1280, 80)), 80),
    _A("three generations", _G.SAVED, "1,280 pixels JPEG 80, then 800 JPEG 70, then 604 JPEG 70",
       _generations((1280, 80), (800, 70), (604, 70)), 70),
    _A("screenshot, black bars", _G.FRAMED, "on a phone of 540 × 1,170, with the time above and buttons below; JPEG 85",
       _screenshot(BLACK), 85),
    _A("screenshot, white bars", _G.FRAMED, "the same on white", _screenshot(WHITE), 85),
    _A("screenshot in a chat", _G.FRAMED, "86 % of a phone's width, header, text above and below, input bar; JPEG 85",
       _plain(_chat), 85),
    *(_A(f"crop {percent} %, {'centred' if centred else 'random'}", _G.CUT,
         f"each side {percent} % shorter, {'from the middle' if centred else 'anywhere'}", _cut(percent / 100, centred))
      for percent in (2, 5, 10, 20, 30) for centred in (False, True)),
    *(_A(f"top {percent} % cut off", _G.CUT, f"the upper {percent} % cut off", _top_off(percent / 100))
      for percent in (10, 20, 30)),
    _A("mirror", _G.TURNED, "left and right exchanged", _mirror),
    _A("quarter turn", _G.TURNED, "by 90° against the clock", _transposed(Image.Transpose.ROTATE_90)),
    _A("half turn", _G.TURNED, "by 180°", _transposed(Image.Transpose.ROTATE_180)),
    *(made for degrees in (2, 5, 10) for made in (
        _A(f"tilt +{degrees}°, black corners", _G.TILTED, f"by {degrees}°, on the same canvas", _tilted(degrees)),
        _A(f"tilt -{degrees}°, inscribed crop", _G.TILTED, f"by {degrees}° the other way, cut so that no corner shows",
           _tilted_and_cut(-degrees)))),
    _A("watermark", _G.COVERED, "three bold lines, white at 59 %, a tenth of the width high", _plain(_watermark)),
    _A("caption bar", _G.COVERED, "rows from 82 to 94 % darkened to 35 %, with text", _plain(_captioned)),
    _A("emoji, 5 %", _G.COVERED, "a yellow disc with a face over 5 % of the area", _emoji(1, 0.05)),
    _A("emoji, 12 %", _G.COVERED, "over 12 %", _emoji(1, 0.12)),
    _A("three emoji, 3 % each", _G.COVERED, "three of them, 3 % each", _emoji(3, 0.03)),
    _A("mosaic 10 %", _G.HIDDEN, "8 × 8 blocks over 10 % of the area, in the upper part", _boxed(0.10, _mosaic)),
    _A("blurred box 10 %", _G.HIDDEN, "10 % blurred beyond reading", _boxed(0.10, _smeared)),
    _A("black box 10 %", _G.HIDDEN, "10 % black", _boxed(0.10, _blacked)),
    _A("mosaic 25 %", _G.HIDDEN, "8 × 8 blocks over 25 %", _boxed(0.25, _mosaic)),
    _A("blurred box 25 %", _G.HIDDEN, "25 % blurred", _boxed(0.25, _smeared)),
    _A("brightness 1.4", _G.FILTERED, "40 % brighter", _plain(lambda p: ImageEnhance.Brightness(p).enhance(1.4))),
    _A("brightness 0.6", _G.FILTERED, "40 % darker", _plain(lambda p: ImageEnhance.Brightness(p).enhance(0.6))),
    _A("contrast 1.6", _G.FILTERED, "60 % more contrast", _plain(lambda p: ImageEnhance.Contrast(p).enhance(1.6))),
    _A("grey", _G.FILTERED, "without colour", _plain(lambda p: p.convert("L").convert("RGB"))),
    _A("sepia", _G.FILTERED, "in browns", _pixelwise(lambda pixels: pixels @ _SEPIA.T)),
    _A("gamma 2", _G.FILTERED, "middle tones darker", _pixelwise(lambda pixels: 255 * (pixels / 255) ** 2)),
    _A("blur", _G.FILTERED, "Gaussian, σ 3 pixels", _plain(lambda p: p.filter(ImageFilter.GaussianBlur(3)))),
    _A("inverted colours", _G.FILTERED, "as a negative", _plain(ImageOps.invert)),
    _A("noise", _G.FILTERED, "normal, σ 15 grey levels", _noisy),
    _A("collage 2x2", _G.COLLECTED, "one of four tiles; JPEG 85", _collage(2, 2), 85),
    _A("collage 2x2, gap", _G.COLLECTED, "with 10 white pixels between the tiles", _collage(2, 2, 10), 85),
    _A("collage 1x2", _G.COLLECTED, "one of two, side by side", _collage(2, 1), 85),
    _A("collage 3x3", _G.COLLECTED, "one of nine", _collage(3, 3), 85),
    _A("picture in picture 60 %", _G.COLLECTED, "384 pixels wide somewhere on another of 640 × 480",
       _picture_in_picture(0.6)),
    _A("picture in picture 40 %", _G.COLLECTED, "256 pixels wide", _picture_in_picture(0.4)),
    _A("inset 25 %", _G.COVERED, "another picture in its lower right corner, a quarter as wide and high", _inset(0.25)),
    _A("inset 35 %", _G.COVERED, "35 % as wide and high", _inset(0.35)),
    _A("white border 5 %", _G.FRAMED, "all round, 5 % of the longer side", _bordered(0.05, WHITE)),
    _A("black border 15 %", _G.FRAMED, "all round, 15 %", _bordered(0.15, BLACK)),
    _A("meme strip", _G.FRAMED, "a white strip of 20 % above it with two lines; JPEG 85", _plain(_meme), 85),
    _A("photo of a screen, bezel", _G.SCREEN, "moiré, glare, tint, 12 % of dark frame, slant, soft; JPEG 75",
       _photographed(0.12), 75),
    _A("photo of a screen, tight", _G.SCREEN, "the same with 1 % of frame", _photographed(0.01), 75),
    _A("mirror + crop 10 % + bar", _G.COMBINED, "JPEG 60", _in_turn(_mirror, _cut_10, _plain(_captioned)), 60),
    _A("screenshot + mirror", _G.COMBINED, "mirrored, then a screenshot with black bars; JPEG 75",
       _in_turn(_mirror, _screenshot(BLACK)), 75),
    _A("crop 10 % + mosaic + watermark", _G.COMBINED, "mosaic over 10 %; JPEG 70",
       _in_turn(_cut_10, _boxed(0.10, _mosaic), _plain(_watermark)), 70),
    _A("chat + crop 10 % + emoji", _G.COMBINED, "cut, an emoji over 5 %, then a screenshot in a chat; JPEG 75",
       _in_turn(_cut_10, _emoji(1, 0.05), _plain(_chat)), 75),
)  # fmt: skip


def main() -> int:
    """Write all alterations of one picture into a folder; the other pictures are made from it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--others", type=Path, help="a folder with at least 8 other pictures, for collages and insets")
    args = parser.parse_args()
    picture = prepared(args.picture.read_bytes())
    if args.others:
        others = [prepared(path.read_bytes()) for path in sorted(args.others.iterdir()) if path.is_file()]
    else:
        others = [ImageOps.colorize(picture.convert("L"), BLACK, (30 * n, 255, 255 - 30 * n)) for n in range(OTHERS)]
    args.folder.mkdir(parents=True, exist_ok=True)
    for number, alteration in enumerate(ALTERATIONS, 1):
        ending = "png" if alteration.quality is None else "jpg"
        words = re.sub(r"[^a-z0-9]+", "-", alteration.name.lower()).strip("-")
        (args.folder / f"{number:02}-{words}.{ending}").write_bytes(alter(picture, alteration, args.seed, others))
    print(f"{len(ALTERATIONS)} altered pictures in {args.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
