"""The demo's video: a camera that moves over photographs, made here, and the copies of it that are posted."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FPS, _SECONDS_EACH = 12, 2
_WIDTH, _HEIGHT = 480, 270

Frames = list[NDArray[np.uint8]]


def filmed(pictures: Sequence[bytes]) -> Frames:
    """A shot of two seconds of each picture: (270, 480, 3) RGB, 12 a second."""
    frames = []
    for data in pictures:
        wide = _WIDTH * 3 // 2
        scene = Image.open(io.BytesIO(data)).convert("RGB").resize((wide, wide * 3 // 4), Image.Resampling.LANCZOS)
        for step in np.linspace(0, 1, _FPS * _SECONDS_EACH):
            left, top = int(step * (wide - _WIDTH)), int((1 - step) * (scene.height - _HEIGHT))
            frames.append(np.asarray(scene.crop((left, top, left + _WIDTH, top + _HEIGHT))))
    return frames


def saved(frames: Frames, *, name: str = "mp4", codec: str = "libx264", bit_rate: int = 400_000) -> bytes:
    """The frames as a video file."""
    out = io.BytesIO()
    with av.open(out, "w", format=name) as container:
        stream: Any = container.add_stream(codec, rate=_FPS, bit_rate=bit_rate)
        stream.options = {"preset": "veryfast"} if codec == "libx264" else {"deadline": "realtime"}
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    return out.getvalue()


def copies(frames: Frames) -> dict[str, bytes]:
    """What is posted of a listed video: what was done to it, and the file."""
    still = io.BytesIO()
    Image.fromarray(frames[len(frames) // 2]).save(still, "JPEG", quality=80)
    mirrored = [frame[:, ::-1] for frame in frames]
    barred = [np.pad(frame, ((60, 60), (0, 0), (0, 0))) for frame in frames[_FPS:]]
    return {
        "mirrored, as WebM": saved(mirrored, name="webm", codec="libvpx", bit_rate=250_000),
        "cut, between bars": saved(barred, bit_rate=250_000),
        "a still of it": still.getvalue(),
    }
