"""A verdict that comes later: told only to those who understand it, signed, on the disk, never lost."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.video.compute import fingerprint_video
from notcontent.guard import pending
from notcontent.guard.database import Database
from notcontent.guard.errors import BadSettings
from notcontent.guard.settings import load_settings
from notcontent.guard.verdict import Verdict, VerdictKind
from notcontent.guard.words import Words
from tests.conftest import generated_picture
from tests.fingerprint.video.making import drifting, film
from tests.guard.listening_platform import ListeningPlatform
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange, utc_now

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMgbG8="
CLIP = film(drifting(1, 60, 320, 180), 20)
#: Seconds of work, so that it is still being read when something happens.
LONG = film([frame for seed in range(8) for frame in drifting(seed + 1, 150, 640, 360)], 20)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[SmallExchange]:
    (tmp_path / "exchange").mkdir()
    with SmallExchange(tmp_path / "exchange") as running:
        yield running


@pytest.fixture
def platform() -> Iterator[ListeningPlatform]:
    with ListeningPlatform() as listening:
        yield listening


@pytest.fixture
def guard(tmp_path: Path, exchange: SmallExchange, platform: ListeningPlatform) -> Iterator[RunningGuard]:
    settings = {
        "answer_within_s": 0, "decoder_workers": 1, "callback_url": platform.url, "callback_secret": SECRET,
    }  # fmt: skip
    running = RunningGuard(tmp_path / "data", exchange, settings).start()
    yield running
    if running in RunningGuard.running:
        assert running.stop() == 0


def listed(exchange: SmallExchange, guard: RunningGuard, tmp_path: Path, tier: Tier = Tier.SEEN) -> str:
    path = tmp_path / "clip.mp4"
    path.write_bytes(CLIP)
    entry = exchange.add_video([frame.value for frame in fingerprint_video(path).frames], tier)
    guard.catch_up()
    return entry


def send(guard: RunningGuard, upload: bytes, language: str = "", **query: str) -> str:
    """Send a video whose verdict comes later; its id."""
    given = {"pending": "202", **query}
    answer = guard.client.post("/v1/check", content=upload, params=given, headers={"Accept-Language": language})
    said = answer.json()
    assert (answer.status_code, said["verdict"], said["matches"]) == (202, "pending", []), said
    return str(said["id"])


def told(platform: ListeningPlatform, upload: str) -> dict[str, object]:
    """What the platform was told of an upload, its signature verified by the scheme's own library."""
    wait_until(lambda: any(headers["webhook-id"] == upload for headers, _ in platform.heard), "the callback")
    headers, body = next(each for each in platform.heard if each[0]["webhook-id"] == upload)
    assert headers["content-type"] == "application/json" and "authorization" not in headers
    verified = Webhook(SECRET).verify(body, headers)
    assert verified["id"] == upload
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"verdict", b"verdikt"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(body, headers)
    return dict(verified)


def state(guard: RunningGuard, upload: str) -> tuple[str, str]:
    said = guard.client.get(f"/v1/uploads/{upload}").json()
    return said["verdict"], said["state"]


def test_a_later_verdict_is_told_signed_and_can_be_asked_for(
    guard: RunningGuard, exchange: SmallExchange, platform: ListeningPlatform, tmp_path: Path
) -> None:
    entry = listed(exchange, guard, tmp_path)
    upload = send(guard, CLIP, object="film-7")
    said = told(platform, upload)
    assert (said["verdict"], said["object"], said["why"]) == ("hold", "film-7", None)
    [match] = said["matches"]  # type: ignore[misc]
    assert (match["entry"], match["view"]) == (entry, "frame")
    assert state(guard, upload) == ("hold", "open")
    wait_until(lambda: [r for r in exchange.reports if r["entry"] == entry], "the report")
    decided = guard.client.post(f"/v1/uploads/{upload}/decision", json={"decision": "block", "reason": "intimate"})
    assert decided.json()["state"] == "blocked"


def test_one_that_passes_can_be_asked_for_too_and_is_pending_until_then(
    guard: RunningGuard, platform: ListeningPlatform
) -> None:
    upload = send(guard, LONG)
    assert state(guard, upload) == ("pending", "pending")
    decision = {"decision": "release", "reason": "own_picture"}
    assert guard.client.post(f"/v1/uploads/{upload}/decision", json=decision).status_code == 409
    assert guard.client.get("/readyz").json()["videos"]["pending"] == 1
    wait_until(lambda: platform.heard, "the callback", 60)
    assert told(platform, upload)["verdict"] == "allow"
    assert state(guard, upload) == ("allow", "released")
    wait_until(lambda: guard.client.get("/readyz").json()["videos"]["untold"] == 0, "nothing to be told any more")
    assert len(platform.heard) == 1


