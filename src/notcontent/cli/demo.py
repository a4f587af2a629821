"""`notcontent demo`: the loop from the first code to the last receipt, in a terminal, on this machine alone."""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notcontent.cli.practice import Ports, Practice, PracticeError

if TYPE_CHECKING:
    from PIL import Image

    from notcontent.fingerprint.video.frame import VideoFingerprint

#: Benign photographs that scikit-image ships; the first two open the case, the others stay unlisted.
PACKAGED = ("astronaut.png", "coffee.png", "rocket.jpg", "chelsea.png")
LISTED = 2
VIDEO = "a video"
WAIT_S = 30.0
#: Beyond this many different uploads an hour the guard's brake lets claims pass.
MOST_HOLDS = 20
#: So many of them are of the video.
VIDEO_HOLDS = 4


@dataclass(frozen=True, slots=True)
class Upload:
    """One row of the table: what was posted, what should come of it, what did. None, None: nothing near."""

    picture: str
    alteration: str
    expected: str
    verdict: str
    distance_bits: int | None
    view: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture file to post: its name, what was done to it, whether the case lists it."""

    picture: str
    alteration: str
    listed: bool
    data: bytes


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    demo = commands.add_parser(
        "demo",
        help="play the loop in the terminal: code, hold, withdraw, forget",
        description="Starts an exchange and a guard in a temporary folder on free ports, opens a case with your "
        "pictures (or two benign photographs) and a video that it makes, posts altered copies and unrelated ones to "
        "the guard, withdraws, and posts them again. Nothing leaves this machine. Exit code 0 only if every upload "
        "was judged as expected and both receipts arrived.",
    )
    demo.add_argument("pictures", metavar="PICTURE", nargs="*", type=Path, help="pictures to protect in the demo")
    demo.add_argument("--json", action="store_true", help="print one JSON object instead")
    demo.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace) -> int:
    """Play it and print it."""
    tell = (lambda _: None) if args.json else (lambda line: print(line, flush=True))
    with (
        tempfile.TemporaryDirectory(prefix="notcontent-demo-") as folder,
        Practice(Path(folder), Ports.free(board=False), hit_delay_days=0) as practice,
    ):
        result = play(practice, args.pictures, tell)
    if args.json:
        print(json.dumps(result))
    return 0 if result["ok"] else 1


def play(practice: Practice, pictures: list[Path], tell: Any) -> dict[str, Any]:
    """The loop once; returns the object that `--json` prints. Raises `PracticeError`."""
    import httpx

    from notcontent.device.case import Exchange, PictureCode, VideoCode
    from notcontent.device.passphrase import choose_passphrase, derive_keys
    from notcontent.fingerprint.compute import fingerprint_picture

    clock = _Clock(tell)
    samples = _samples(pictures)
    clock.step("pictures and a video altered")
    known = practice.start()
    clock.step("exchange and guard started")
    originals = [sample for sample in samples if sample.alteration == "as it was" and sample.listed]
    codes: list[PictureCode | VideoCode] = []
    for sample in originals:
        if sample.picture == VIDEO:
            codes.append(VideoCode(tuple(frame.hex for frame in _fingerprint_video(sample.data).frames)))
            continue
        made = fingerprint_picture(sample.data)
        codes.append(PictureCode(made.quality, tuple(turned.hex for turned in made.orientations)))
    clock.step(f"codes of {len(codes)} pictures and videos made on this device")
    exchange = Exchange(practice.ports.url("person"))
    guard = httpx.Client(
        base_url=practice.ports.url("guard"), headers={"Authorization": f"Bearer {known.guard_token}"}, timeout=30
    )
    keys = derive_keys(choose_passphrase())
    clock.step("six words made and stretched")
    exchange.open_case(keys, codes, [site for site, _ in exchange.sites()], "online")
    clock.step(f"case opened with {exchange.bytes_sent:,} bytes")
    send_to_hold = _until(lambda: _check(guard, originals[0]).verdict == "hold", "the guard to hold the first picture")
    clock.step("first upload held")
    uploads = [_check(guard, sample) for sample in samples]
    clock.step(f"{len(uploads)} uploads judged")
    exchange.withdraw(keys)
    withdraw_to_pass = _until(lambda: _check(guard, originals[0]).verdict == "allow", "the guard to pass it again")
    clock.step("withdrawn, and the first upload passes")
    after = [_check(guard, sample, withdrawn=True) for sample in samples]
    clock.step("the same uploads judged again")
    _until(lambda: exchange.look(keys).sites[0].state == "erased", "both receipts")
    clock.step("both receipts arrived: stopped and erased")
    exchange.close()
    guard.close()
    result = {
        "ok": all(row.expected == row.verdict for row in uploads + after),
        "uploads": [asdict(row) for row in uploads],
        "after_withdrawal": [asdict(row) for row in after],
        "receipts": ["stopped", "erased"],
        "seconds": {"send_to_hold": round(send_to_hold, 3), "withdraw_to_pass": round(withdraw_to_pass, 3)},
        "bytes_sent": exchange.bytes_sent,
    }
    _show(uploads, after, result, tell)
    return result


class _Clock:
    """Says each step with the seconds it took."""

    def __init__(self, tell: Any) -> None:
        self._tell = tell
        self._last = time.monotonic()

    def step(self, what: str) -> None:
        now = time.monotonic()
        self._tell(f"  {now - self._last:6.2f} s  {what}")
        self._last = now


def _until(condition: Any, what: str) -> float:
    """Seconds until the condition held. Raises `PracticeError` when it takes too long."""
    start = time.monotonic()
    while time.monotonic() < start + WAIT_S:
        if condition():
            return time.monotonic() - start
        time.sleep(0.02)
    raise PracticeError(f"Waited {WAIT_S:.0f} s for {what}, in vain.")


def _check(guard: Any, sample: Sample, *, withdrawn: bool = False) -> Upload:
    expected = "hold" if sample.listed and not withdrawn else "allow"
    answer = guard.post("/v1/check", content=sample.data, headers={"Content-Type": "application/octet-stream"})
    body = answer.json()
    if "verdict" not in body:
        raise PracticeError(f"The guard answered {answer.status_code}: {body.get('error', {}).get('message')}")
    nearest: dict[str, Any] = min(body["matches"], key=lambda match: match["distance_bits"], default={})
    bits, view = nearest.get("distance_bits"), nearest.get("view")
    return Upload(sample.picture, sample.alteration, expected, body["verdict"], bits, view)


def _samples(pictures: list[Path]) -> list[Sample]:
    """The case's pictures in every alteration, and unrelated pictures."""
    packaged = _packaged_pictures()
    listed = pictures or packaged[:LISTED]
    unrelated = packaged[LISTED:] or []
    if not listed:
        raise PracticeError("No pictures are at hand. Name one: notcontent demo PICTURE (or install scikit-image).")
    most = MOST_HOLDS - VIDEO_HOLDS
    if len(listed) > most:
        raise PracticeError(f"The demo takes at most {most} pictures, since a guard holds few an hour on claims.")
    alterations_each = most // len(listed)
    samples = []
    for path in listed:
        try:
            samples += _altered(path.name, path.read_bytes(), listed=True)[:alterations_each]
        except OSError as error:
            raise PracticeError("A picture named on the command line can't be read as one. Check the path.") from error
    for path in unrelated:
        made = _altered(path.name, path.read_bytes(), listed=False)
        samples += [made[0], made[-2]]
    samples += _video_samples()
    samples += [Sample(f"generated {seed}", "as it was", False, _generated(seed)) for seed in range(1, 5)]
    return samples


