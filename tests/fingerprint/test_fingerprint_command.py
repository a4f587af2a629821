"""`notcontent fingerprint` as a person types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from notcontent.fingerprint.video.compute import fingerprint_video

from .formula import Recipe, draw
from .oracle import expect
from .video.making import drifting, film

PIXELS = draw(Recipe("", 11, 200, 150))


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "notcontent.cli.main", "fingerprint", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.fromarray(PIXELS).save(tmp_path / "picture.png")
    Image.new("RGB", (90, 90), (1, 2, 3)).save(tmp_path / "flat.bmp")
    (tmp_path / "letter.png").write_text("Dear Sir or Madam")
    (tmp_path / "half.png").write_bytes((tmp_path / "picture.png").read_bytes()[:9000])
    return tmp_path


def test_json_lines_give_kind_code_quality_and_eight_orientations(folder: Path) -> None:
    done = command("--json", folder / "picture.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"file": str(folder / "picture.png"), "kind": "pdq", **expect(PIXELS)}


def test_a_file_that_fails_has_its_own_line_and_the_exit_code_says_so(folder: Path) -> None:
    names = ["letter.png", "picture.png", "half.png", "missing.png", ".", "flat.bmp"]
    done = command("--json", *(folder / name for name in names))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [row["file"] for row in rows] == [str(folder / name) for name in names]
    assert ["error" in row for row in rows] == [True, False, True, True, True, False]
    assert rows[1]["pdq"] == expect(PIXELS)["pdq"]
    assert rows[5]["quality"] == 0
    assert len({rows[place]["error"] for place in (0, 2, 3, 4)}) == 4
    assert set(rows[0]) == {"file", "error"}


def test_a_video_gives_the_codes_of_its_frames(folder: Path) -> None:
    (folder / "clip.mp4").write_bytes(film(drifting(1, 50)))
    expected = fingerprint_video(folder / "clip.mp4")
    done = command("--json", folder / "clip.mp4", folder / "picture.png", folder / "cut.mp4")
    (folder / "cut.mp4").write_bytes((folder / "clip.mp4").read_bytes()[:300])
    video, picture, _ = (json.loads(line) for line in done.stdout.splitlines())
    assert video == {
        "file": str(folder / "clip.mp4"),
        "kind": "video",
        "seconds": expected.seconds,
        "complete": True,
        "frames": [one.hex for one in expected.frames],
    }
    assert len(expected.frames) > 5 and picture["kind"] == "pdq"
    table = command(folder / "clip.mp4", folder / "cut.mp4")
    assert table.returncode == 2
    _, first, second = table.stdout.splitlines()
    assert first.split()[0] == "video" and f"{len(expected.frames)} frames" in first
    assert "damaged" in second


def test_without_json_people_get_a_table(folder: Path) -> None:
    done = command(folder / "picture.png", folder / "flat.bmp")
    assert done.returncode == 0
    heading, first, second = done.stdout.splitlines()
    assert heading.split()[0] == "quality"
    assert first.split()[:2] == ["100", expect(PIXELS)["pdq"]]
    assert "too little" in second


def test_no_more_than_standard_output_is_written(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    subprocess.run(
        [sys.executable, "-m", "notcontent.cli.main", "fingerprint", "picture.png"], cwd=folder, check=True, stdout=-3
    )
    assert sorted(path.name for path in folder.iterdir()) == before


def test_help_says_that_the_picture_stays_and_what_comes_out() -> None:
    text = command("--help").stdout
    for words in ("stay on this machine", "orientations", "Exit codes", "AVIF"):
        assert words in text