def test_the_verdict_on_a_picture_may_come_later_too(
    guard: RunningGuard, exchange: SmallExchange, platform: ListeningPlatform
) -> None:
    picture = generated_picture(7)
    entry = exchange.add(fingerprint_picture(picture).orientations[0].value, Tier.VERIFIED)
    guard.catch_up()
    upload = send(guard, picture, "ko-KR,en;q=0.5", object="photo-7")
    said = told(platform, upload)
    assert said["uploader_text"] == Words.asked_for("ko").say("uploader.held")
    assert (said["verdict"], said["object"], said["matches"][0]["entry"]) == ("block", "photo-7", entry)  # type: ignore[index]
    assert state(guard, upload) == ("block", "blocked")


def test_one_that_cannot_be_read_is_told_as_refused_with_the_reason(
    guard: RunningGuard, platform: ListeningPlatform
) -> None:
    upload = send(guard, b"\0\0\0\x18ftypmp42" + bytes(1000))
    said = told(platform, upload)
    assert said["verdict"] == "refused" and "damaged" in str(said["why"])
    assert state(guard, upload) == ("refused", "refused")


def test_a_caller_that_said_nothing_is_never_told_pending(guard: RunningGuard, platform: ListeningPlatform) -> None:
    answer = guard.check(CLIP)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "allow")
    assert guard.check(CLIP, hold="202").status_code == 200
    assert guard.check(CLIP, pending="1").status_code == 422
    assert guard.check(generated_picture(1)).status_code == 200
    time.sleep(0.3)
    assert platform.heard == []


def test_one_that_takes_longer_than_a_request_may_wait_is_504_and_not_pending(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    hasty = RunningGuard(tmp_path / "hasty", exchange, {"video_timeout_s": 0.1, "decoder_workers": 1}).start()
    try:
        answer = hasty.check(LONG)
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "takes_too_long")
        assert hasty.client.get("/readyz").json()["videos"]["pending"] == 0
    finally:
        hasty.stop()


