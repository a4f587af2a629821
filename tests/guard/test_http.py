"""The HTTP door: who may ask, what a hold is answered with, decisions, reports, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notcontent.feed.entry import Pause, Resume, SetTier, Tier
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import altered, generated_picture
from tests.guard.running_guard import UPLOADER_TEXT, RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    # So many holds would be a flood for a site of this size: the brake has its own test.
    settings = {"claims_hold_at_least_an_hour": 1000}
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
    yield running
    assert running.stop() == 0


def listed(exchange: SmallExchange, guard: RunningGuard, seed: int, tier: Tier = Tier.CLAIMED) -> tuple[str, bytes]:
    picture = generated_picture(seed)
    entry = exchange.add(fingerprint_picture(picture).orientations[0].value, tier)
    guard.catch_up()
    return entry, picture


@pytest.mark.parametrize(
    ("tier", "asked", "status", "verdict"),
    [
        (Tier.CLAIMED, None, 451, "hold"),
        (Tier.CLAIMED, "202", 202, "hold"),
        (Tier.CLAIMED, "block", 451, "hold"),
        (Tier.CLAIMED, "allow", 200, "hold"),
        (Tier.SEEN, None, 451, "hold"),
        (Tier.SEEN, "202", 202, "hold"),
        (Tier.VERIFIED, None, 451, "block"),
        (Tier.VERIFIED, "202", 451, "block"),
        (Tier.VERIFIED, "allow", 451, "block"),
    ],
)
def test_a_hold_is_answered_as_the_caller_asked(
    exchange: SmallExchange, guard: RunningGuard, tier: Tier, asked: str | None, status: int, verdict: str
) -> None:
    entry, picture = listed(exchange, guard, 1000 + exchange.number, tier)
    answer = guard.check(picture, **({"hold": asked} if asked else {}))
    said = answer.json()
    assert (answer.status_code, said["verdict"], said["uploader_text"]) == (status, verdict, UPLOADER_TEXT)
    [match] = said["matches"]
    # An upload is decoded at a reduced scale: at most four bits from the code of the same file on her device.
    assert match.pop("distance_bits") <= 4
    assert match == {
        "entry": entry, "list": "helpline", "tier": tier.value, "orientation": "upright", "view": "whole",
        "at_s": None,
    }  # fmt: skip
    exchange.withdraw(entry)


@pytest.mark.parametrize(
    ("in_token", "asked", "status"), [("202", None, 202), ("allow", None, 200), ("202", "block", 451)]
)
def test_a_token_may_say_how_its_caller_hears_of_a_hold(
    exchange: SmallExchange, guard: RunningGuard, in_token: str, asked: str | None, status: int
) -> None:
    entry, picture = listed(exchange, guard, 1100 + exchange.number)
    token = guard.command("token", f"caller {in_token} {asked}", "--hold", in_token).split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{guard.url}/v1/check" + (f"?hold={asked}" if asked else "")
    assert httpx.post(address, content=picture, headers=headers).status_code == status
    exchange.withdraw(entry)


@pytest.mark.parametrize(
    ("turn", "orientation"),
    [
        ("ROTATE_90", "quarter_ccw"),
        ("ROTATE_180", "half_turn"),
        ("ROTATE_270", "quarter_cw"),
        ("FLIP_TOP_BOTTOM", "flipped"),
        ("FLIP_LEFT_RIGHT", "mirrored"),
        ("TRANSPOSE", "transposed"),
        ("TRANSVERSE", "antitransposed"),
    ],
)
def test_a_turned_copy_is_named_as_it_was_turned_by_whoever_uploads_it(
    exchange: SmallExchange, guard: RunningGuard, turn: str, orientation: str
) -> None:
    import io

    from PIL import Image

    entry, picture = listed(exchange, guard, 1200 + exchange.number)
    buffer = io.BytesIO()
    Image.open(io.BytesIO(picture)).transpose(getattr(Image.Transpose, turn)).save(buffer, "PNG")
    [match] = guard.check(buffer.getvalue()).json()["matches"]
    assert (match["entry"], match["orientation"]) == (entry, orientation)
    exchange.withdraw(entry)


def test_a_form_and_a_raw_body_get_the_same_verdict(exchange: SmallExchange, guard: RunningGuard) -> None:
    entry, picture = listed(exchange, guard, 1300)
    form = guard.client.post("/v1/check", files={"file": ("name.jpg", picture, "image/jpeg")}, data={"other": "field"})
    raw = guard.check(picture)
    assert form.status_code == raw.status_code == 451
    assert form.json()["matches"] == raw.json()["matches"] != []
    exchange.withdraw(entry)


@pytest.mark.parametrize("piece_bytes", [1, 999, 70_000, 1 << 22])
def test_an_upload_is_the_same_in_however_many_pieces_it_comes(
    exchange: SmallExchange, guard: RunningGuard, piece_bytes: int
) -> None:
    entry, picture = listed(exchange, guard, 1350 + piece_bytes % 100)
    # What follows the end of a JPEG is not looked at.
    picture += bytes((1 << 20) + 4321 if piece_bytes > 1 else 0)
    pieces = (picture[at : at + piece_bytes] for at in range(0, len(picture), piece_bytes))
    said = guard.client.post("/v1/check", content=pieces)
    exchange.withdraw(entry)
    assert said.status_code == 451 and [match["entry"] for match in said.json()["matches"]] == [entry]


def test_an_allowed_upload_leaves_no_record(guard: RunningGuard) -> None:
    said = guard.check(generated_picture(7)).json()
    assert (said["verdict"], said["matches"], said["uploader_text"], said["flagged"]) == ("allow", [], None, False)
    assert guard.client.get(f"/v1/uploads/{said['id']}").status_code == 404


def test_a_picture_with_too_little_in_it_matches_nothing(exchange: SmallExchange, guard: RunningGuard) -> None:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (400, 300), "grey").save(buffer, "PNG")
    made = fingerprint_picture(buffer.getvalue())
    assert made.quality < 50
    entry = exchange.add(made.orientations[0].value, Tier.VERIFIED)
    guard.catch_up()
    assert guard.check(buffer.getvalue()).json()["verdict"] == "allow"
    exchange.withdraw(entry)


def test_a_paused_entry_matches_nothing_and_a_risen_tier_blocks(exchange: SmallExchange, guard: RunningGuard) -> None:
    entry, picture = listed(exchange, guard, 1400)
    exchange.cut(Pause(entry))
    guard.catch_up()
    assert guard.check(picture).json()["verdict"] == "allow"
    exchange.cut(Resume(entry), SetTier(entry, Tier.VERIFIED))
    guard.catch_up()
    assert guard.check(picture).json()["verdict"] == "block"
    exchange.withdraw(entry)


def test_a_decision_ends_a_hold_once_and_is_reported_once(exchange: SmallExchange, guard: RunningGuard) -> None:
    entry, picture = listed(exchange, guard, 1500)
    upload = guard.check(picture, hold="202").json()["id"]
    address = f"/v1/uploads/{upload}"
    assert guard.client.get(address).json() == {"id": upload, "verdict": "hold", "state": "open"}
    block = {"decision": "block", "reason": "intimate"}
    for _ in range(3):
        answer = guard.client.post(f"{address}/decision", json=block)
        assert (answer.status_code, answer.json()["state"]) == (200, "blocked")
    for other in ({"decision": "release", "reason": "intimate"}, {"decision": "block", "reason": "expired"}):
        assert guard.client.post(f"{address}/decision", json=other).status_code == 409
    wait_until(lambda: len([r for r in exchange.reports if r["entry"] == entry]) == 2, "the report and its decision")
    first, second = [r for r in exchange.reports if r["entry"] == entry]
    assert first["id"] == second["id"]
    assert (first["verdict"], first["decision"], first["reason"]) == ("hold", None, None)
    assert (second["verdict"], second["decision"], second["reason"]) == ("hold", "block", "intimate")
    exchange.withdraw(entry)
    guard.catch_up()
    assert guard.client.get(address).json()["state"] == "blocked"


def test_a_hold_whose_entries_were_withdrawn_is_over(exchange: SmallExchange, guard: RunningGuard) -> None:
    entry, picture = listed(exchange, guard, 1600)
    other, _ = listed(exchange, guard, 1600, Tier.SEEN)
    upload = guard.check(picture, hold="202").json()["id"]
    exchange.withdraw(entry)
    guard.catch_up()
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "open"
    exchange.withdraw(other)
    guard.catch_up()
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "withdrawn"
    body = {"decision": "block", "reason": "intimate"}
    assert guard.client.post(f"/v1/uploads/{upload}/decision", json=body).status_code == 409


def test_a_block_is_not_a_hold_to_decide(exchange: SmallExchange, guard: RunningGuard) -> None:
    entry, picture = listed(exchange, guard, 1700, Tier.VERIFIED)
    upload = guard.check(picture).json()["id"]
    body = {"decision": "release", "reason": "own_picture"}
    assert guard.client.post(f"/v1/uploads/{upload}/decision", json=body).status_code == 409
    exchange.withdraw(entry)


def test_match_answers_fingerprints_and_changes_nothing(exchange: SmallExchange, guard: RunningGuard) -> None:
    entry, picture = listed(exchange, guard, 1800)
    upright = fingerprint_picture(picture).orientations[0].hex
    near, far = guard.client.post("/v1/match", json={"pdq": [upright, "00" * 32]}).json()["results"]
    assert near["total"] == 1 and near["matches"][0]["entry"] == entry and near["matches"][0]["distance_bits"] == 0
    assert far == {"matches": [], "total": 0}
    assert not [r for r in exchange.reports if r["entry"] == entry]
    exchange.withdraw(entry)


def test_a_crowd_of_planted_claims_cannot_hide_a_verified_entry(exchange: SmallExchange, guard: RunningGuard) -> None:
    entry, picture = listed(exchange, guard, 1900, Tier.VERIFIED)
    upright = fingerprint_picture(picture).orientations[0].value
    planted = [exchange.add(upright) for _ in range(120)]
    guard.catch_up()
    said = guard.check(altered(picture, "smaller")).json()
    assert said["verdict"] == "block" and len(said["matches"]) == 100
    assert said["matches"][0]["entry"] == entry
    exchange.withdraw(entry, *planted)


@pytest.mark.parametrize("route", ["/v1/check", "/v1/match", "/v1/uploads/" + "0" * 32 + "/decision"])
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer", "Basic abc", "Bearer \xff"])
def test_every_route_needs_a_token(guard: RunningGuard, route: str, header: str | None) -> None:
    headers = {"Authorization": header.encode("latin-1")} if header else {}
    answer = httpx.post(guard.url + route, content=b"x", headers=headers)
    assert answer.status_code == 401 and answer.json()["error"]["do"]


@pytest.mark.parametrize(
    ("method", "address", "body", "status", "code"),
    [
        ("POST", "/v1/check", b"", 422, "empty"),
        ("POST", "/v1/check?hold=perhaps", b"x", 422, "hold"),
        ("POST", "/v1/check", b"just text", 415, "not_a_picture"),
        ("GET", "/v1/uploads/short", None, 404, "not_found"),
        ("GET", "/v1/uploads/" + "0" * 32, None, 404, "not_found"),
        (
            "POST",
            "/v1/uploads/" + "0" * 32 + "/decision",
            b'{"decision":"release","reason":"expired"}',
            404,
            "not_found",
        ),
        ("POST", "/v1/uploads/" + "0" * 32 + "/decision", b'{"decision":"maybe","reason":"expired"}', 422, "decision"),
        ("POST", "/v1/uploads/" + "0" * 32 + "/decision", b'{"decision":"release"}', 422, "reason"),
        ("POST", "/v1/match", b"{", 400, "json"),
        ("POST", "/v1/match", b"[" * 100_000, 400, "json"),
        ("POST", "/v1/match", b"[]", 422, "json"),
        ("POST", "/v1/match", b'{"pdq": []}', 422, "pdq"),
        ("POST", "/v1/match", b'{"pdq": ["AA"]}', 422, "pdq"),
        ("POST", "/v1/match", json.dumps({"pdq": ["00" * 32] * 1001}).encode(), 422, "pdq"),
        ("POST", "/v1/match", b" " * 300_000, 413, "too_large"),
        ("GET", "/v1/check", None, 405, "method"),
        ("GET", "/v2", None, 404, "not_found"),
    ],
)
def test_an_error_says_what_happened_and_what_to_do(
    guard: RunningGuard, method: str, address: str, body: bytes | None, status: int, code: str
) -> None:
    answer = guard.client.request(method, address, content=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"] and error["do"]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", b"x", 422),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense", 400),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
            422,
        ),
        ("multipart/form-data; boundary=" + "b" * 5000, b"x", 400),
    ],
)
def test_a_broken_form_is_refused(guard: RunningGuard, content_type: str, body: bytes, status: int) -> None:
    answer = guard.client.post("/v1/check", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text


def test_a_declared_length_beyond_the_limit_is_refused_before_it_is_sent(guard: RunningGuard) -> None:
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(guard.url)
    with socket.create_connection((parts.hostname, parts.port), 10) as connection:
        head = f"POST /v1/check HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {guard.token}\r\n"
        connection.sendall(f"{head}Content-Length: {1 << 40}\r\n\r\n".encode())
        assert b" 413 " in connection.recv(200)


def test_readyz_says_how_far_every_list_is(exchange: SmallExchange, guard: RunningGuard) -> None:
    said = guard.client.get("/readyz").json()
    [each] = said["lists"]
    assert said["ready"] and each["name"] == "helpline" and each["epoch"] == 1 and each["trouble"] is None
    assert each["number"] == exchange.number and each["count"] == len(exchange.live) and each["age_s"] <= 30
    assert "helpline: ready" in guard.command("status")


def test_nothing_about_callers_or_uploads_is_logged(guard: RunningGuard) -> None:
    guard.client.post("/v1/check", content=b"x", headers={"User-Agent": "a browser", "X-Forwarded-For": "203.0.113.9"})
    assert guard.log.read_text() == ""
    for path in guard.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert (
                b"203.0.113.9" not in data
                and b"a browser" not in data
                and b"127.0.0.1:" not in data.replace(guard.exchange.url.encode(), b"")
            ), path.name


def test_the_documentation_names_every_route_and_error_code() -> None:
    import re

    from notcontent.doors.http.openapi import document

    text = (Path(__file__).parents[2] / "docs" / "platform" / "reference.md").read_text()
    for route in document()["paths"]:
        assert f"{route}`" in text, route
    source = Path(__file__).parents[2] / "src" / "notcontent"
    sources = [
        *(source / "doors" / "http").glob("*.py"),
        source / "guard/receiving.py",
        source / "guard/door_errors.py",
    ]
    codes = {code for path in sources for code in re.findall(r'\b[45]\d\d,\s+"(\w+)"', path.read_text())}
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in text} <= {"method", "unavailable", "empty"} - {"empty"}
