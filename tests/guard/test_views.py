"""A listed photograph is found inside an upload, and the host is told where; a near miss may be offered to people."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, ImageOps

from notcontent.cli.demo import collage, screenshot
from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.pool import DecoderPool
from notcontent.fingerprint.views.view import ViewKind
from tests.conftest import generated_picture, photograph
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

PHOTO = photograph("astronaut.png")
BORDER = 60


def opened(data: bytes = PHOTO) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


#: What was done to the photograph -> the upload, the views that may find it, and how it is turned in there.
UPLOADS: dict[str, tuple[Callable[[Image.Image], Image.Image], set[ViewKind], str]] = {
    "as it was": (lambda photo: photo, {ViewKind.WHOLE}, "upright"),
    "mirrored": (ImageOps.mirror, {ViewKind.WHOLE}, "mirrored"),
    "turned": (lambda photo: photo.transpose(Image.Transpose.ROTATE_270), {ViewKind.WHOLE}, "quarter_cw"),
    "inverted": (ImageOps.invert, {ViewKind.INVERTED}, "upright"),
    "inverted and mirrored": (lambda photo: ImageOps.mirror(ImageOps.invert(photo)), {ViewKind.INVERTED}, "mirrored"),
    "with a border": (lambda photo: ImageOps.expand(photo, BORDER, "white"), {ViewKind.TRIMMED}, "upright"),
    "in a screenshot": (screenshot, {ViewKind.TRIMMED}, "upright"),
    "mirrored in a screenshot": (lambda photo: screenshot(ImageOps.mirror(photo)), {ViewKind.TRIMMED}, "mirrored"),
    "in a collage": (collage, {ViewKind.RECTANGLE, ViewKind.TILE}, "upright"),
}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        running.add(code(PHOTO), Tier.SEEN)
        yield running


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange).start()
    yield running
    assert running.stop() == 0


def code(data: bytes) -> bytes:
    return fingerprint_picture(data).upright.value


def changed(value: bytes, bits: int) -> bytes:
    """A code so many bits away, spread evenly."""
    every = np.unpackbits(np.frombuffer(value, np.uint8))
    every[np.linspace(0, 255, bits, dtype=int)] ^= 1
    return np.packbits(every).tobytes()


@pytest.mark.parametrize("name", UPLOADS)
def test_a_listed_photograph_is_found_in_an_upload_and_the_host_is_told_where(guard: RunningGuard, name: str) -> None:
    alter, kinds, orientation = UPLOADS[name]
    said = guard.check(jpeg(alter(opened()))).json()
    assert said["verdict"] == "hold" and not said["review"]
    [match] = said["matches"]
    assert ViewKind(match["view"]) in kinds and match["orientation"] == orientation


@pytest.mark.parametrize("alter", [screenshot, collage, lambda photo: ImageOps.expand(photo, BORDER, "white")])
def test_another_photograph_altered_in_the_same_ways_passes(
    guard: RunningGuard, alter: Callable[[Image.Image], Image.Image]
) -> None:
    said = guard.check(jpeg(alter(opened(photograph("chelsea.png"))))).json()
    assert (said["verdict"], said["matches"], said["review"]) == ("allow", [], False)


def test_a_screenshot_that_is_nearly_flat_as_a_whole_is_looked_into(
    guard: RunningGuard, exchange: SmallExchange
) -> None:
    # A faded picture on a large bright screen.
    screen = Image.new("L", (900, 1800), 250)
    screen.paste(opened().convert("L").resize((330, 330)).point(lambda grey: 200 + grey // 7), (300, 700))
    upload = jpeg(screen)
    made = fingerprint_picture(upload)
    assert made.quality < 20
    planted = exchange.add(made.upright.value)
    guard.catch_up()
    said = guard.check(upload).json()
    # Not by what it is as a whole: that shows too little to be anybody's.
    assert said["verdict"] == "hold" and planted not in {match["entry"] for match in said["matches"]}
    assert {match["view"] for match in said["matches"]} == {"trimmed"}
    exchange.withdraw(planted)
    guard.catch_up()


def test_match_and_what_is_already_there_know_whole_pictures_only(guard: RunningGuard) -> None:
    codes = [code(PHOTO).hex(), code(jpeg(screenshot(opened()))).hex()]
    near, far = guard.client.post("/v1/match", json={"pdq": codes}).json()["results"]
    assert [match["view"] for match in near["matches"]] == ["whole"] and far["total"] == 0


def test_look_at_whole_lets_a_screenshot_pass_and_holds_the_picture(tmp_path: Path, exchange: SmallExchange) -> None:
    cheap = RunningGuard(tmp_path / "data", exchange, {"look_at": "whole"}).start()
    try:
        for name in ("as it was", "mirrored", "turned", "inverted"):
            said = cheap.check(jpeg(UPLOADS[name][0](opened()))).json()
            assert said["verdict"] == "hold", name
        for name in ("with a border", "in a screenshot", "in a collage"):
            assert cheap.check(jpeg(UPLOADS[name][0](opened()))).json()["verdict"] == "allow", name
    finally:
        cheap.stop()


def test_a_near_miss_passes_is_offered_to_a_person_and_reported_only_when_one_decided(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    picture = generated_picture(77)
    entry = exchange.add(changed(code(picture), 45), Tier.VERIFIED)
    further = exchange.add(changed(code(picture), 75), Tier.VERIFIED)
    asking = RunningGuard(tmp_path / "data", exchange, {"review_within_bits": 50}).start()
    try:
        answer = asking.check(picture)
        said = answer.json()
        assert (answer.status_code, said["verdict"], said["review"], said["flagged"]) == (200, "allow", True, False)
        assert said["uploader_text"] is None
        [match] = said["matches"]
        assert match["entry"] == entry and 33 <= match["distance_bits"] <= 50 and match["view"] == "whole"
        assert not [report for report in exchange.reports if report["entry"] in (entry, further)]

        address = f"/v1/uploads/{said['id']}"
        assert asking.client.get(address).json() == {"id": said["id"], "verdict": "allow", "state": "open"}
        decision = {"decision": "block", "reason": "intimate"}
        for _ in range(2):
            decided = asking.client.post(f"{address}/decision", json=decision)
            assert (decided.status_code, decided.json()["state"]) == (200, "blocked")
        other = {"decision": "release", "reason": "not_intimate"}
        assert asking.client.post(f"{address}/decision", json=other).status_code == 409
        wait_until(lambda: [report for report in exchange.reports if report["entry"] == entry], "the report")
        [report] = [report for report in exchange.reports if report["entry"] == entry]
        assert (report["verdict"], report["decision"], report["reason"]) == ("flag", "block", "intimate")

        # Turned, it is no near miss: that would be six more looks over the whole list.
        turned = opened(picture).transpose(Image.Transpose.ROTATE_90)
        assert not asking.check(jpeg(turned, 95)).json()["review"]
        assert asking.check(jpeg(ImageOps.mirror(opened(picture)), 95)).json()["review"]
        again = asking.check(picture).json()["id"]
        exchange.withdraw(entry)
        asking.catch_up()
        assert asking.client.get(f"/v1/uploads/{again}").json()["state"] == "withdrawn"
        assert asking.client.post(f"/v1/uploads/{again}/decision", json=decision).status_code == 409
        assert not asking.check(picture).json()["review"]
    finally:
        asking.stop()
        exchange.withdraw(further)


def test_without_the_setting_a_near_miss_is_nothing(guard: RunningGuard, exchange: SmallExchange) -> None:
    picture = generated_picture(78)
    entry = exchange.add(changed(code(picture), 40), Tier.VERIFIED)
    guard.catch_up()
    said = guard.check(picture).json()
    assert (said["verdict"], said["review"], said["matches"]) == ("allow", False, [])
    assert guard.client.get(f"/v1/uploads/{said['id']}").status_code == 404
    exchange.withdraw(entry)


def decoder_pids(guard: RunningGuard) -> set[int]:
    """The processes under the guard that open pictures."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (path / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == guard.process.pid and b"notcontent.fingerprint.worker" in command:
            found.add(int(path.name))
    return found


