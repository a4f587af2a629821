"""The sample board shows what the guard allows, and nothing else."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import io
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from notcontent.cli.demo import screenshot
from notcontent.cli.practice import Ports
from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.views.view import ViewKind
from tests.conftest import altered, generated_picture, photograph
from tests.fingerprint.video.making import drifting, film
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

PROGRAM = Path(__file__).parents[2] / "examples" / "board" / "board.py"
NEUTRAL = "This upload is held for a check."


def board_module() -> Any:
    specification = importlib.util.spec_from_file_location("board", PROGRAM)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@dataclass
class World:
    exchange: SmallExchange
    guard: RunningGuard
    folder: Path
    board: httpx.Client

    def listed(self, seed: int, tier: Tier = Tier.CLAIMED) -> tuple[str, bytes]:
        picture = generated_picture(seed)
        entry = self.exchange.add(fingerprint_picture(picture).orientations[0].value, tier)
        self.guard.catch_up()
        return entry, picture

    def post(self, picture: bytes) -> str:
        return self.board.post("/", files={"picture": ("holiday.jpg", picture, "image/jpeg")}).text

    def shown(self) -> list[str]:
        return re.findall(r'src="(/pictures/\w+)"', self.board.get("/").text)

    def stored(self) -> int:
        return len(list((self.folder / "pictures").iterdir()))

    def decide(self, decision: str, reason: str) -> None:
        self.board.post("/moderator", data={"word": "open sesame"})
        [action] = re.findall(r'action="(/moderator/\w+)"', self.board.get("/moderator").text)
        assert self.board.post(action, data={"decision": decision, "reason": reason}).status_code == 200
        self.board.cookies.clear()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("board")
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as exchange:
        guard = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, {"decoder_workers": 1}).start()
        port = Ports.free(board=True).board
        process = subprocess.Popen(
            [
                sys.executable, PROGRAM, "--port", str(port), "--folder", folder, "--guard", guard.url,
                "--token", guard.token, "--moderator-word", "open sesame",
            ],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        board = httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60, trust_env=False)

        def answers() -> bool:
            try:
                return board.get("/").status_code == 200
            except httpx.HTTPError:
                return False

        wait_until(answers, "the board", 30.0)
        yield World(exchange, guard, folder, board)
        board.close()
        process.terminate()
        process.wait(60)
        guard.stop()


def test_an_unrelated_picture_is_shown(world: World) -> None:
    before = len(world.shown())
    assert "Your upload is on the board." in world.post(generated_picture(1))
    assert len(world.shown()) == before + 1
    answer = world.board.get(world.shown()[0])
    assert answer.content == generated_picture(1) and answer.headers["content-type"] == "image/jpeg"


def test_a_held_picture_is_invisible_until_a_moderator_releases_it(world: World) -> None:
    entry, picture = world.listed(2)
    before = world.shown()
    assert NEUTRAL in world.post(altered(picture, "mirrored"))
    assert world.shown() == before
    world.board.post("/moderator", data={"word": "open sesame"})
    [held] = re.findall(r'src="(/pictures/\w+)"', world.board.get("/moderator").text)
    assert world.board.get(held).status_code == 200
    world.board.cookies.clear()
    assert world.board.get(held).status_code == 404
    world.decide("release", "own_picture")
    assert len(world.shown()) == len(before) + 1
    wait_until(
        lambda: "release" in {r["decision"] for r in world.exchange.reports if r["entry"] == entry}, "the report"
    )


def test_a_moderator_reads_where_in_a_picture_it_was_found(world: World) -> None:
    data = photograph("coffee.png")
    world.exchange.add(fingerprint_picture(data).orientations[0].value)
    world.guard.catch_up()
    buffer = io.BytesIO()
    screenshot(Image.open(io.BytesIO(data)).convert("RGB")).save(buffer, "PNG")
    for upload, words in ((buffer.getvalue(), "Found in a screenshot"), (data, "The whole picture looks like")):
        assert NEUTRAL in world.post(upload)
        world.board.post("/moderator", data={"word": "open sesame"})
        assert words in world.board.get("/moderator").text
        world.decide("block", "intimate")


def test_a_short_video_is_shown_and_one_that_shows_a_listed_picture_held_and_its_moderator_told_when(
    world: World,
) -> None:
    before = len(world.shown())
    other = film(drifting(21, 40, 320, 180), 20)
    assert "Your upload is on the board." in world.post(other)
    front = world.board.get("/")
    assert f'<video src="{world.shown()[0]}" controls' in front.text
    assert "media-src 'self'" in front.headers["content-security-policy"]
    part = world.board.get(world.shown()[0], headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, other[:10], "video/mp4")

    data = photograph("rocket.jpg")
    world.exchange.add(fingerprint_picture(data).orientations[0].value)
    world.guard.catch_up()
    still = np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((320, 214)))
    frames = [*(np.pad(frame, ((17, 17), (0, 0), (0, 0))) for frame in drifting(22, 140, 320, 180)), *[still] * 20]
    for upload in (film(frames, 20), film(frames, 20, "libvpx", "webm")):
        assert NEUTRAL in world.post(upload) and len(world.shown()) == before + 1
        world.board.post("/moderator", data={"word": "open sesame"})
        page = world.board.get("/moderator").text
        assert "Found at 0:07 of the video." in page and '<video class="preview-video"' in page
        world.decide("block", "intimate")


def test_the_moderators_words_cover_every_view_and_an_older_boards_file_is_taken_over(tmp_path: Path) -> None:
    module = board_module()
    assert set(module.FOUND) == set(ViewKind)
    with sqlite3.connect(tmp_path / "board.db") as older:
        older.execute("CREATE TABLE pictures (id TEXT PRIMARY KEY, kind TEXT, state TEXT, guard_id TEXT)")
        older.execute("INSERT INTO pictures VALUES ('a', 'image/png', 'held', 'b')")
    older.close()
    for _ in range(2):
        board = module.Board(tmp_path, "http://127.0.0.1:9", "token", "word")
        assert board.listed("held") == [module.Row("a", "image/png", "b", None, None)]


def test_a_picture_that_a_moderator_blocks_is_deleted(world: World) -> None:
    _, picture = world.listed(3)
    before, files = world.shown(), world.stored()
    world.post(picture)
    assert world.stored() == files + 1
    world.decide("block", "intimate")
    assert world.shown() == before and world.stored() == files


def test_a_hold_ends_when_the_person_takes_her_codes_back(world: World) -> None:
    entry, picture = world.listed(4)
    before = len(world.shown())
    world.post(picture)
    assert len(world.shown()) == before
    world.exchange.withdraw(entry)
    wait_until(lambda: len(world.shown()) == before + 1, "the picture to be shown")


def test_a_blocked_picture_is_never_stored_and_its_poster_reads_the_same_words(world: World) -> None:
    _, picture = world.listed(5, Tier.VERIFIED)
    files = world.stored()
    assert NEUTRAL in world.post(picture)
    assert world.stored() == files


@pytest.mark.parametrize("file", [b"", b"text", b"\xff\xd8\xff and then nothing"])
def test_what_is_no_picture_is_refused_kindly(world: World, file: bytes) -> None:
    files = world.stored()
    assert "not a picture or video that we can show" in world.post(file)
    assert world.stored() == files


@pytest.mark.parametrize("address", ["/", "/?told=held", "/moderator", "/moderator?word=wrong"])
def test_every_screen_says_that_it_is_practice(world: World, address: str) -> None:
    answer = world.board.get(address)
    assert "Practice only. Nothing here reaches a real site." in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_closed_room_shows_nothing_and_takes_nothing_until_it_is_open_again(world: World) -> None:
    def steps(name: str) -> None:
        world.board.post("/moderator", data={"word": "open sesame"})
        world.board.post(f"/moderator{here}", data={"closes": name})

    opened = world.board.post("/rooms", data={"name": "  <b>Us   only</b> "})
    here = opened.url.path
    assert "&lt;b&gt;Us only&lt;/b&gt;" in opened.text and here.startswith("/rooms/")
    upload = {"picture": ("holiday.jpg", generated_picture(6), "image/jpeg")}
    assert "Your upload is on the board." in world.board.post(here, files=upload).text
    [picture] = re.findall(r'src="(/pictures/\w+)"', world.board.get(here).text)
    assert picture not in world.shown()
    world.board.cookies.clear()
    assert world.board.post(f"/moderator{here}", data={"closes": "yes"}).status_code == 403
    steps("yes")
    closed, files = world.board.post(here, files=upload).text, world.stored()
    assert "This room was closed." in closed and "<img" not in closed and 'type="file"' not in closed
    assert world.board.get(picture).status_code == 404 and world.stored() == files
    steps("no")
    assert picture in world.board.get(here).text and world.board.get(picture).status_code == 200
    world.board.cookies.clear()


def test_a_stranger_neither_sees_nor_decides(world: World) -> None:
    world.board.post("/moderator", data={"word": "wrong"})
    assert "Moderator word" in world.board.get("/moderator").text
    answer = world.board.post("/moderator/" + "0" * 32, data={"decision": "release", "reason": "expired"})
    assert answer.status_code == 403


def test_without_a_guard_nothing_is_taken(tmp_path: Path) -> None:
    board = board_module().Board(tmp_path, "http://127.0.0.1:9", "token", "word")
    assert asyncio.run(board.take(generated_picture(1))) == "later"
    assert not list((tmp_path / "pictures").iterdir())


def test_the_board_needs_nothing_of_notcontent_but_the_stylesheet() -> None:
    tree = ast.parse(PROGRAM.read_text())
    imported = [
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    assert not [name for name in imported if name.startswith("notcontent")]
    assert PROGRAM.read_text().count("notcontent.page") == 1
