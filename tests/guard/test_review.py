"""The review queue: who may look, what they see and what they don't, one decision once, and no form from elsewhere."""

from __future__ import annotations

import base64
import io
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from PIL import Image

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.notice_clock import ELEMENTS, Element, Regime
from tests.conftest import generated_picture
from tests.fingerprint.video.making import drifting, film
from tests.guard.listening_platform import ListeningPlatform
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange
from tests.guard.test_videos import codes

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Platform:
    """A platform that gives out its uploads to the guard, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.holds: dict[str, bytes] = {}
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platform.asked.append(self.path)
                body = platform.holds.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/media/{{object}}?key=1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    running = Platform()
    yield running
    running.close()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def listening() -> Iterator[ListeningPlatform]:
    """Where the platform hears of events."""
    with ListeningPlatform() as running:
        yield running


@pytest.fixture(scope="module")
def guard(
    tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange, platform: Platform, listening: ListeningPlatform
) -> Iterator[RunningGuard]:
    settings = {
        "decoder_workers": 1, "preview_url": platform.address, "claims_hold_at_least_an_hour": 1000,
        "events_url": listening.url, "events_secret": SECRET,
    }  # fmt: skip
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
    yield running
    assert running.stop() == 0
    assert running.log.read_text() == ""


@pytest.fixture(scope="module")
def token(guard: RunningGuard) -> str:
    return guard.command("token", "reviewer <b>", "--for", "review").split()[-1]


@pytest.fixture
def reviewer(guard: RunningGuard, token: str) -> Iterator[httpx.Client]:
    """Somebody who is signed in."""
    with httpx.Client(base_url=guard.url, trust_env=False, timeout=60) as client:
        answer = client.post("/review/sign-in", data={"token": token})
        assert answer.status_code == 303 and answer.headers["location"] == "/review"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "path=/review" in cookie
        yield client


def held(exchange: SmallExchange, guard: RunningGuard, seed: int, **query: str) -> tuple[str, str, bytes]:
    """An upload that is held: its id, the entry, and the picture."""
    picture = generated_picture(seed)
    entry = exchange.add(fingerprint_picture(picture).orientations[0].value, Tier.SEEN)
    guard.catch_up()
    answer = guard.check(picture, **query).json()
    assert answer["verdict"] == "hold"
    return answer["id"], entry, picture


def key_of(page: httpx.Response) -> str:
    found = re.search(r'name="key" value="(\w+)"', page.text)
    assert found
    return found[1]


def test_nobody_sees_anything_without_a_token_for_reviewing(guard: RunningGuard) -> None:
    for address in ("/review", "/review/", "/review/uploads/" + "0" * 32, f"/review/uploads/{'0' * 32}/preview"):
        answer = httpx.get(guard.url + address)
        assert answer.status_code == 401 and "Your token" in answer.text
    for wrong in (guard.token, "ncg_nothing", ""):
        answer = httpx.post(f"{guard.url}/review/sign-in", data={"token": wrong})
        assert answer.status_code == 403 and "set-cookie" not in answer.headers
    assert httpx.get(f"{guard.url}/review", cookies={"review": "x" * 43}).status_code == 401
    assert httpx.post(f"{guard.url}/review/uploads/{'0' * 32}/decision").status_code == 401


def test_every_page_forbids_what_a_page_may_not_do(guard: RunningGuard, reviewer: httpx.Client) -> None:
    for answer in (httpx.get(f"{guard.url}/review"), reviewer.get("/review"), reviewer.get("/review/nothing")):
        rules = answer.headers["content-security-policy"]
        assert "default-src 'none'" in rules and "frame-ancestors 'none'" in rules and "unsafe" not in rules
        assert answer.headers["cache-control"] == "no-store" and answer.headers["x-content-type-options"] == "nosniff"
        assert "<script" not in answer.text and "style=" not in answer.text
    assert "reviewer &lt;b&gt;" in reviewer.get("/review").text
    assert reviewer.get("/review/look.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("intimate", "blocked"),
        ("not_intimate", "released"),
        ("public_interest", "released"),
        ("own_picture", "released"),
    ],
)
def test_a_person_decides_once_and_the_exchange_hears_it(
    exchange: SmallExchange, guard: RunningGuard, reviewer: httpx.Client, reason: str, state: str
) -> None:
    upload, entry, _ = held(exchange, guard, 2000 + exchange.number, object="photo-1")
    page = reviewer.get(f"/review/uploads/{upload}")
    assert page.status_code == 200 and "photo-1" in page.text and upload in reviewer.get("/review").text
    # No entry, no distance: what it is near to is nothing a reviewer needs.
    assert entry not in page.text and "bits" not in page.text
    form = {"reason": reason, "key": key_of(page)}
    answer = reviewer.post(f"/review/uploads/{upload}/decision", data=form)
    assert answer.status_code == 303
    assert "Decided" in reviewer.get(answer.headers["location"]).text
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == state
    again = reviewer.post(f"/review/uploads/{upload}/decision", data=form | {"reason": "not_intimate"})
    assert again.headers["location"] in {"/review?done=gone", "/review?done=release"}
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == state
    assert reviewer.get(f"/review/uploads/{upload}").status_code == 404
    wait_until(lambda: any(body["entry"] == entry and body["reason"] == reason for body in exchange.reports), "report")
    assert b"photo-1" not in b"".join(path.read_bytes() for path in guard.folder.glob("guard.db"))


def test_a_form_from_elsewhere_does_nothing(
    exchange: SmallExchange, guard: RunningGuard, reviewer: httpx.Client
) -> None:
    upload, entry, _ = held(exchange, guard, 2000 + exchange.number)
    address = f"/review/uploads/{upload}/decision"
    good = {"reason": "not_intimate", "key": key_of(reviewer.get(f"/review/uploads/{upload}"))}
    for form, headers in (
        ({"reason": "not_intimate"}, {}),
        (good | {"key": "0" * 64}, {}),
        (good, {"Origin": "https://elsewhere.example"}),
        (good, {"Origin": "null"}),
        (good, {"Sec-Fetch-Site": "cross-site"}),
        (good | {"reason": "expired"}, {}),
        (good | {"more": "x" * 5000}, {}),
    ):
        assert reviewer.post(address, data=form, headers=headers).status_code == 403, (form.keys(), headers)
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "open"
    assert reviewer.post(address, data=good, headers={"Origin": guard.url}).status_code == 303
    exchange.withdraw(entry)


def test_a_withdrawn_upload_leaves_the_queue(
    exchange: SmallExchange, guard: RunningGuard, reviewer: httpx.Client
) -> None:
    upload, entry, _ = held(exchange, guard, 2000 + exchange.number)
    assert upload in reviewer.get("/review").text
    exchange.withdraw(entry)
    guard.catch_up()
    assert upload not in reviewer.get("/review").text
    assert reviewer.get(f"/review/uploads/{upload}").status_code == 404


def test_a_preview_comes_only_when_asked_for_coarse_and_is_kept_nowhere(
    exchange: SmallExchange, guard: RunningGuard, reviewer: httpx.Client, platform: Platform
) -> None:
    upload, entry, picture = held(exchange, guard, 2000 + exchange.number, object="a:b.c")
    platform.holds["/media/a:b.c?key=1"] = picture
    platform.asked.clear()
    page = reviewer.get(f"/review/uploads/{upload}")
    assert "<img" not in page.text and platform.asked == []
    assert "<img" in reviewer.get(f"/review/uploads/{upload}?preview=1").text
    answer = reviewer.get(f"/review/uploads/{upload}/preview")
    assert answer.headers["content-type"] == "image/png" and platform.asked == ["/media/a:b.c?key=1"]
    assert max(Image.open(io.BytesIO(answer.content)).size) == 48
    assert not guard.files_hold(picture[200:232], answer.content[-60:-20])
    del platform.holds["/media/a:b.c?key=1"]
    assert reviewer.get(f"/review/uploads/{upload}/preview").status_code == 502
    exchange.withdraw(entry)


def test_an_upload_without_an_id_of_the_platforms_has_no_preview(
    exchange: SmallExchange, guard: RunningGuard, reviewer: httpx.Client, platform: Platform
) -> None:
    upload, entry, _ = held(exchange, guard, 2000 + exchange.number)
    platform.asked.clear()
    assert "in your own tools" in reviewer.get(f"/review/uploads/{upload}?preview=1").text
    assert reviewer.get(f"/review/uploads/{upload}/preview").status_code == 404 and platform.asked == []
    exchange.withdraw(entry)


def test_of_a_held_video_a_strip_of_a_few_frames_is_shown(
    exchange: SmallExchange, guard: RunningGuard, reviewer: httpx.Client, platform: Platform, tmp_path: Path
) -> None:
    frames = drifting(7, 24)
    entry = exchange.add_video(codes(frames, tmp_path), Tier.SEEN)
    guard.catch_up()
    video = film(frames, 12)
    platform.holds["/media/clip?key=1"] = video
    upload = guard.check(video, object="clip").json()["id"]
    assert "A few frames of the video" in reviewer.get(f"/review/uploads/{upload}").text
    assert "review-strip" in reviewer.get(f"/review/uploads/{upload}?preview=1").text
    width, height = Image.open(io.BytesIO(reviewer.get(f"/review/uploads/{upload}/preview").content)).size
    assert 48 < width <= 256 and height <= 48
    exchange.withdraw(entry)


def test_a_notice_is_recorded_counted_down_and_closed_at_the_pages(
    exchange: SmallExchange, guard: RunningGuard, reviewer: httpx.Client
) -> None:
    upload, entry, _ = held(exchange, guard, 2000 + exchange.number, object="photo:7")
    assert reviewer.get("/review/notices/new").text.count("?regime=") == 2
    form = reviewer.get("/review/notices/new?regime=us")
    received = datetime.now(UTC) - timedelta(hours=39)
    has = [each for each in ELEMENTS[Regime.US] if each is not Element.SIGNATURE]
    body = {"key": key_of(form), "regime": "us", "reference": "N<1>", "content": "photo:7", "has": has}
    body["received"] = received.strftime("%Y-%m-%dT%H:%M")
    refused = reviewer.post("/review/notices", data=body)
    # What was typed stays, and no sign of it does anything.
    assert refused.status_code == 422 and "N&lt;1&gt;" in refused.text and refused.text.count(" checked") == 7
    assert reviewer.post("/review/notices", data=body | {"reference": "N-1", "received": "soon"}).status_code == 422
    here = reviewer.post("/review/notices", data=body | {"reference": "N-1"}).headers["location"]
    page = reviewer.get(here)
    assert "no clock runs" in page.text and "A signature, on paper" in page.text and "step-removed" not in page.text
    steps, key = f"{here}/steps", {"key": key_of(page)}
    typed = received.strftime("%Y-%m-%dT%H:%M")
    everything = key | {"step": "elements", "has": [*ELEMENTS[Regime.US]], "at": typed}
    assert reviewer.post(steps, data=everything).status_code == 303
    # Both pages lead to each other.
    assert re.search(r"8 hrs 5\d mins left", reviewer.get(here).text) and upload in reviewer.get(here).text
    assert re.search(r"8 hrs 5\d mins left", reviewer.get(f"/review/uploads/{upload}").text)
    assert ">notice</span>" in reviewer.get("/review").text
    assert "N-1" in reviewer.get("/review/notices").text
    assert reviewer.post(steps, data=key | {"step": "removed", "at": "2020-01-01T00:00"}).status_code == 422
    assert reviewer.post(steps, data={"step": "removed"}).status_code == 403
    for step in ("removed", "copies_searched"):
        assert reviewer.post(steps, data=key | {"step": step}).status_code == 303
    assert "closed in time" in reviewer.get(here).text and "<form" not in reviewer.get(here).text.split("<main")[1]
    assert reviewer.post(steps, data=key | {"step": "refused", "reason": "not_found"}).status_code == 303
    assert "closed in time" in reviewer.get("/review/notices").text
    assert reviewer.get("/review/notices/nothing").status_code == 404
    for address in ("/review/notices", here, "/review/notices/new"):
        assert httpx.get(guard.url + address).status_code == 401
    exchange.withdraw(entry)


def test_a_platforms_server_records_a_notice_and_is_told_before_it_is_too_late(
    guard: RunningGuard, listening: ListeningPlatform
) -> None:
    received = (datetime.now(UTC) - timedelta(hours=40)).isoformat()
    body = {"regime": "uk", "reference": "N-1", "object": "p-1", "received_at": received, "missing": ["contact"]}
    answer = guard.client.post("/v1/notices", json=body)
    assert answer.status_code == 201 and answer.json()["clock"] == "incomplete"
    assert guard.client.post("/v1/notices", json=body).status_code == 200
    here = f"/v1/notices/{answer.json()['id']}"
    started = guard.client.post(f"{here}/steps", json={"step": "elements", "missing": [], "at": received}).json()
    assert started["clock"] == "near"
    assert started in guard.client.get("/v1/notices").json()["notices"]
    wait_until(lambda: any(b"notice.near" in heard for _, heard in listening.heard), "the event", 30)
    assert guard.client.post(f"{here}/steps", json={"step": "removed"}).json()["removed_at"]
    done = guard.client.post(f"{here}/steps", json={"step": "copies_searched"}).json()
    assert done["clock"] == "done" and guard.client.get(here).json() == done
    assert guard.client.post(f"{here}/steps", json={"step": "removed"}).status_code == 409
    for wrong in ({"reference": "a/b"}, {"received_at": "2026-11-28T12:00:00"}, {"who": "x"}, {"regime": "eu"}):
        refused = guard.client.post("/v1/notices", json=body | {"reference": "N-2"} | wrong)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "notice"), wrong
    assert httpx.get(f"{guard.url}/v1/notices").status_code == 401


def test_pages_and_the_sentence_for_uploaders_are_in_the_language_that_is_asked_for(
    exchange: SmallExchange, guard: RunningGuard, token: str
) -> None:
    with httpx.Client(base_url=guard.url, trust_env=False, headers={"Accept-Language": "ko-KR,en;q=0.5"}) as client:
        assert '<html lang="ko" dir="ltr">' in client.get("/review").text
        assert client.post("/review/sign-in", data={"token": token}).status_code == 303
        page = client.get("/review/notices/new?regime=us&lang=ar").text
        assert '<html lang="ar" dir="rtl">' in page and "/review/notices/new?regime=us&amp;lang=de" in page
        # The choice stays, and is worth no more than a choice.
        assert '<html lang="ar" dir="rtl">' in client.get("/review").text
        assert '<html lang="ar"' in client.get("/review?lang=<script>").text
    picture = generated_picture(2000 + exchange.number)
    entry = exchange.add(fingerprint_picture(picture).orientations[0].value, Tier.SEEN)
    guard.catch_up()
    said = guard.client.post("/v1/check", content=picture, headers={"Accept-Language": "de"}).json()["uploader_text"]
    assert said.startswith("Dieser Upload wird zur Prüfung zurückgehalten.")
    exchange.withdraw(entry)


def test_signing_out_ends_it(guard: RunningGuard, token: str) -> None:
    with httpx.Client(base_url=guard.url, trust_env=False) as client:
        client.post("/review/sign-in", data={"token": token})
        session = client.cookies["review"]
        client.post("/review/sign-out", data={"key": key_of(client.get("/review"))})
    assert httpx.get(f"{guard.url}/review", cookies={"review": session}).status_code == 401
    assert not guard.files_hold(session.encode())


def test_a_revoked_token_opens_nothing_and_signs_out(guard: RunningGuard) -> None:
    token = guard.command("token", "leaver", "--for", "review").split()[-1]
    with httpx.Client(base_url=guard.url, trust_env=False) as client:
        client.post("/review/sign-in", data={"token": token})
        assert client.get("/review").status_code == 200
        guard.command("revoke", "leaver")
        assert client.get("/review").status_code == 401
        assert client.post("/review/sign-in", data={"token": token}).status_code == 403
    with pytest.raises(AssertionError, match="no token of this name"):
        guard.command("revoke", "leaver")


def test_a_hold_that_nobody_decides_about_ends_as_the_platform_stated(tmp_path_factory: pytest.TempPathFactory) -> None:
    with SmallExchange(tmp_path_factory.mktemp("late")) as exchange:
        settings = {"decoder_workers": 1, "hold_at_most_hours": 0.0003, "when_hold_expires": "block"}
        guard = RunningGuard(tmp_path_factory.mktemp("late-guard") / "data", exchange, settings).start()
        upload, entry, _ = held(exchange, guard, 1)
        wait_until(
            lambda: guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "blocked", "the end of the hold", 30
        )
        wait_until(lambda: any(each["reason"] == "expired" for each in exchange.reports), "the report")
        [said] = [each for each in exchange.reports if each["reason"] == "expired"]
        assert (said["entry"], said["decision"]) == (entry, "block")
        assert guard.stop() == 0