def test_a_worker_that_dies_between_stages_costs_one_upload(tmp_path: Path, exchange: SmallExchange) -> None:
    # The same bytes again and again: none of them is to be answered from what was remembered.
    fragile = RunningGuard(tmp_path / "data", exchange, {"decoder_workers": 2, "verdict_cache": 0}).start()
    upload = jpeg(collage(opened(photograph("chelsea.png"))), 95)
    answers: list[int] = []
    try:
        stop = threading.Event()

        def post() -> None:
            while not stop.is_set():
                answers.append(fragile.check(upload).status_code)

        threads = [threading.Thread(target=post) for _ in range(3)]
        for thread in threads:
            thread.start()
        killed = 0
        for _ in range(6):
            before = decoder_pids(fragile)
            for pid in list(before)[:1]:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            wait_until(lambda before=before: len(decoder_pids(fragile) - before) >= 1, "a new worker", 20)
            # One that is killed while it starts is started again later and later.
            wait_until(lambda: fragile.client.get("/readyz").json()["decoder"]["alive"] == 2, "it to have started", 20)
        stop.set()
        for thread in threads:
            thread.join(60)
        assert set(answers) <= {200, 503} and answers.count(503) <= killed
        wait_until(fragile.ready, "the guard to be ready")
        assert fragile.check(jpeg(screenshot(opened()))).json()["verdict"] == "hold"
    finally:
        fragile.stop()


def test_clients_that_hang_up_between_stages_leave_the_guard_as_it_was(guard: RunningGuard) -> None:
    upload = jpeg(collage(opened(photograph("chelsea.png"))), 95)
    parts = urlsplit(guard.url)
    head = (
        f"POST /v1/check HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer {guard.token}\r\n"
        f"Content-Length: {len(upload)}\r\n\r\n"
    ).encode()
    for _ in range(30):
        with socket.create_connection((str(parts.hostname), parts.port)) as connection:
            connection.sendall(head + upload)
    assert guard.check(jpeg(screenshot(opened()))).json()["verdict"] == "hold"
    wait_until(lambda: guard.client.get("/readyz").json()["decoder"]["waiting"] == 0, "no upload to wait")
    decoder = guard.client.get("/readyz").json()["decoder"]
    assert decoder["alive"] == decoder["workers"]


def test_most_uploads_of_a_listed_photograph_need_one_stage() -> None:
    async def stages_of(upload: bytes) -> int:
        pool = DecoderPool(1)
        await pool.start()
        try:
            async with pool.look(upload) as stages:
                return len([views async for views in stages])
        finally:
            await pool.close()

    # So that the tests above do meet several stages.
    assert asyncio.run(stages_of(jpeg(collage(opened())))) > 1
