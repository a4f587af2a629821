"""Does the page make the same codes as Python, and what do a large photograph and a minute of video cost it?

A real Chromium runs the page's own worker on benign files; Python codes the same files. `max_bits`, `zero_bits_share`:
photographs as they come (JPEG), and some of them saved as PNG, WebP, AVIF and HEIC. Python opens no HEIC, so there it
codes what `pillow-heif` makes of it. `ms_12mp` is the time for a 12-megapixel JPEG, `memory_mb_12mp` what the renderer
holds more at its peak than before. `s_video_minute` is the time for a minute of 1080p H.264 at 30 frames a second,
photographs panned over with a camera's noise. `video_max_bits`: the farthest that any code the page lists of it lies
from the nearest that Python lists, or the other way round. Frames that are listed differ by more than 8 bits from
their neighbours, so a wrong or missing one shows.

`page_kb_gz`: every file of the page, texts included, that the browser fetches from the first question to the open case
of a picture that is online, in the language whose texts are heaviest, each compressed by itself; beside it the sealing
code, the word list and what a look at a case adds. `files_total`: how many
files these are, sealing code included. `requests_per_case`: what is asked for once the page and its worker have loaded.
`kit_kb`: the kit as it is saved, without word list and sealing code.

The peer is `pdqhash`, the binding of the reference, in the same run, on what Pillow and PyAV decode: its distance to
the page and its time for the same files.
"""

from __future__ import annotations

import gzip
import io
import itertools
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
import pdqhash
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, Response, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.support.figures import options, tell
from bench.support.photos import Photo, photographs
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.value import Fingerprint
from notcontent.fingerprint.video.compute import fingerprint_video
from notcontent.fingerprint.video.sampling import SECOND, Sampler, choose_enrolled
from notcontent.page.languages import LANGUAGES
from tests.conftest import FLAGS, PROGRAMS
from tests.page.person_face import Face
from tests.page.test_everywhere import walk_to_done
from tests.page.test_kit import kit_kb
from tests.page.walk import Walk

GOALS = {
    "zero_bits_share": [">=", 0.95],
    "max_bits": ["<=", 2],
    "ms_12mp": ["<=", 2500],
    "memory_mb_12mp": ["<=", 200],
    "video_max_bits": ["<=", 6],
    "s_video_minute": ["<=", 60],
    "page_kb_gz": ["<=", 40],
    "kit_kb": ["<=", 120],
    "files_total": ["<=", 25],
    "requests_per_case": ["<=", 3],
}
SEALING = {"/page/seal.js", "/page/chacha.js"}
LEAST_PHOTOS = 60
QUICK_PHOTOS = 32
#: Saved anew: so many photographs, no side longer than that, and how.
SAVED, SAVED_SIDE = 40, 1600
FORMATS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "WEBP": {"quality": 88},
    "AVIF": {"quality": 75},
    "HEIF": {"quality": 80},
}
LARGE = (4032, 3024)
LARGE_ROUNDS = 5
MINUTE_FPS, MINUTE_CRF = 30, 23
SHOTS = 15
#: The browser's own process is found again by this.
MARK = f"--notcontent-bench-{os.getpid()}"
ADD_INPUT = """() => {
  globalThis.beside = new Worker('/page/worker.js', {type: 'module'});
  document.body.append(Object.assign(document.createElement('input'), {type: 'file', id: 'bench'}));
}"""
ASK_WORKER = """async () => {
  const start = performance.now();
  beside.postMessage({id: 1, kind: 'picture', blob: document.getElementById('bench').files[0]});
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


def by_page(page: Page, data: bytes | Path) -> dict[str, Any]:
    """The page's answer to a file: result {quality, orientations} or {frames}, ms from asking to having it."""
    with tempfile.NamedTemporaryFile() as file:
        if isinstance(data, bytes):
            file.write(data)
            file.flush()
        page.set_input_files("#bench", file.name if isinstance(data, bytes) else data)
        answer: dict[str, Any] = page.evaluate(ASK_WORKER)
    return answer


