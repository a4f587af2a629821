"""Makes vectors/video.json, which every implementation of the video rules must meet.

Run: python -m tests.fingerprint.video.make_vectors

Nothing of ours is trusted here: times come from the container, fingerprints from `pdqhash`, and the rules are written
down a second time, as plainly as can be.
"""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import av
import numpy as np
from PIL import Image, ImageSequence

from tests.fingerprint.formula import Recipe, draw
from tests.fingerprint.make_vectors import VECTORS
from tests.fingerprint.oracle import expect

from .making import Pixels, animation, drifting, film

SECOND = 1_000_000


def sampled(times: list[int], per_second: int) -> list[int]:
    first: dict[int, int] = {}
    highest = -1
    for place, time in enumerate(times):
        slot = time * per_second // SECOND
        if slot > highest:
            first[slot], highest = place, slot
    return list(first.values())


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def pruned(codes: list[str], qualities: list[int]) -> list[int]:
    kept: list[int] = []
    for place, code in enumerate(codes):
        if qualities[place] >= 30 and (not kept or distance(codes[kept[-1]], code) > 8):
            kept.append(place)
    return kept


def enrolled(times: list[int], codes: list[str], qualities: list[int], length: int) -> list[int]:
    taken = sampled(times, 8 if length < 60 * SECOND else 4)
    kept = [taken[place] for place in pruned([codes[p] for p in taken], [qualities[p] for p in taken])]
    return [kept[place] for place in thinned(len(kept))]


def thinned(count: int) -> list[int]:
    return list(range(count)) if count <= 600 else [place * count // 600 for place in range(600)]


def _sampling() -> list[dict[str, Any]]:
    steady = {f"{fps} a second": [round(k * SECOND / fps) for k in range(40)] for fps in (5, 24, 25, 30, 60)}
    rows = steady | {
        "29.97 a second": [k * 1001 * SECOND // 30_000 for k in range(40)],
        "one every two seconds": [2 * SECOND * k for k in range(5)],
        "at its own pace": [k * k * 3000 for k in range(40)],
        "a microsecond before and after": [0, 124_999, 125_000, 249_999, 250_000, 250_001, 499_999, 500_000],
        "backwards": [0, 300_000, 100_000, 260_000, 600_000, 599_999],
        "one frame": [0],
        "none": [],
    }
    return [
        {"name": name, "times_us": times, "at_4_per_second": sampled(times, 4), "at_8_per_second": sampled(times, 8)}
        for name, times in rows.items()
    ]


def _wandering(seed: int, count: int, most_bits: int) -> tuple[list[str], list[int]]:
    """Codes that change by a few bits from one to the next, and qualities that dip."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2, 256, dtype=np.uint8)
    codes, qualities = [], []
    for _ in range(count):
        changed = random.choice(256, int(random.integers(0, most_bits + 1)), replace=False)
        bits[changed] ^= 1
        codes.append(np.packbits(bits).tobytes().hex())
        qualities.append(int(random.integers(20, 101)))
    return codes, qualities


def _choosing() -> list[dict[str, Any]]:
    rows = []
    for name, seed, count, most_bits, length in (
        ("short", 1, 32, 12, 4 * SECOND),
        ("slow", 2, 40, 3, 5 * SECOND),
        ("just under a minute", 3, 40, 20, 60 * SECOND - 1),
        ("a minute", 3, 40, 20, 60 * SECOND),
    ):
        codes, qualities = _wandering(seed, count, most_bits)
        times = [k * SECOND // 8 for k in range(count)]
        row = {"name": name, "times_us": times, "length_us": length, "quality": qualities, "pdq": codes}
        row |= {"pruned": pruned(codes, qualities), "enrolled": enrolled(times, codes, qualities, length)}
        rows.append(row)
    return rows


def _file(
    name: str, media_type: str, data: bytes, times: list[int], shown: list[Pixels], max_bits: int
) -> dict[str, Any]:
    taken = sampled(times, 8)
    made = [expect(shown[place]) for place in taken]
    at = [times[place] for place in taken]
    codes, qualities = [one["pdq"] for one in made], [one["quality"] for one in made]
    frames = [{"us": t, "quality": q, "pdq": c} for t, q, c in zip(at, qualities, codes, strict=True)]
    return {
        "name": name,
        "media_type": media_type,
        "max_bits": max_bits,
        "length_us": times[-1],
        "frames": frames,
        "enrolled": enrolled(at, codes, qualities, times[-1]),
        "base64": base64.b64encode(data).decode(),
    }


def _by_pyav(data: bytes) -> tuple[list[int], list[Pixels]]:
    times, shown = [], []
    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(video=0):
            times.append(int(frame.pts * frame.time_base * SECOND + 0.5))
            grey = frame.to_ndarray()[: frame.height, : frame.width]
            shown.append(np.dstack([grey] * 3))
    return [time - times[0] for time in times], shown


def _files() -> list[dict[str, Any]]:
    two_shots = drifting(7, 20, 80, 64) + drifting(8, 20, 80, 64)
    h264 = film(two_shots, crf=40)
    vp9 = film(two_shots[8:32], codec="libvpx-vp9", container_name="webm")
    files = [
        _file("mp4-h264", "video/mp4", h264, *_by_pyav(h264), 4),
        _file("webm-vp9", "video/webm", vp9, *_by_pyav(vp9), 4),
    ]
    steps = [draw(Recipe("", 300 + place, 72, 64)) for place in range(5)]
    durations = [100, 20, 400, 0, 100]
    times = [0, 100_000, 120_000, 520_000, 620_000]
    for kind, media_type in (("GIF", "image/gif"), ("WEBP", "image/webp")):
        still = [Image.fromarray(one).quantize(32, dither=Image.Dither.NONE).convert("RGB") for one in steps]
        data = animation([np.asarray(one) for one in still], kind, durations)
        seen = [np.asarray(one.convert("RGB")) for one in ImageSequence.Iterator(Image.open(io.BytesIO(data)))]
        grey = [np.dstack([np.asarray(Image.fromarray(one).convert("L"))] * 3) for one in seen]
        shown_at = times if kind == "GIF" else [0, 100_000, 120_000, 520_000, 520_000]
        files.append(_file(f"{kind.lower()}-animated", media_type, data, shown_at, grey, 2))
    return files


def main() -> None:
    """Write the file anew."""
    thinning = [{"count": count, "kept": thinned(count)} for count in (0, 1, 600, 601, 1201)]
    parts = {"sampling": _sampling(), "choosing": _choosing(), "thinning": thinning, "files": _files()}
    lines = ['{"version": 1,\n "about": "rules for the frames of videos, and small videos; see README.md"']
    for key, rows in parts.items():
        body = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in rows)
        lines.append(f' "{key}": [\n{body}\n ]')
    text = ",\n".join(lines) + "}\n"
    (VECTORS / "video.json").write_text(text, encoding="ascii")
    print(f"video.json: {len(text) // 1024} kB")


if __name__ == "__main__":
    main()
