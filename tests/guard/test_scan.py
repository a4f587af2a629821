"""Sweeping folders with `notcontent scan`."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from notcontent.cli.demo import screenshot
from notcontent.guard.swept import FolderRoot, Places
from tests.conftest import altered, generated_picture
from tests.guard.running_guard import RunningGuard, guard_of_two

CLAIMED, VERIFIED = generated_picture(1), generated_picture(2)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with guard_of_two(tmp_path_factory.mktemp("scan"), CLAIMED, VERIFIED) as running:
        yield running


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "below" / "deeper").mkdir(parents=True)
    (folder / "clean.jpg").write_bytes(generated_picture(7))
    (folder / "notes.txt").write_text("not a picture")
    return folder


def scan(guard: RunningGuard, *words: object) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "notcontent.cli.main", "scan", "--folder", str(guard.folder), "--workers", "1"]
    return subprocess.run([*program, *map(str, words)], capture_output=True, text=True, check=False, timeout=60)


def lines(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_matches_are_found_in_every_folder_and_turn(guard: RunningGuard, pictures: Path) -> None:
    (pictures / "below" / "mirrored.jpg").write_bytes(altered(CLAIMED, "mirrored"))
    (pictures / "below" / "deeper" / "turned.jpg").write_bytes(altered(VERIFIED, "half_turn"))
    screen = io.BytesIO()
    screenshot(Image.open(io.BytesIO(CLAIMED))).save(screen, "PNG")
    (pictures / "screen.png").write_bytes(screen.getvalue())
    done = scan(guard, "--json", pictures)
    assert done.returncode == 1, done.stderr
    first, second, third, summary = sorted(lines(done), key=lambda line: line.get("file", "~"), reverse=False)
    assert first["file"].endswith("turned.jpg") and first["verdict"] == "block"
    assert second["file"].endswith("mirrored.jpg") and second["verdict"] == "hold"
    assert second["matches"][0]["orientation"] == "mirrored" and second["matches"][0]["tier"] == "claimed"
    assert first["matches"][0]["view"] == second["matches"][0]["view"] == "whole"
    assert third["file"].endswith("screen.png") and third["matches"][0]["view"] == "trimmed"
    assert summary == {"summary": {"files": 5, "matches": 3, "errors": 0, "passed_over": 1}}
    assert "5 files, 3 matches" in done.stderr and ".jpg" not in done.stderr


def test_nothing_found_is_exit_code_0_and_an_unreadable_file_2(guard: RunningGuard, pictures: Path) -> None:
    assert scan(guard, pictures).returncode == 0
    (pictures / "cut.jpg").write_bytes(generated_picture(8)[:2000])
    done = scan(guard, "--json", pictures)
    assert done.returncode == 2 and "error" in lines(done)[0] and lines(done)[0]["file"].endswith("cut.jpg")
    (pictures / "listed.jpg").write_bytes(CLAIMED)
    assert scan(guard, pictures).returncode == 1


def test_a_picture_of_a_kind_that_is_not_opened_is_an_error_and_no_file_that_concerns_nobody(
    guard: RunningGuard, pictures: Path
) -> None:
    (pictures / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(1000))
    done = scan(guard, "--json", pictures)
    assert done.returncode == 2 and lines(done)[0]["file"].endswith("phone.heic") and "error" in lines(done)[0]
    assert lines(done)[-1]["summary"] == {"files": 3, "matches": 0, "errors": 1, "passed_over": 1}


def test_links_pipes_and_archives_are_passed_over(guard: RunningGuard, pictures: Path) -> None:
    (pictures / "round").symlink_to(pictures)
    (pictures / "elsewhere.jpg").symlink_to("/dev/zero")
    os.mkfifo(pictures / "pipe.jpg")
    (pictures / "archive.zip").write_bytes(b"PK\x03\x04" + bytes(100_000))
    done = scan(guard, "--json", pictures)
    assert lines(done)[-1]["summary"] == {"files": 6, "matches": 0, "errors": 0, "passed_over": 5}, done.stdout
    assert done.returncode == 0


def test_any_name_a_file_may_have_is_printed_and_printed_only_there(guard: RunningGuard, pictures: Path) -> None:
    name = b"a\nb\xff\x1b[31m.jpg"
    Path(os.fsdecode(bytes(pictures) + b"/" + name)).write_bytes(CLAIMED)
    done = scan(guard, "--json", pictures)
    assert os.fsencode(lines(done)[0]["file"]).endswith(name)
    plain = scan(guard, pictures)
    assert "\x1b" not in plain.stdout and len(plain.stdout.splitlines()) == 1
    guard_files = [path.read_bytes() for path in guard.folder.rglob("*") if path.is_file()]
    assert not any(name in data or bytes(pictures) in data for data in guard_files)


def test_a_place_that_does_not_exist_or_a_folder_without_guard_is_said(
    guard: RunningGuard, pictures: Path, tmp_path: Path
) -> None:
    assert scan(guard, tmp_path / "nowhere").returncode == 2
    program = [sys.executable, "-m", "notcontent.cli.main", "scan", str(pictures), "--folder", str(tmp_path / "none")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "--folder" in done.stderr and not (tmp_path / "none").exists()


def test_an_interrupted_sweep_goes_on_where_it_stopped(guard: RunningGuard, pictures: Path, tmp_path: Path) -> None:
    for number in range(150):
        picture = CLAIMED if number % 10 == 0 else generated_picture(100 + number)
        (pictures / "below" / f"{number:03}.jpg").write_bytes(picture)
    remembered = tmp_path / "how-far"
    program = [
        sys.executable, "-m", "notcontent.cli.main", "scan", "--folder", str(guard.folder), "--workers", "1", "--json",
        "--resume", str(remembered), str(pictures),
    ]  # fmt: skip
    seen: list[str] = []
    rounds = 0
    while True:
        process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout
        if rounds < 2:
            for line in process.stdout:
                seen.append(line)
                if len(seen) >= 5 * (rounds + 1):
                    process.send_signal(signal.SIGINT)
                    break
        seen += process.stdout.readlines()
        code = process.wait(60)
        rounds += 1
        if rounds > 2:
            break
        assert code == 130 and remembered.exists() and (remembered.stat().st_mode & 0o777) == 0o600
    *found, summary = [json.loads(line) for line in seen]
    assert [Path(line["file"]).name for line in found] == [f"{number:03}.jpg" for number in range(0, 150, 10)]
    assert summary == {"summary": {"files": 152, "matches": 15, "errors": 0, "passed_over": 1}}
    assert code == 1 and not remembered.exists()


def test_a_sweep_goes_on_after_any_place_also_when_files_came_and_went(tmp_path: Path) -> None:
    for name in ("a/1", "a/b/2", "a/c", "a.jpg", "b", "d/e/f/3", "z"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    roots, remembered = [FolderRoot(str(tmp_path / "in")), FolderRoot(str(tmp_path / "in" / "a"))], tmp_path / "how-far"
    every = list(Places(roots, None))
    assert len(every) == len(set(every)) == 10
    for number, place in enumerate(every):
        Places(roots, remembered).remember(place)
        assert list(Places(roots, remembered)) == every[number + 1 :]
    Places(roots, remembered).remember(every[3])
    Path(Places(roots, None).path(every[3])).unlink()
    assert list(Places(roots, remembered)) == every[4:]
    assert list(Places(roots[:1], remembered)) == [p for p in every if p.root == 0 and p != every[3]]
    remembered.write_text('{"roots": [')
    assert len(list(Places(roots, remembered))) == 9


def test_the_guards_folder_is_only_read(guard: RunningGuard, pictures: Path) -> None:
    def state() -> dict[Path, tuple[int, int]]:
        files = [
            path for path in guard.folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))
        ]
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    time.sleep(0.1)
    before = state()
    (pictures / "listed.jpg").write_bytes(CLAIMED)
    assert scan(guard, pictures).returncode == 1
    assert state() == before