def test_a_short_video_is_answered_at_once_also_to_those_who_could_wait(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    usual = RunningGuard(tmp_path / "usual", exchange, {"decoder_workers": 1}).start()
    try:
        answer = usual.check(CLIP, pending="202")
        assert (answer.status_code, answer.json()["verdict"]) == (200, "allow")
    finally:
        usual.stop()


def test_a_callback_is_repeated_until_it_is_taken_always_under_one_id(
    guard: RunningGuard, platform: ListeningPlatform
) -> None:
    platform.answers = [500, 302, 404]
    upload = send(guard, CLIP)
    wait_until(lambda: len(platform.heard) == 4, "the fourth try", 20)
    assert {headers["webhook-id"] for headers, _ in platform.heard} == {upload}
    assert len({body for _, body in platform.heard}) == 1
    for headers, body in platform.heard:
        Webhook(SECRET).verify(body, headers)
    time.sleep(1.5)
    assert len(platform.heard) == 4


def test_a_video_that_was_pending_when_the_guard_was_killed_is_told_as_unfinished(
    guard: RunningGuard, platform: ListeningPlatform
) -> None:
    upload = send(guard, LONG, object="film-9")
    guard.kill()
    assert platform.heard == []
    guard.start()
    said = told(platform, upload)
    assert (said["verdict"], said["object"]) == ("unfinished", "film-9") and "again" in str(said["why"])
    assert state(guard, upload) == ("unfinished", "unfinished")


def test_one_that_was_pending_when_the_guard_was_stopped_is_told_too(
    guard: RunningGuard, platform: ListeningPlatform
) -> None:
    upload = send(guard, LONG)
    assert guard.stop() == 0
    guard.start()
    assert told(platform, upload)["verdict"] == "unfinished"


def test_what_was_not_taken_before_the_guard_was_killed_is_told_afterwards(
    guard: RunningGuard, platform: ListeningPlatform
) -> None:
    platform.answers = [503]
    upload = send(guard, CLIP)
    wait_until(lambda: len(platform.heard) == 1, "the first try")
    guard.kill()
    guard.start()
    wait_until(lambda: len(platform.heard) == 2, "the second try", 20)
    assert {headers["webhook-id"] for headers, _ in platform.heard} == {upload}
    assert json.loads(platform.heard[1][1])["verdict"] == "allow"


def test_where_several_processes_answer_the_one_that_dies_loses_nothing_silently(
    tmp_path: Path, exchange: SmallExchange, platform: ListeningPlatform
) -> None:
    settings = {
        "answer_within_s": 0, "decoder_workers": 1, "workers": 3, "max_waiting_videos": 40,
        # The same video is to be read each time.
        "verdict_cache": 0,
        "callback_url": platform.url, "callback_secret": SECRET,
    }  # fmt: skip
    guard = RunningGuard(tmp_path / "several", exchange, settings).start()
    try:
        # Which of them takes a connection is the system's choice; each reads one video at a time.
        uploads: list[str] = []

        def post() -> None:
            answer = httpx.post(
                f"{guard.url}/v1/check?pending=202", content=LONG, headers=dict(guard.client.headers), timeout=60,
                trust_env=False,
            )  # fmt: skip
            uploads.append(answer.json()["id"])

        rows: list[tuple[str, int]] = []
        for _ in range(5):
            threads = [threading.Thread(target=post) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            database = Database(guard.folder, read_only=True)
            with database.read() as connection:
                rows = connection.execute("SELECT upload, process FROM pending WHERE verdict IS NULL").fetchall()
            database.close()
            if beside := {process for _, process in rows} - {guard.process.pid}:
                break
            time.sleep(3)  # On a busy machine the others are still starting.
        killed = beside.pop()
        os.kill(killed, signal.SIGKILL)
        lost = {upload for upload, process in rows if process == killed}
        assert lost
        for upload in lost:
            assert told(platform, upload)["verdict"] == "unfinished"
        spared = {upload for upload, _ in rows} - lost
        passed = ("allow", "released")
        wait_until(lambda: not spared or any(state(guard, each) == passed for each in spared), "another one", 60)
    finally:
        guard.stop()


def test_no_byte_of_a_pending_video_is_in_any_file(guard: RunningGuard) -> None:
    middle = len(LONG) // 2
    send(guard, LONG)
    files = [path for path in guard.folder.rglob("*") if path.is_file()]
    assert files and not guard.files_hold(LONG[middle : middle + 64])


def test_without_a_callback_address_verdicts_wait_to_be_asked_for(tmp_path: Path, exchange: SmallExchange) -> None:
    asked = RunningGuard(tmp_path / "asked", exchange, {"answer_within_s": 0, "decoder_workers": 1}).start()
    try:
        upload = send(asked, CLIP)
        wait_until(lambda: state(asked, upload) == ("allow", "released"), "the verdict")
    finally:
        asked.stop()


def test_a_later_verdict_is_kept_for_a_week_and_offered_for_three_days(tmp_path: Path) -> None:
    database, now = Database(tmp_path), utc_now()
    for name in ("a", "b"):
        pending.begin(database, name * 32, None, now)
        with database.write() as connection:
            pending.settle(connection, Verdict(VerdictKind.ALLOW, name * 32), now)
            # What is settled once stays so.
            pending.settle(connection, Verdict(VerdictKind.BLOCK, name * 32), now)
    assert pending.count(database) == (0, 2)
    pending.try_again(database, "a" * 32, now + timedelta(days=2), now + timedelta(days=2))
    assert pending.count(database) == (0, 2)
    for name in ("a", "b"):
        pending.try_again(database, name * 32, now + timedelta(days=4), now + timedelta(days=3, seconds=1))
    assert pending.count(database) == (0, 0)
    pending.forget_before(database, now + timedelta(days=7))
    with database.read() as connection:
        assert pending.state_of(connection, "a" * 32) is VerdictKind.ALLOW
    pending.forget_before(database, now + timedelta(days=7, seconds=1))
    with database.read() as connection:
        assert pending.state_of(connection, "a" * 32) is None
    database.close()


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("https://site.example/verdicts", "", "callback_secret"),
        ("https://site.example/verdicts", "whsec_c2hvcnQ=", "callback_secret"),
        ("https://site.example/verdicts", SECRET.removeprefix("whsec_"), "callback_secret"),
        ("", SECRET, "callback_url"),
        ("ftp://site.example/verdicts", SECRET, "callback_url"),
        ("site.example", SECRET, "callback_url"),
    ],
)
def test_a_callback_needs_an_address_and_a_secret(tmp_path: Path, url: str, secret: str, named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        load_settings(tmp_path, {"NOTCONTENT_GUARD_CALLBACK_URL": url, "NOTCONTENT_GUARD_CALLBACK_SECRET": secret})
    assert SECRET not in repr(load_settings(tmp_path, {
        "NOTCONTENT_GUARD_CALLBACK_URL": "https://site.example/", "NOTCONTENT_GUARD_CALLBACK_SECRET": SECRET,
    }))  # fmt: skip
