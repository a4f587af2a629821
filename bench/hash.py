"""How long do the bytes of a JPEG take to become a fingerprint, and how far is the fast one from the exact one?

Ours is the fingerprint of an upload that is looked up, in all eight orientations. The peer is what the open reference
does for one orientation: Pillow decodes the whole picture, `pdqhash` fingerprints it. Both run in turn in this process,
pinned to one core, one thread; each file counts with the better of several rounds, in CPU time.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.support.figures import options, tell
from bench.support.photos import GRAIN, Photo, encode, largest, opened, photographs
from notcontent.fingerprint import operators
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.jpeg import scale_for
from notcontent.fingerprint.pdq import fingerprint_pixels
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.pool import DecoderPool
from notcontent.fingerprint.value import Fingerprint

GOALS = {
    "ratio_12mp": [">=", 30],
    "ratio_2mp": [">=", 12],
    "ratio_03mp": [">=", 5],
    "max_bits_full": ["<=", 0],
    "share_within_4_bits": [">=", 0.99],
}
SIZES = {"12mp": (4032, 3024), "2mp": (1632, 1224), "03mp": (640, 480)}
#: Sides that no scale divides.
ODD_SIZES = [(3021, 2023), (3027, 4035), (1613, 1211)]
TIMED_PHOTOS = 24
LEAST_PHOTOS = 60


def by_reference(pixels: NDArray[np.uint8]) -> Fingerprint:
    """What `pdqhash` says about RGB pixels."""
    return Fingerprint(np.packbits(pdqhash.compute(np.ascontiguousarray(pixels))[0]).tobytes())


def decoded(data: bytes) -> NDArray[np.uint8]:
    """Pillow's full decode."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def the_peers_way(data: bytes) -> Fingerprint:
    """Bytes to fingerprint as python-threatexchange does it."""
    return by_reference(decoded(data))


def our_way(data: bytes) -> Fingerprint:
    """Bytes to fingerprint of an upload that is looked up."""
    return fingerprint_picture(data, purpose=Purpose.QUERY).upright


def best_ms(work: Callable[[bytes], object], data: bytes, rounds: int) -> float:
    """CPU milliseconds of the best round."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work(data)
        times.append((time.process_time() - start) * 1000)
    return min(times)


def time_size(photos: list[Photo], size: tuple[int, int], rounds: int, grain: float = 0) -> tuple[float, float, float]:
    """Mean CPU milliseconds of a file, ours and the peer's, and the mean size of the files in kB."""
    ours, peer, kilobytes = [], [], []
    for photo in photos:
        data = encode(opened(photo), size, grain)
        our_way(data)
        ours.append(best_ms(our_way, data, 2 * rounds))
        peer.append(best_ms(the_peers_way, data, rounds))
        kilobytes.append(len(data) / 1000)
    return float(np.mean(ours)), float(np.mean(peer)), float(np.mean(kilobytes))