def saved(photo: Photo, kind: str, size: tuple[int, int] | None = None) -> bytes:
    """The photograph in that format, at that size or at most SAVED_SIDE pixels a side."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(photo.data))).convert("RGB")
    if size is None:
        image.thumbnail((SAVED_SIDE, SAVED_SIDE))
    else:
        image = image.resize(size)
    out = io.BytesIO()
    image.save(out, kind, **({"quality": 88} if kind == "JPEG" else FORMATS[kind]))
    return out.getvalue()


def opened_by_python(data: bytes) -> bytes:
    """HEIC as PNG, since our Python opens none; everything else as it is."""
    if data[4:8] != b"ftyp" or data[8:11] != b"hei":
        return data
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(out, "PNG", compress_level=1)
    return out.getvalue()


def compare(page: Page, photos: Sequence[Photo], saved_anew: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Distances between page, Python and reference over all photographs, and over some in the other formats."""
    upright: dict[str, list[int]] = {}
    turned, quality, reference = [], [], []
    files = itertools.chain(
        (("as they come", photo.data) for photo in photos),
        ((kind, saved(photo, kind)) for kind in FORMATS for photo in photos[:saved_anew]),
    )
    for kind, data in files:
        made = by_page(page, data)["result"]
        expected = fingerprint_picture(opened_by_python(data))
        bits = [bits_between(a, b.hex) for a, b in zip(made["orientations"], expected.orientations, strict=True)]
        upright.setdefault(kind, []).append(bits[0])
        turned.append(max(bits))
        quality.append(abs(made["quality"] - expected.quality))
        reference.append(bits_between(made["orientations"][0], by_reference(data)))
    every = [bits for found in upright.values() for bits in found]
    figures = {
        "photos": len(photos),
        "files_saved_anew": len(every) - len(photos),
        "zero_bits_share": round(sum(bits == 0 for bits in every) / len(every), 4),
        "max_bits": max(every),
        "max_bits_any_orientation": max(turned),
        "max_quality_difference": max(quality),
    }
    figures |= {f"max_bits_{kind.lower()}": max(upright[kind]) for kind in FORMATS}
    return figures, {"max_bits_to_page": max(reference)}


def time_large(page: Page, data: bytes, rounds: int) -> tuple[int, int]:
    """Median milliseconds for decoding and coding 12 megapixels: the page, then Pillow and pdqhash upright only."""
    by_page(page, data)
    ours = statistics.median(by_page(page, data)["ms"] for _ in range(rounds))
    peer = []
    for _ in range(rounds):
        start = time.perf_counter()
        by_reference(data)
        peer.append((time.perf_counter() - start) * 1000)
    return round(ours), round(statistics.median(peer))


def renderer_kib() -> int:
    """What the fullest renderer of our browser holds in memory; 0 where the system does not tell (other than Linux)."""
    parents, arguments = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            arguments[int(folder.name)] = (folder / "cmdline").read_bytes()
        except OSError:
            continue

    def is_ours(process: int) -> bool:
        while process and MARK.encode() not in arguments.get(process, b""):
            process = parents.get(process, 0)
        return process != 0

    most = 0
    for process, said in arguments.items():
        if b"--type=renderer" in said and is_ours(process):
            try:
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            most = max(most, int(status.partition("VmRSS:")[2].split()[0]))
    return most


def memory_of(page: Page, data: bytes | Path) -> int | None:
    """Megabytes that the renderer holds more while it codes the file than before it, at the most."""
    before = renderer_kib()
    if before == 0:
        return None
    seen, over = [before], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            seen.append(renderer_kib())

    looking = threading.Thread(target=look)
    looking.start()
    by_page(page, data)
    over.set()
    looking.join()
    return round((max(seen) - before) * 1024 / 1e6)