def _video_samples() -> list[Sample]:
    """A listed video with its copies, and another one; none where videos can't be read."""
    if importlib.util.find_spec("av") is None:
        return []
    from notcontent.cli.demo_clip import copies, filmed, saved

    listed, other = (filmed([_generated(seed) for seed in seeds]) for seeds in ((21, 22, 23), (31, 32)))
    made = {"as it was": saved(listed)} | copies(listed)
    samples = [Sample(VIDEO, alteration, True, data) for alteration, data in made.items()]
    return [*samples, Sample("another video", "as it was", False, saved(other))]


def _fingerprint_video(data: bytes) -> VideoFingerprint:
    from notcontent.fingerprint.video.compute import fingerprint_video

    with tempfile.NamedTemporaryFile(prefix="notcontent-demo-") as file:
        file.write(data)
        file.flush()
        return fingerprint_video(file.name)


def _packaged_pictures() -> list[Path]:
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        return []
    folder = Path(found.submodule_search_locations[0]) / "data"
    return [folder / name for name in PACKAGED if (folder / name).is_file()]


def _altered(name: str, data: bytes, *, listed: bool) -> list[Sample]:
    from PIL import Image, ImageOps

    def jpeg(picture: Image.Image, quality: int) -> bytes:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        return buffer.getvalue()

    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    width, height = upright.size
    turn = Image.Transpose
    made = {
        "as it was": data,
        "recompressed": jpeg(upright, 40),
        "resized to 70 %": jpeg(upright.resize((width * 7 // 10, height * 7 // 10), Image.Resampling.LANCZOS), 85),
        "mirrored": jpeg(upright.transpose(turn.FLIP_LEFT_RIGHT), 85),
        "turned left": jpeg(upright.transpose(turn.ROTATE_90), 85),
        "turned upside down": jpeg(upright.transpose(turn.ROTATE_180), 85),
        "in a screenshot": jpeg(screenshot(upright), 85),
        "in a collage of four": jpeg(collage(upright), 85),
    }
    return [Sample(name, alteration, listed, altered) for alteration, altered in made.items()]


def screenshot(picture: Image.Image) -> Image.Image:
    """A picture as a phone shows it: dark bars above and below, a clock on top, a line to swipe at the bottom."""
    from PIL import Image, ImageDraw

    screen = Image.new("RGB", (540, 1170), (12, 12, 14))
    draw = ImageDraw.Draw(screen)
    draw.text((40, 24), "21:07", fill="white", font_size=28)
    draw.rounded_rectangle((180, 1146, 360, 1154), 4, fill="white")
    shown = picture.resize((540, round(540 * picture.height / picture.width)), Image.Resampling.LANCZOS)
    screen.paste(shown, (0, (1170 - shown.height) // 2))
    return screen


def collage(picture: Image.Image) -> Image.Image:
    """Four pictures edge to edge: this one below on the left, the others generated."""
    from PIL import Image

    width, height = 480, round(480 * picture.height / picture.width)
    sheet = Image.new("RGB", (2 * width, 2 * height))
    others = [Image.open(io.BytesIO(_generated(seed))) for seed in (11, 12, 13)]
    for number, each in enumerate([*others[:2], picture, others[2]]):
        sheet.paste(each.resize((width, height), Image.Resampling.LANCZOS), (number % 2 * width, number // 2 * height))
    return sheet


def _generated(seed: int) -> bytes:
    """A soft landscape of coloured patches: benign, different for every seed, and made here."""
    import numpy as np
    from PIL import Image

    patches = np.random.default_rng(seed).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(patches).resize((720, 560), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _show(uploads: list[Upload], after: list[Upload], result: dict[str, Any], tell: Any) -> None:
    tell(f"\n  {'picture':<16}{'alteration':<22}{'verdict':<10}{'found as':<11}{'bits':>5}   after withdrawal")
    for before, later in zip(uploads, after, strict=True):
        bits = "-" if before.distance_bits is None else str(before.distance_bits)
        wrong = "" if before.expected == before.verdict and later.expected == later.verdict else "   <- not as expected"
        found = f"{before.verdict:<10}{before.view or '-':<11}{bits:>5}"
        tell(f"  {before.picture:<16}{before.alteration:<22}{found}   {later.verdict}{wrong}")
    seconds = result["seconds"]
    tell(
        f"\n  from sending to the first hold {seconds['send_to_hold']} s, "
        f"from withdrawal to passing {seconds['withdraw_to_pass']} s, {result['bytes_sent']:,} bytes sent"
    )
    tell("  All as expected." if result["ok"] else "  NOT as expected.")