def turned(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """The pixels in the eight orientations, in our order."""
    yield from (np.rot90(pixels, quarters) for quarters in range(4))
    yield from (pixels[::-1], pixels[:, ::-1])
    yield pixels.swapaxes(0, 1)
    yield np.rot90(pixels, 2).swapaxes(0, 1)


def compare_full(photos: list[Photo], large: list[Photo]) -> int:
    """The largest distance between our operator on full-size RGB and `pdqhash`, over all eight orientations."""
    most = 0
    for photo in photos:
        pixels = np.asarray(opened(photo))
        if pixels.shape[0] * pixels.shape[1] > 400_000:
            pixels = np.asarray(opened(photo).resize((640, 480)))
        made = fingerprint_pixels(pixels).orientations
        most = max(most, *(a.distance_bits(by_reference(b)) for a, b in zip(made, turned(pixels), strict=True)))
    for photo, size in zip(large, [*ODD_SIZES, *SIZES.values()] * len(large), strict=False):
        pixels = np.asarray(opened(photo).resize(size))
        most = max(most, fingerprint_pixels(pixels).orientations[0].distance_bits(by_reference(pixels)))
    return most


def compare_scaled(photos: list[Photo], large: list[Photo]) -> list[int]:
    """Bits by which the fast fingerprints of JPEG files are off: upright from `pdqhash`, turned from our exact ones."""
    files = [(encode(opened(photo), size), size) for photo in photos for size in (None, SIZES["2mp"], ODD_SIZES[2])]
    files += [(encode(opened(photo), size), size) for photo in large for size in (*ODD_SIZES[:2], SIZES["12mp"])]
    bits = []
    for data, _ in files:
        fast = fingerprint_picture(data, purpose=Purpose.QUERY).orientations
        exact = fingerprint_picture(data).orientations
        bits.append(fast[0].distance_bits(the_peers_way(data)))
        bits += [a.distance_bits(b) for a, b in zip(fast[1:], exact[1:], strict=True)]
    return bits


async def through_the_pool(data: bytes, rounds: int) -> float:
    """Wall milliseconds from handing the bytes to a locked worker process to having the fingerprints, the median."""
    pool = DecoderPool(1)
    await pool.start()
    times = []
    try:
        for _ in range(rounds + 2):
            start = time.perf_counter()
            await pool.fingerprint(data, Purpose.QUERY)
            times.append((time.perf_counter() - start) * 1000)
    finally:
        await pool.close()
    return float(np.median(times[2:]))


def cold_operator_ms() -> float:
    """Milliseconds to make both operators of a size that was not seen before, of about 2 megapixels."""
    times = []
    for more in range(1, 21):
        width, height = SIZES["2mp"][0] + more, SIZES["2mp"][1] + more
        start = time.process_time()
        operators.axis_operator(height, scale_for(height, width))
        operators.axis_operator(width, scale_for(height, width))
        times.append((time.process_time() - start) * 1000)
    return float(np.median(times))


def measure(quick: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures and the peer's; null where there were too few photographs."""
    have = photographs(timeout_s=20 if quick else 180)
    for sentence in have.missing:
        print(sentence, file=sys.stderr)
    figures: dict[str, Any] = {"photos": len(have.photos), **dict.fromkeys(GOALS)}
    peer: dict[str, Any] = {}
    if len(have.photos) < LEAST_PHOTOS:
        print(f"Only {len(have.photos)} photographs: too few to measure on.", file=sys.stderr)
        return figures, {"pillow + pdqhash": peer}
    figures["ms_2mp_through_pool"] = round(asyncio.run(through_the_pool(_sample(have.photos), 20)), 2)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    large = largest(have.photos, TIMED_PHOTOS)
    plan = (
        {"12mp": (4, 2), "2mp": (12, 3), "03mp": (24, 5)}
        if quick
        else {"12mp": (14, 3), "2mp": (24, 5), "03mp": (24, 9)}
    )
    for name, (count, rounds) in plan.items():
        ours, theirs, kilobytes = time_size(large[:count], SIZES[name], rounds)
        figures |= {
            f"ratio_{name}": round(theirs / ours, 1),
            f"ms_{name}": round(ours, 2),
            f"kb_{name}": round(kilobytes),
        }
        peer[f"ms_{name}"] = round(theirs, 2)
    ours, theirs, kilobytes = time_size(large[: 1 if quick else 6], SIZES["12mp"], 2, GRAIN)
    figures |= {"ratio_12mp_grainy": round(theirs / ours, 1), "kb_12mp_grainy": round(kilobytes)}
    figures["cold_operator_ms"] = round(cold_operator_ms(), 2)
    step = max(1, len(have.photos) // (LEAST_PHOTOS if quick else len(have.photos)))
    some = list(have.photos[::step])
    figures["compared_photos"] = len(some)
    figures["max_bits_full"] = compare_full(some, large[: 3 if quick else 12])
    bits = compare_scaled(some[: 30 if quick else None], large[: 2 if quick else 12])
    figures["share_within_4_bits"] = round(sum(one <= 4 for one in bits) / len(bits), 4)
    figures["mean_bits_scaled"], figures["max_bits_scaled"] = round(float(np.mean(bits)), 2), max(bits)
    return figures, {"pillow + pdqhash": peer}


def _sample(photos: tuple[Photo, ...]) -> bytes:
    return encode(opened(*largest(photos, 1)), SIZES["2mp"])


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    args = options(__doc__, "fewer photographs and rounds").parse_args()
    figures, peers = measure(args.quick)
    return tell(figures, GOALS, peers, as_json=args.json)


if __name__ == "__main__":
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        # numpy reads it when it is loaded: one thread, for us and for the peer.
        os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        os.execv(sys.executable, [sys.executable, *sys.argv])
    sys.exit(main())