def film(photos: Sequence[Photo], file: Path, seconds: int, size: tuple[int, int]) -> None:
    """H.264 in MP4: photographs panned over, one after the other, with a camera's noise."""
    width, height = size
    noise = np.random.default_rng(3).normal(8, 4, (17, height, width, 1)).clip(0, 16).astype(np.uint8)
    frames = seconds * MINUTE_FPS
    with av.open(str(file), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=MINUTE_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "superfast", "crf": str(MINUTE_CRF)}
        shot = -1
        for number in range(frames):
            if number * SHOTS // frames != shot:
                shot = number * SHOTS // frames
                picture = Image.open(io.BytesIO(photos[shot].data)).convert("RGB")
                scene = np.asarray(picture.resize((width * 5 // 4, height * 5 // 4))) // 16 * 15
            along = (number * SHOTS % frames) / frames
            left, top = int(along * width / 4), int((1 - along) * height / 4)
            pixels = scene[top : top + height, left : left + width] + noise[number % 17]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")))
        container.mux(stream.encode())


def frames_by_reference(file: Path) -> tuple[list[str], float]:
    """What PyAV and `pdqhash` make of the frames that are listed, and the seconds they take."""
    start = time.perf_counter()
    sampler, times, made = Sampler(8), [], []
    last = 0
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            last = round(float(frame.time or 0) * SECOND)
            if sampler.takes(last):
                plane = frame.planes[0]
                grey: NDArray[np.uint8] = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
                bits, quality = pdqhash.compute(np.dstack([grey[: frame.height, : frame.width]] * 3))
                times.append(last)
                made.append((Fingerprint(np.packbits(bits).tobytes()), int(quality)))
    chosen = choose_enrolled(times, [one for one, _ in made], [quality for _, quality in made], last)
    return [made[place][0].hex for place in chosen], time.perf_counter() - start


def farthest(some: Sequence[str], others: Sequence[str]) -> int:
    """How far the worst code of either side lies from the nearest one of the other."""
    table = [[bits_between(one, other) for other in others] for one in some]
    return max(*(min(row) for row in table), *(min(column) for column in zip(*table, strict=True)))


def compare_video(page: Page, photos: Sequence[Photo], quick: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Frames of the page against Python's and the reference's, and the time for a minute of 1080p."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "film.mp4"
        film(photos, file, 6 if quick else 60, (640, 360) if quick else (1920, 1080))
        answer = by_page(page, file)
        ours = answer["result"]["frames"]
        listed = [frame.hex for frame in fingerprint_video(file).frames]
        reference, seconds = frames_by_reference(file)
        figures = {"video_frames": len(ours), "video_max_bits": farthest(ours, listed)}
        peer = {"video_max_bits_to_page": farthest(ours, reference)}
        if not quick:
            figures["s_video_minute"] = round(answer["ms"] / 1000, 1)
            figures["megabits_a_second"] = round(file.stat().st_size * 8 / 60 / 1e6, 1)
            figures["memory_mb_video"] = memory_of(page, file)
            peer["s_video_minute"] = round(seconds, 1)
    return figures, peer


def weigh(page: Page, face: Face, tag: str) -> dict[str, float]:
    """Open a case and look at it: what the browser fetched, in thousands of bytes, each file compressed by itself."""
    fetched: dict[str, bytes] = {}

    def keep(response: Response) -> None:
        path = urlsplit(response.url).path
        if response.request.resource_type != "fetch" or path.startswith("/texts/"):
            fetched[path] = response.body()

    page.on("response", keep)
    walk = Walk(page, face)
    walk.open(tag)
    walk_to_done(page, lambda _: None, detours=False)
    of_the_case = dict(fetched)
    asked = [request for request in walk.requests if request.resource_type == "fetch"]
    walk.page.locator("main .button-main").first.click()
    walk.page.locator(".site").first.wait_for()

    def weight(paths: Iterable[str]) -> float:
        return round(sum(len(gzip.compress(fetched[path], 9)) for path in paths) / 1000, 1)

    words = next((request for request in asked if "/words/" in request.url), None)
    listed = words.response() if words else None
    return {
        "page_kb_gz": weight(set(of_the_case) - SEALING),
        "sealing_kb_gz": weight(SEALING),
        "words_kb_gz": round(len(gzip.compress(listed.body(), 9)) / 1000, 1) if listed and listed.ok else 0.0,
        "status_kb_gz": weight(set(fetched) - set(of_the_case)),
        "files_total": len(of_the_case),
        "requests_per_case": len(asked),
    }


def weights(browser: Browser, face: Face) -> dict[str, Any]:
    """Of the language whose page is heaviest; `page_kb_gz_en` beside it."""
    every = {tag: weigh(browser.new_page(), face, tag) for tag in LANGUAGES}
    heaviest = max(every, key=lambda tag: every[tag]["page_kb_gz"])
    return {"heaviest": heaviest, "page_kb_gz_en": every["en"]["page_kb_gz"], "kit_kb": kit_kb(heaviest)} | every[
        heaviest
    ]


def measure(quick: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures and the peer's; null where there were too few photographs."""
    pillow_heif.register_heif_opener()
    have = photographs(timeout_s=20 if quick else 180)
    for sentence in have.missing:
        print(sentence, file=sys.stderr)
    figures: dict[str, Any] = {"photos": len(have.photos), **dict.fromkeys(GOALS)}
    peer: dict[str, Any] = {"max_bits_to_page": None, "ms_12mp": None}
    if len(have.photos) < LEAST_PHOTOS:
        print(f"Only {len(have.photos)} photographs: too few to compare on.", file=sys.stderr)
        return figures, {"pdqhash": peer}
    program = next((path for path in PROGRAMS if path and os.access(path, os.X_OK)), None)
    with Face() as face, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, MARK])
        page = browser.new_page()
        page.goto(face.url)
        page.evaluate(ADD_INPUT)
        large = saved(have.photos[0], "JPEG", LARGE)
        by_page(page, have.photos[0].data)
        figures["memory_mb_12mp"] = memory_of(page, large)
        figures["ms_12mp"], peer["ms_12mp"] = time_large(page, large, 3 if quick else LARGE_ROUNDS)
        figures["memory_mb_12mp_heic"] = memory_of(page, saved(have.photos[0], "HEIF", LARGE))
        figures |= weights(browser, face)
        some = have.photos[:QUICK_PHOTOS] if quick else have.photos
        for found, peers_found in (compare(page, some, 4 if quick else SAVED), compare_video(page, have.photos, quick)):
            figures |= found
            peer |= peers_found
        browser.close()
    return figures, {"pdqhash": peer}


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    args = options(__doc__, f"{QUICK_PHOTOS} photographs, a small video of six seconds").parse_args()
    figures, peers = measure(args.quick)
    return tell(figures, GOALS, peers, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
