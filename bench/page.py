"""Does the page make the same code as Python, and how long does it take for a large photograph?

A real Chromium runs the page's own worker on benign photographs; Python codes the same files. The peer is `pdqhash`,
the binding of the reference, in the same run: its distance to the page and its time for the same 12-megapixel file.
"""

from __future__ import annotations

import base64
import io
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pdqhash
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.support.figures import options, tell
from bench.support.photos import Photo, photographs
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import FLAGS, PROGRAMS
from tests.page.person_face import Face

GOALS = {"zero_bits_share": [">=", 0.95], "max_bits": ["<=", 2], "ms_12mp": ["<=", 2500]}
LEAST_PHOTOS = 60
QUICK_PHOTOS = 64
LARGE = (4032, 3024)
LARGE_ROUNDS = 5
ASK_WORKER = """async (text) => {
  globalThis.beside ??= new Worker('/page/worker.js', {type: 'module'});
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const start = performance.now();
  beside.postMessage({id: 1, kind: 'picture', blob: new Blob([bytes])});
  const answer = await new Promise((done) => {
    beside.onmessage = ({data}) => { if ('answer' in data) done(data.answer); };
  });
  return {...answer, ms: performance.now() - start};
}"""


def bits_between(one: str, other: str) -> int:
    """Hamming distance of two codes in hex."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def by_reference(data: bytes) -> str:
    """What `pdqhash` says about the upright picture."""
    pixels = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    return np.packbits(pdqhash.compute(pixels)[0]).tobytes().hex()


def by_page(page: Page, data: bytes) -> dict[str, Any]:
    """The page's answer: result {quality, orientations}, ms from asking to having it."""
    answer: dict[str, Any] = page.evaluate(ASK_WORKER, base64.b64encode(data).decode())
    return answer


def enlarged(photo: Photo) -> bytes:
    """The photograph as a 12-megapixel JPEG."""
    out = io.BytesIO()
    Image.open(io.BytesIO(photo.data)).convert("RGB").resize(LARGE).save(out, "JPEG", quality=88)
    return out.getvalue()


def compare(page: Page, photos: list[Photo]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Distances between page, Python and reference over all photographs."""
    upright, turned, quality, reference = [], [], [], []
    for photo in photos:
        made = by_page(page, photo.data)["result"]
        expected = fingerprint_picture(photo.data)
        bits = [bits_between(a, b.hex) for a, b in zip(made["orientations"], expected.orientations, strict=True)]
        upright.append(bits[0])
        turned.append(max(bits))
        quality.append(abs(made["quality"] - expected.quality))
        reference.append(bits_between(made["orientations"][0], by_reference(photo.data)))
    figures = {
        "photos": len(photos),
        "zero_bits_share": round(sum(bits == 0 for bits in upright) / len(upright), 4),
        "max_bits": max(upright),
        "max_bits_any_orientation": max(turned),
        "max_quality_difference": max(quality),
    }
    return figures, {"max_bits_to_page": max(reference)}


def time_large(page: Page, photo: Photo, rounds: int) -> tuple[int, int]:
    """Median milliseconds for decoding and coding 12 megapixels: the page, then Pillow and pdqhash upright only."""
    data = enlarged(photo)
    by_page(page, data)
    ours = statistics.median(by_page(page, data)["ms"] for _ in range(rounds))
    peer = []
    for _ in range(rounds):
        start = time.perf_counter()
        by_reference(data)
        peer.append((time.perf_counter() - start) * 1000)
    return round(ours), round(statistics.median(peer))


def measure(quick: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures and the peer's; null where there were too few photographs."""
    have = photographs(timeout_s=20 if quick else 180)
    for sentence in have.missing:
        print(sentence, file=sys.stderr)
    figures: dict[str, Any] = {"photos": len(have.photos), **dict.fromkeys(GOALS)}
    peer: dict[str, Any] = {"max_bits_to_page": None, "ms_12mp": None}
    if not have.photos:
        return figures, {"pdqhash": peer}
    program = next((path for path in PROGRAMS if path and os.access(path, os.X_OK)), None)
    with Face() as face, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page()
        page.goto(face.url)
        figures["ms_12mp"], peer["ms_12mp"] = time_large(page, have.photos[0], 3 if quick else LARGE_ROUNDS)
        if len(have.photos) >= LEAST_PHOTOS:
            some = list(have.photos[:QUICK_PHOTOS] if quick else have.photos)
            found, peers_found = compare(page, some)
            figures.update(found)
            peer.update(peers_found)
        else:
            print(f"Only {len(have.photos)} photographs: too few to compare on.", file=sys.stderr)
        browser.close()
    return figures, {"pdqhash": peer}


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    args = options(__doc__, f"{QUICK_PHOTOS} photographs").parse_args()
    figures, peers = measure(args.quick)
    return tell(figures, GOALS, peers, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
