"""The tus example with the real @tus/server, and tus-js-client, from npm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notcontent.guard.words import Words
from tests.conftest import altered, generated_picture
from tests.guard.running_guard import RunningGuard, guard_of_two

ROOT = Path(__file__).parents[2]
MODULES = Path(sys.prefix) / "peers" / "tus"
CLAIMED, VERIFIED, OTHER = generated_picture(1), generated_picture(2), generated_picture(7)
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not (MODULES / "node_modules").is_dir(), reason="there is no Node here for @tus/server"),
]


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with guard_of_two(tmp_path_factory.mktemp("tus"), CLAIMED, VERIFIED) as running:
        yield running


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stored")


@pytest.fixture(scope="module")
def endpoint(guard: RunningGuard, stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = tmp_path_factory.mktemp("example")
    shutil.copy(ROOT / "examples" / "tus" / "server.mjs", program)
    (program / "node_modules").symlink_to(MODULES / "node_modules")
    where = {"GUARD": guard.url, "TOKEN": guard.token, "FOLDER": str(stored), "PORT": "0"}
    process = subprocess.Popen(
        ["node", program / "server.mjs"], env={**os.environ, **where}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(60)


def send(endpoint: str, data: bytes, tmp_path: Path) -> tuple[int, str]:
    (tmp_path / "upload").write_bytes(data)
    done = subprocess.run(
        ["node", ROOT / "tests" / "doors" / "tus_client.mjs", endpoint, tmp_path / "upload"],
        env={**os.environ, "MODULES": str(MODULES)}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    said = json.loads(done.stdout)
    return said["status"], said["body"]


def kept(stored: Path) -> list[bytes]:
    return [path.read_bytes() for path in stored.iterdir() if path.suffix != ".json"]


def test_an_upload_in_pieces_is_kept_or_refused_as_a_whole(endpoint: str, stored: Path, tmp_path: Path) -> None:
    assert len(OTHER) > 2 * 16 * 1024
    assert send(endpoint, OTHER, tmp_path)[0] == 200
    for listed in (CLAIMED, VERIFIED, altered(VERIFIED, "half_turn")):
        assert send(endpoint, listed, tmp_path) == (451, Words.asked_for("de").say("uploader.held"))
    assert send(endpoint, b"no picture", tmp_path)[0] == 415
    assert send(endpoint, OTHER[:20_000], tmp_path)[0] == 503
    assert kept(stored) == [OTHER]


def test_without_a_guard_nothing_is_kept(guard: RunningGuard, endpoint: str, stored: Path, tmp_path: Path) -> None:
    before = kept(stored)
    guard.stop()
    try:
        status, text = send(endpoint, generated_picture(8), tmp_path)
        assert status == 503 and "try again" in text
        assert kept(stored) == before
    finally:
        guard.start()
