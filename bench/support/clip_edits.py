"""What is done to clips before they are uploaded again: twelve edits, for any matcher. Each gives frames and a rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from bench.support.clips import Pixels, encode


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit: what it does to frames and their rate, and the quality it is saved with (CRF, higher is worse)."""

    name: str
    change: Callable[[Pixels, float], tuple[Pixels, float]]
    crf: int = 26

    def apply(self, frames: Pixels, fps: float) -> bytes:
        """The edited clip as a file."""
        return encode(*self.change(frames, fps), crf=self.crf)


def _scaled(frames: Pixels, height: int) -> Pixels:
    width = round(frames.shape[2] * height / frames.shape[1] / 2) * 2
    return np.stack(
        [np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.BICUBIC)) for one in frames]
    )


def _middle(frames: Pixels, share: float) -> Pixels:
    left = round(len(frames) * (1 - share) / 2)
    return frames[left : max(left + 2, len(frames) - left)]


def _at_rate(frames: Pixels, fps: float, wanted: float) -> Pixels:
    times = np.arange(0, len(frames) / fps, 1 / wanted)
    return frames[np.minimum((times * fps + 1e-9).astype(int), len(frames) - 1)]


def _letterboxed(frames: Pixels) -> Pixels:
    bar = round(frames.shape[1] * 0.17 / 2) * 2
    return np.pad(frames, ((0, 0), (bar, bar), (0, 0), (0, 0)))


def _cropped(frames: Pixels, share: float) -> Pixels:
    top, left = (round(side * share / 2) for side in frames.shape[1:3])
    return frames[:, top : frames.shape[1] - top, left : frames.shape[2] - left]


def _with_logo(frames: Pixels) -> Pixels:
    marked = frames.copy()
    height, width = frames.shape[1:3]
    logo = Image.new("RGB", (width // 6, height // 8), (240, 240, 240))
    draw = ImageDraw.Draw(logo)
    draw.ellipse((4, 4, logo.height - 4, logo.height - 4), fill=(200, 30, 40))
    draw.text((logo.height + 2, logo.height // 3), "LOGO TV", fill=(20, 20, 20))
    at = width - logo.width - width // 40
    marked[:, height // 30 : height // 30 + logo.height, at : at + logo.width] = np.asarray(logo)
    return marked


def _with_bar(frames: Pixels) -> Pixels:
    barred = frames.copy()
    height, width = frames.shape[1:3]
    bar = Image.new("RGB", (width, height // 10), (25, 25, 25))
    ImageDraw.Draw(bar).text(
        (width // 20, bar.height // 4), "watch the whole clip on this channel", fill=(250, 250, 250)
    )
    barred[:, height - bar.height :] = np.asarray(bar)
    return barred


def _toned(frames: Pixels) -> Pixels:
    table = np.clip((np.arange(256) - 128) * 1.3 + 128 + 25, 0, 255).astype(np.uint8)
    return table[frames]


#: In the order of the table in docs/spec/video.md.
EDITS = (
    Edit("re-encoded, 360p, CRF 35", lambda frames, fps: (_scaled(frames, 360), fps), 35),
    Edit("only the middle 30 %", lambda frames, fps: (_middle(frames, 0.3), fps)),
    Edit("only the middle 10 %", lambda frames, fps: (_middle(frames, 0.1), fps)),
    Edit("speed 1.5", lambda frames, fps: (frames, fps * 1.5)),
    Edit("12 frames a second", lambda frames, fps: (_at_rate(frames, fps, 12.0), 12.0)),
    Edit("letterbox", lambda frames, fps: (_letterboxed(frames), fps)),
    Edit("mirror", lambda frames, fps: (frames[:, :, ::-1], fps)),
    Edit("crop 10 %", lambda frames, fps: (_cropped(frames, 0.1), fps)),
    Edit("logo", lambda frames, fps: (_with_logo(frames), fps)),
    Edit("bottom bar", lambda frames, fps: (_with_bar(frames), fps)),
    Edit("brightness and contrast", lambda frames, fps: (_toned(frames), fps)),
    Edit("mirror, letterbox, speed 1.25", lambda frames, fps: (_letterboxed(frames[:, :, ::-1]), fps * 1.25)),
)
