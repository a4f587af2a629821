"""A fuzzer on the decoders' entry: `python -m tests.fingerprint.fuzz_decode FOLDER -runs=2000`. Needs atheris.

FOLDER gets seeds of every format. Coverage of our Python and of Pillow's leads it. What may come out is fingerprints or
a refusal of this room; anything else ends the run with an error and the input beside it.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL"]):
    from notcontent.fingerprint import compute, decode
    from notcontent.fingerprint import jpeg as jpeg_markers
    from notcontent.fingerprint.compute import DecodeLimits, fingerprint_picture
    from notcontent.fingerprint.picture import Purpose
    from notcontent.fingerprint.refusals import PictureRefused

from tests.fuzzing import lead_by

from .formula import Recipe, draw
from .jpegs import jpeg, turned, without
from .make_vectors import VECTORS

LIMITS = DecodeLimits(max_bytes=1 << 20, max_pixels=1_000_000, max_side=5_000)


def write_seeds(folder: Path) -> None:
    """One file of each kind, small, and JPEGs large enough to be decoded at a reduced scale."""
    seeds = [base64.b64decode(file["base64"]) for file in json.loads((VECTORS / "files.json").read_text())["files"]]
    large = draw(Recipe("", 7, 500, 490))
    seeds += [jpeg(large, quality=5), jpeg(large, "L", quality=5, progressive=True), turned(large, 6)]
    seeds += [without(jpeg(large, "CMYK", quality=5), 0xE0)]
    for number, seed in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(seed)


def read_untrusted(untrusted_bytes: bytes) -> None:
    """Both ways of decoding."""
    for purpose in Purpose:
        try:
            found = fingerprint_picture(untrusted_bytes, LIMITS, purpose)
        except PictureRefused:
            continue
        assert len(found.orientations) == 8


if __name__ == "__main__":
    write_seeds(Path(sys.argv[1]))
    lead_by(compute, decode, jpeg_markers)
    atheris.Setup(sys.argv, read_untrusted)
    atheris.Fuzz()
