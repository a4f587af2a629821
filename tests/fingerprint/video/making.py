"""Small videos, made as they are needed: soft patches that drift, change and are cut."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def drifting(seed: int, count: int = 50, width: int = 192, height: int = 112) -> list[Pixels]:
    """RGB frames of one shot: a window that wanders over soft patches."""
    random = np.random.default_rng(seed)
    patches = random.integers(0, 256, (44, 52, 3), dtype=np.uint8)
    scene = Image.fromarray(patches).resize((4 * width, 4 * height), Image.Resampling.BICUBIC)
    (x0, y0), (x1, y1) = random.uniform(0, 3, (2, 2))
    frames = []
    for step in np.linspace(0, 1, count):
        left, top = (x0 + (x1 - x0) * step) * width, (y0 + (y1 - y0) * step) * height
        frames.append(np.asarray(scene.crop((int(left), int(top), int(left) + width, int(top) + height))))
    return frames


def film(
    frames: list[Pixels],
    fps: int = 25,
    codec: str = "libx264",
    container_name: str = "mp4",
    pix_fmt: str = "yuv420p",
    times_ms: list[int] | None = None,
    turned_degrees: int = 0,
    crf: int = 18,
    preset: str = "ultrafast",
) -> bytes:
    """The frames as a video file. `times_ms`: when each is shown, if not at a steady rate."""
    out = io.BytesIO()
    with av.open(out, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if codec.startswith("libx26"):
            stream.options = {"crf": str(crf), "preset": preset}
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if turned_degrees:
            stream.set_display_rotation(turned_degrees)
        for place, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24").reformat(format=pix_fmt)
            if times_ms is not None:
                frame.pts, frame.time_base = times_ms[place], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def animation(frames: list[Pixels], kind: str, durations_ms: list[int]) -> bytes:
    """The frames as an animated picture."""
    out = io.BytesIO()
    first, *rest = (Image.fromarray(pixels) for pixels in frames)
    first.save(out, kind, save_all=True, append_images=rest, duration=durations_ms, loop=0)
    return out.getvalue()
