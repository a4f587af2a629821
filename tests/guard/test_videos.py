"""An upload that is a video: found, turned away, or the trouble of nobody else."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, ImageOps

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.video.compute import fingerprint_video
from tests.conftest import generated_picture, photograph
from tests.fingerprint.video.making import Pixels, animation, drifting, film
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

FPS = 20
#: Three shots of two seconds, 320 x 180.
LISTED = [frame for seed in (1, 2, 3) for frame in drifting(seed, 40, 320, 180)]
OTHER = [frame for seed in (51, 52) for frame in drifting(seed, 40, 320, 180)]
PHOTO = photograph("astronaut.png")


def codes(frames: list[Pixels], folder: Path) -> list[bytes]:
    path = folder / "listed.mp4"
    path.write_bytes(film(frames, FPS))
    made = [frame.value for frame in fingerprint_video(path).frames]
    path.unlink()
    return made


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def video(exchange: SmallExchange, tmp_path_factory: pytest.TempPathFactory) -> str:
    return exchange.add_video(codes(LISTED, tmp_path_factory.mktemp("listed")), Tier.SEEN)


@pytest.fixture(scope="module")
def photo(exchange: SmallExchange) -> str:
    return exchange.add(fingerprint_picture(PHOTO).upright.value, Tier.SEEN)


@pytest.fixture(scope="module")
def guard(
    tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange, video: str, photo: str
) -> Iterator[RunningGuard]:
    settings = {"max_upload_mib": 8, "max_video_s": 60, "decoder_workers": 1}
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
    yield running
    assert running.stop() == 0


def mirrored(frames: list[Pixels]) -> list[Pixels]:
    return [frame[:, ::-1] for frame in frames]


def between_bars(frames: list[Pixels]) -> list[Pixels]:
    return [np.pad(frame, ((40, 40), (0, 0), (0, 0))) for frame in frames]


def smaller(frames: list[Pixels]) -> list[Pixels]:
    return [np.asarray(Image.fromarray(frame).resize((240, 136), Image.Resampling.BICUBIC)) for frame in frames]


UPLOADS = {
    "as it was": lambda: (film(LISTED, FPS), "upright"),
    "smaller, as webm": lambda: (film(smaller(LISTED), FPS, "libvpx", "webm"), "upright"),
    "mirrored and squeezed": lambda: (film(mirrored(LISTED), FPS, crf=36), "mirrored"),
    "between bars": lambda: (film(between_bars(LISTED), FPS), "upright"),
    "a cut of two seconds": lambda: (film(LISTED[55:95], FPS), "upright"),
    "behind another video": lambda: (film([*OTHER, *LISTED], FPS), "upright"),
    "a gif": lambda: (animation(LISTED[::10], "GIF", [500] * 12), "upright"),
    "an animated webp": lambda: (animation(LISTED[::10], "WEBP", [500] * 12), "upright"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_a_listed_video_is_found_in_an_upload_and_the_host_is_told_when(
    guard: RunningGuard, video: str, name: str
) -> None:
    upload, orientation = UPLOADS[name]()
    said = guard.check(upload).json()
    assert said["verdict"] == "hold"
    [match] = said["matches"]
    assert (match["entry"], match["view"], match["orientation"]) == (video, "frame", orientation)
    begins = len(OTHER) / FPS if name == "behind another video" else 0
    assert begins <= match["at_s"] <= begins + 6


def test_a_still_of_a_listed_video_is_found_like_a_picture(guard: RunningGuard, video: str) -> None:
    buffer = io.BytesIO()
    ImageOps.mirror(Image.fromarray(LISTED[60])).save(buffer, "JPEG", quality=80)
    [match] = guard.check(buffer.getvalue()).json()["matches"]
    assert (match["entry"], match["view"], match["orientation"], match["at_s"]) == (video, "whole", "mirrored", None)


def test_a_listed_picture_is_found_in_a_video_that_shows_it(guard: RunningGuard, photo: str) -> None:
    shown = np.asarray(Image.open(io.BytesIO(PHOTO)).convert("RGB").resize((320, 320)))
    frames = [*(np.pad(frame, ((70, 70), (0, 0), (0, 0))) for frame in OTHER[:60]), *([shown] * 10)]
    said = guard.check(film(frames, FPS)).json()
    [match] = said["matches"]
    assert (match["entry"], match["view"]) == (photo, "frame") and match["at_s"] == pytest.approx(3, abs=0.3)


def test_what_a_video_shows_first_does_not_hide_the_rest(
    guard: RunningGuard, exchange: SmallExchange, video: str, tmp_path: Path
) -> None:
    frames = drifting(81, 40, 320, 180)
    verified = exchange.add_video(codes(frames, tmp_path), Tier.VERIFIED)
    guard.catch_up()
    answer = guard.check(film([*LISTED[:40], *OTHER[:20], *frames], FPS))
    assert (answer.status_code, answer.json()["verdict"]) == (451, "block")
    # What decided comes first.
    assert [match["entry"] for match in answer.json()["matches"]] == [verified, video]
    assert answer.json()["matches"][0]["at_s"] >= 3
    exchange.withdraw(verified)
    guard.catch_up()


def test_other_videos_pass_and_leave_no_record(guard: RunningGuard) -> None:
    for upload in (film(OTHER, FPS), animation(OTHER[::10], "GIF", [500] * 8)):
        said = guard.check(upload).json()
        assert (said["verdict"], said["matches"], said["flagged"]) == ("allow", [], False)
        assert guard.client.get(f"/v1/uploads/{said['id']}").status_code == 404


def test_an_animation_of_which_only_a_later_frame_is_listed_is_found(guard: RunningGuard, video: str) -> None:
    said = guard.check(animation([*OTHER[::20], LISTED[50]], "GIF", [500] * 5)).json()
    assert [match["entry"] for match in said["matches"]] == [video]


def test_a_decision_about_a_video_is_reported_like_one_about_a_picture(
    guard: RunningGuard, exchange: SmallExchange, video: str
) -> None:
    said = guard.check(film(LISTED, FPS, crf=30)).json()
    answer = guard.client.post(f"/v1/uploads/{said['id']}/decision", json={"decision": "block", "reason": "intimate"})
    assert answer.json() == {"id": said["id"], "verdict": "hold", "state": "blocked"}
    wait_until(
        lambda: (
            ("block", "intimate") in {(r["decision"], r["reason"]) for r in exchange.reports if r["entry"] == video}
        ),
        "the report",
    )


def test_a_video_is_not_found_any_more_once_it_is_withdrawn(
    guard: RunningGuard, exchange: SmallExchange, tmp_path: Path
) -> None:
    frames = drifting(71, 40, 320, 180)
    entry, upload = exchange.add_video(codes(frames, tmp_path)), film(frames, FPS)
    guard.catch_up()
    assert [match["entry"] for match in guard.check(upload).json()["matches"]] == [entry]
    exchange.withdraw(entry)
    guard.catch_up()
    assert guard.check(upload).json()["verdict"] == "allow"


HOSTILE = {
    "an empty film": (b"\0\0\0\x18ftypmp42" + bytes(100_000), 400),
    "noise behind a webm's first bytes": (b"\x1aE\xdf\xa3" + np.random.default_rng(1).bytes(50_000), 400),
    "a film cut off in its header": (film(OTHER[:30], FPS)[:900], 400),
    "boxes within boxes": (b"\0\0\0\x18ftypmp42" + bytes(12) + b"\x7f\xff\xff\xffmoov" * 5000, 400),
    "a film of three frames that lasts a day": (film(OTHER[:3], times_ms=[0, 40, 86_400_000]), 413),
    "only sound": (b"OggS" + bytes(500), 400),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_video_is_turned_away_and_stalls_no_picture(guard: RunningGuard, name: str) -> None:
    upload, status = HOSTILE[name]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(guard.check(upload).status_code)) for _ in range(3)]
    for thread in threads:
        thread.start()
    # Pictures have processes of their own.
    assert guard.check(PHOTO).json()["verdict"] == "hold"
    for thread in threads:
        thread.join()
    assert answers == [status] * 3
    assert guard.check(film(LISTED[:40], FPS)).json()["verdict"] == "hold"


def test_a_gif_that_unpacks_to_a_thousand_times_its_size_costs_only_itself(guard: RunningGuard) -> None:
    plain = [Image.new("P", (8000, 8000), shade % 2) for shade in range(4)]
    buffer = io.BytesIO()
    plain[0].save(buffer, "GIF", save_all=True, append_images=plain[1:], duration=500)
    assert len(buffer.getvalue()) < 1 << 20
    assert guard.check(buffer.getvalue()).status_code in (200, 400, 413)
    assert guard.check(PHOTO).json()["verdict"] == "hold"
    assert guard.ready()


def readers(guard: RunningGuard) -> int:
    """Processes that read videos under this guard."""
    found = 0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            found += parent == guard.process.pid and b"video.worker" in (path / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
    return found


def test_when_a_caller_hangs_up_its_video_is_read_no_further(guard: RunningGuard) -> None:
    upload = film([frame for seed in range(8) for frame in drifting(seed, 100, 640, 360)], FPS)
    parts = urlsplit(guard.url)
    head = (
        f"POST /v1/check HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer {guard.token}\r\n"
        f"Content-Length: {len(upload)}\r\n\r\n"
    ).encode()
    for _ in range(5):
        with socket.create_connection((str(parts.hostname), parts.port)) as connection:
            connection.sendall(head + upload)
            wait_until(lambda: readers(guard) == 1, "a process to read it")
    wait_until(lambda: readers(guard) == 0, "no process to read any more", 2.0)
    assert guard.client.get("/readyz").json()["videos"]["waiting"] == 0


def test_too_many_videos_at_a_time_are_turned_away_with_503(
    tmp_path: Path, exchange: SmallExchange, video: str
) -> None:
    narrow = RunningGuard(tmp_path / "data", exchange, {"max_waiting_videos": 1, "decoder_workers": 1}).start()
    upload = film(LISTED, FPS)
    answers: list[tuple[int, str | None]] = []

    def post() -> None:
        answer = narrow.check(upload)
        answers.append((answer.status_code, answer.headers.get("retry-after")))

    threads = [threading.Thread(target=post) for _ in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {status for status, _ in answers} == {451, 503}
        assert all((after is not None) == (status == 503) for status, after in answers)
        assert narrow.check(upload).status_code == 451
    finally:
        narrow.stop()


def test_without_what_opens_videos_they_get_415_and_the_operator_is_told(
    tmp_path: Path, exchange: SmallExchange, video: str, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfound = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'av' else found(name, package)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    plain = RunningGuard(tmp_path / "data", exchange, {"decoder_workers": 1}).start()
    try:
        for upload in (film(LISTED, FPS), animation(LISTED[::10], "GIF", [500] * 12)):
            answer = plain.check(upload)
            assert answer.status_code == 415 and "notcontent[video]" in answer.json()["error"]["do"]
        assert plain.check(PHOTO).json()["verdict"] == "hold"
        said = plain.client.get("/readyz")
        assert said.status_code == 200 and not said.json()["videos"]["readable"]
        assert "notcontent[video]" in said.json()["videos"]["why"]
    finally:
        plain.stop()


def scan(guard: RunningGuard, *words: object) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "notcontent.cli.main", "scan", "--folder", str(guard.folder), "--workers", "1"]
    return subprocess.run([*program, *map(str, words)], capture_output=True, text=True, check=False, timeout=60)


def test_a_sweep_reads_videos_where_they_lie_and_says_when(guard: RunningGuard, video: str, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "a.webm").write_bytes(film([*mirrored(OTHER), *mirrored(LISTED)], FPS, "libvpx", "webm"))
    (folder / "b.mp4").write_bytes(film(OTHER, FPS))
    (folder / "c.gif").write_bytes(animation(LISTED[::10], "GIF", [500] * 12))
    (folder / "d.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(1000))
    (folder / "e.txt").write_text("neither")
    done = scan(guard, "--json", folder)
    assert done.returncode == 1, done.stderr
    first, second, broken, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["file"].endswith("a.webm") and second["file"].endswith("c.gif")
    for line, begins in ((first, len(OTHER) / FPS), (second, 0)):
        [match] = line["matches"]
        assert (match["entry"], match["view"]) == (video, "frame") and begins <= match["at_s"] <= begins + 6
    assert broken["file"].endswith("d.mp4") and "error" in broken
    assert summary == {"summary": {"files": 5, "matches": 2, "errors": 1, "passed_over": 1}}
    assert "frame at " in scan(guard, folder / "c.gif").stdout


def test_a_sweep_holds_a_video_of_any_size_in_bounded_memory(guard: RunningGuard, tmp_path: Path) -> None:
    # A film of a gibibyte of which the most is padding behind it: read where it lies, never whole.
    path = tmp_path / "large.mp4"
    path.write_bytes(film(LISTED, FPS) + (1 << 30).to_bytes(4, "big") + b"free")
    os.truncate(path, path.stat().st_size - 8 + (1 << 30))
    program = (
        "import sys\nfrom pathlib import Path\nfrom notcontent.cli.main import main\n"
        "try:\n    main()\nfinally:\n    print(Path('/proc/self/status').read_text(), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "scan", "--folder", guard.folder, "--workers", "1", path],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "frame at" in done.stdout, done.stderr
    [peak_kib] = [int(line.split()[1]) for line in done.stderr.splitlines() if line.startswith("VmHWM:")]
    assert peak_kib < 300_000


def test_a_picture_is_answered_while_a_long_video_is_read(guard: RunningGuard) -> None:
    upload = film([frame for seed in range(6) for frame in drifting(seed + 30, 150, 640, 360)], FPS)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(guard.check(upload).status_code))
    thread.start()
    wait_until(lambda: readers(guard) == 1, "the video to be read")
    assert guard.check(generated_picture(5)).json()["verdict"] == "allow"
    assert not answers
    thread.join()
    assert answers == [200]


def test_a_sweep_shows_on_a_terminal_how_far_it_is_in_a_long_video(guard: RunningGuard, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(film([frame for seed in range(8) for frame in drifting(seed + 60, 150, 640, 360)], FPS))
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "notcontent.cli.main", "scan", "--folder", guard.folder, "--workers", "1", path],
        stdout=subprocess.DEVNULL, stderr=end,
    )  # fmt: skip
    os.close(end)
    shown = b""
    # A terminal whose last writer is gone says so by an error.
    with contextlib.suppress(OSError):
        while block := os.read(terminal, 4096):
            shown += block
    os.close(terminal)
    assert process.wait(60) == 0
    assert re.search(rb"\d\d of 60 s of a video", shown), shown
