"""The pictures of docs/platform/evasion.md: distances, what is found of each alteration, false matches, a sheet."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.alterations import ALTERATIONS, Group, Picture, alter
from bench.support.evasion_table import Row
from bench.support.svg import Drawing
from notcontent.fingerprint.orientations import ORIENTATIONS
from notcontent.guard.limits import TABLE, false_match_rate, limits_for

WIDTH = 760
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def draw_distances(path: Path, copies: NDArray[np.int64], strangers: NDArray[np.int64], limits: set[int]) -> None:
    """How far the nearest look is, as shares by distance: from the original, and from another photograph."""
    drawing = Drawing(WIDTH, 330, "Distances of altered copies and of other photographs")
    left, right, top, bottom = 50, WIDTH - 20, 70, 280
    drawing.text(20, 28, "The nearest of all looks at an upload", "title")
    drawing.text(
        20, 48, f"share of uploads by distance; the limits lie between {min(limits)} and {max(limits)} bits", "soft"
    )
    across = (right - left) / 136
    tallest = 0.0
    shares = []
    for counts in (copies, strangers):
        binned = counts[:136].reshape(-1, 4).sum(axis=1) / counts.sum()
        shares.append(binned)
        tallest = max(tallest, float(binned.max()))
    drawing.box(left, top, (max(limits) + 1) * across, bottom - top, "band")
    for binned, colour in zip(shares, ("ours", "peer"), strict=True):
        for at, share in enumerate(binned):
            if share:
                height = max(0.8, (bottom - top) * share / tallest)
                drawing.box(left + at * 4 * across, bottom - height, 4 * across - 1, height, colour, 0.85)
    for bits in range(0, 137, 16):
        drawing.text(left + bits * across, bottom + 20, str(bits), "soft middle")
    for share in (0, tallest / 2, tallest):
        y = bottom - (bottom - top) * share / tallest
        drawing.line([(left, y), (right, y)], "line")
        drawing.text(left - 6, y + 4, f"{share:.0%}", "soft end")
    drawing.text(right, bottom + 40, "bits that differ, of 256", "soft end")
    drawing.box(left + 150, top + 12, 12, 12, "ours", 0.85)
    drawing.text(left + 168, top + 23, "altered copies, from their original")
    drawing.box(left + 150, top + 34, 12, 12, "peer", 0.85)
    drawing.text(left + 168, top + 45, "altered copies, from every other photograph")
    drawing.write(path)


def draw_recall(path: Path, rows: Sequence[Row]) -> None:
    """What is found of each alteration, with the 95 % interval; a dot for HMA."""
    ordered = sorted(rows, key=lambda row: (list(Group).index(row.group), -row.ours, -row.hma))
    height = 90 + 18 * len(ordered) + 30 * len({row.group for row in ordered})
    drawing = Drawing(WIDTH, height, "What is found of each alteration, here and by HMA")
    left, right = 290, WIDTH - 60
    drawing.text(20, 28, "Found of each alteration", "title")
    drawing.box(20, 42, 12, 12, "ours", 0.85)
    drawing.text(38, 53, "this cascade, with the 95 % interval", "soft")
    drawing.dot(266, 48, "peer")
    drawing.text(276, 53, "plain PDQ, as HMA asks", "soft")
    y = 64.0
    for group, members in groupby(ordered, key=lambda row: row.group):
        y += 24
        drawing.text(20, y, str(group), "group")
        y += 6
        for row in members:
            drawing.box(left, y + 2, right - left, 14, "band")
            drawing.text(left - 10, y + 13, row.name, "soft end")
            drawing.box(left, y + 2, (right - left) * row.ours, 14, "ours", 0.85)
            low, high = (left + (right - left) * min(1, max(0, share)) for share in (row.low, row.high))
            drawing.line([(low, y + 9), (high, y + 9)], "ink", 1.2)
            drawing.dot(left + (right - left) * row.hma, y + 9, "peer", 3.5)
            drawing.text(WIDTH - 16, y + 13, f"{row.ours:.0%}", "soft end")
            y += 18
    drawing.write(path)


def expected_false_matches(size: int) -> float:
    """Of one upload with every look, at a list of so many: by the extrapolation that the limits are made from."""
    limits, total = limits_for(size), 0.0
    for row in TABLE:
        allowed = limits.bits(row.kind)
        turns = [bits for turn, bits in zip(ORIENTATIONS, allowed, strict=True) if turn in row.turns and bits >= 0]
        total += size * row.most_views * sum(false_match_rate(bits) for bits in turns)
    return total


def _power(exponent: int) -> str:
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def draw_false_matches(path: Path, comparisons: int, looks: float) -> None:
    """Per upload, by the size of the list: ours, plain PDQ at 31 bits, and what measuring alone can rule out."""
    drawing = Drawing(WIDTH, 390, "Expected false matches of an upload by the size of the list")
    left, right, top, bottom = 70, WIDTH - 30, 80, 330
    least, most = -12, 3
    drawing.text(20, 28, "Expected false matches of one upload, by the size of the list", "title")
    drawing.text(20, 48, "extrapolated from the measured tail, uncertain by two to three powers of ten", "soft")

    def at(size: float, rate: float) -> tuple[float, float]:
        x = left + (right - left) * (math.log10(size) - 3) / 5
        return x, bottom - (bottom - top) * (max(least, math.log10(rate)) - least) / (most - least)

    for exponent in range(least, most + 1, 3):
        y = at(1e3, 10.0**exponent)[1]
        drawing.line([(left, y), (right, y)], "line")
        drawing.text(left - 8, y + 4, _power(exponent), "soft end")
    sizes = [round(10 ** (3 + step / 10)) for step in range(51)]
    for exponent in range(3, 9):
        drawing.text(at(10.0**exponent, 1)[0], bottom + 20, _power(exponent), "soft middle")
    drawing.text(right, bottom + 42, "fingerprints on the list", "soft end")
    drawing.line([at(size, expected_false_matches(size)) for size in sizes], "ours", 2.5)
    drawing.line([at(size, size * false_match_rate(31)) for size in sizes], "peer", 2.5)
    drawing.line([at(size, size * looks * 3 / comparisons) for size in sizes], "soft", 1.5, "5 4")
    drawing.text(
        right, at(1, 3e-1)[1] + 14, "dashed: all that measuring alone, without extrapolation, rules out", "soft end"
    )
    drawing.text(at(1.2e3, 1)[0], at(1, 1e-6)[1] - 8, "every look of the cascade, limits by size")
    drawing.text(at(2e5, 1)[0], at(1, 3e-10)[1], "plain PDQ at 31 bits, whatever the size")
    drawing.write(path)


def draw_sheet(path: Path, picture: Picture, others: Sequence[Picture]) -> None:
    """Every alteration of one photograph, small, with its name."""
    across, width, height = 9, 140, 122
    down = -(-len(ALTERATIONS) // across)
    sheet = Image.new("RGB", (across * width, down * height), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    for place, alteration in enumerate(ALTERATIONS):
        shown = Image.open(io.BytesIO(alter(picture, alteration, 1, others))).convert("RGB")
        shown.thumbnail((width - 8, height - 24), Image.Resampling.LANCZOS)
        x, y = place % across * width, place // across * height
        frame = (x + (width - shown.width) // 2, y + 4 + (height - 24 - shown.height) // 2)
        sheet.paste(shown, frame)
        right, bottom = frame[0] + shown.width, frame[1] + shown.height
        draw.rectangle((frame[0] - 1, frame[1] - 1, right, bottom), outline=(200, 200, 200))
        name = alteration.name if len(alteration.name) < 26 else alteration.name[:24] + "…"
        draw.text((x + width / 2, y + height - 9), name, (60, 60, 60), font, anchor="mm")
    sheet.save(path, "JPEG", quality=80, optimize=True)
