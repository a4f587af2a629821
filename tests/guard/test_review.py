"""The review queue: who may look, what they see and what they don't, one decision once, and no form from elsewhere."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from PIL import Image

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange


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
def guard(
    tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange, platform: Platform
) -> Iterator[RunningGuard]:
    settings = {"decoder_workers": 1, "preview_url": platform.address, "claims_hold_at_least_an_hour": 1000}
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
