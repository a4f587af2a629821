"""The HMA door answers as its clients need it, quirks of theirs included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notcontent.doors.hma.banks import entry_number
from notcontent.feed.entry import SetTier, Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.value import Fingerprint
from notcontent.fingerprint.video.compute import fingerprint_video
from tests.conftest import generated_picture
from tests.doors.hma.conftest import OPEN
from tests.fingerprint.video.making import drifting, film
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

PICTURE = generated_picture(500)
CODE = fingerprint_picture(PICTURE).upright
SEARCHED = {"signal": CODE.hex, "signal_type": "pdq"}


@pytest.fixture
def listed(guard: RunningGuard, exchange: SmallExchange) -> Iterator[str]:
    """A verified entry for the picture."""
    entry = exchange.add(CODE.value, Tier.VERIFIED)
    guard.catch_up()
    yield entry
    exchange.withdraw(entry)
    guard.catch_up()


def near(code: Fingerprint, bits: int) -> str:
    return (int(code.hex, 16) ^ ((1 << bits) - 1)).to_bytes(32, "big").hex()


def get(guard: RunningGuard, path: str, **query: str) -> httpx.Response:
    return guard.client.get(f"/hma{path}", params=query)


def test_a_fingerprint_is_found_in_the_bank_of_its_list_and_tier(guard: RunningGuard, listed: str) -> None:
    match = {"bank_content_id": entry_number(listed), "distance": "0"}
    assert get(guard, "/m/lookup", **SEARCHED).json() == {"HELPLINE_VERIFIED": [match]}
    at_30 = get(guard, "/m/lookup", signal=near(CODE, 30), signal_type="pdq").json()
    assert at_30 == {"HELPLINE_VERIFIED": [match | {"distance": "30"}]}
    assert get(guard, "/m/lookup", signal=near(CODE, 32), signal_type="pdq").json() == {}


def test_a_bank_in_which_nothing_is_has_no_key(guard: RunningGuard, listed: str) -> None:
    assert get(guard, "/m/lookup", signal="0f" * 32, signal_type="pdq").text == "{}"
    assert get(guard, "/m/lookup", **SEARCHED, banks="HELPLINE_CLAIMED,HELPLINE_SEEN").text == "{}"
    assert list(get(guard, "/m/lookup", **SEARCHED, banks="X,HELPLINE_VERIFIED").json()) == ["HELPLINE_VERIFIED"]


def test_the_same_two_requests_that_policyserv_makes_find_the_picture(guard: RunningGuard, listed: str) -> None:
    hashed = guard.client.post("/hma/h/hash", files={"photo": ("x", PICTURE)})
    assert hashed.status_code == 200 and hashed.json() == {"pdq": CODE.hex}
    [(kind, signal)] = hashed.json().items()
    assert list(get(guard, "/m/lookup", signal_type=kind, signal=signal).json()) == ["HELPLINE_VERIFIED"]


def test_a_picture_that_shows_too_little_has_an_empty_fingerprint_that_matches_nothing(guard: RunningGuard) -> None:
    import io

    from PIL import Image

    flat = io.BytesIO()
    Image.new("RGB", (300, 300), (200, 200, 200)).save(flat, "PNG")
    assert guard.client.post("/hma/h/hash", files={"photo": ("x", flat.getvalue())}).json() == {"pdq": ""}
    empty = get(guard, "/m/lookup", signal_type="pdq", signal="")
    assert (empty.status_code, empty.text) == (200, "{}")


def test_errors_of_lookups_are_no_json_and_others_are_objects_with_a_message(guard: RunningGuard) -> None:
    stranger = httpx.Client(base_url=guard.url, trust_env=False)
    lookups = [
        get(guard, "/m/lookup"),
        get(guard, "/m/lookup", signal="XYZ", signal_type="pdq"),
        get(guard, "/m/lookup", signal=CODE.hex.upper(), signal_type="pdq"),
        get(guard, "/m/lookup", signal=CODE.hex, signal_type="video_md5"),
        get(guard, "/m/raw_lookup", signal=CODE.hex),
        guard.client.post("/hma/m/lookup", files={"photo": ("x", b"no picture")}),
        guard.client.post("/hma/m/lookup", content=PICTURE),
        guard.client.post("/hma/m/lookup", files={"file": ("x", PICTURE)}),
        guard.client.post("/hma/m/lookup", files=[("photo", ("x", PICTURE)), ("video", ("x", PICTURE))]),
        stranger.get("/hma/m/lookup", params=SEARCHED),
        stranger.get("/hma/ncg_unknown/m/lookup", params=SEARCHED),
    ]
    assert [each.status_code for each in lookups] == [400, 400, 400, 400, 422, 415, 400, 400, 400, 401, 401]
    for each in lookups:
        assert each.headers["content-type"].startswith("text/plain") and each.text
        with pytest.raises(json.JSONDecodeError):
            each.json()
    others = [
        guard.client.post("/hma/h/hash", files={"photo": ("x", b"no picture")}),
        guard.client.post("/hma/h/hash"),
        get(guard, "/h/hash", url="https://example.org/a.jpg"),
        get(guard, "/c/bank/NONE"),
        get(guard, "/nothing"),
        guard.client.delete("/hma/m/compare"),
        stranger.get("/hma/c/banks"),
    ]
    assert [each.status_code for each in others] == [415, 400, 400, 404, 404, 405, 401]
    assert all(list(each.json()) == ["message"] for each in others)


def test_the_token_may_stand_in_the_path_and_slashes_may_be_doubled(guard: RunningGuard, listed: str) -> None:
    client = httpx.Client(base_url=guard.url, trust_env=False)
    for path in (f"/hma/{guard.token}/m/lookup", f"/hma/{guard.token}//m/lookup", f"//hma/{guard.token}//m//lookup"):
        assert list(client.get(guard.url + path, params=SEARCHED).json()) == ["HELPLINE_VERIFIED"]
    assert client.get(f"/hma/{guard.token}//status").text == "I-AM-ALIVE"


def test_a_file_that_is_looked_up_is_recorded_and_reported_and_a_fingerprint_is_not(
    guard: RunningGuard, exchange: SmallExchange, listed: str
) -> None:
    get(guard, "/m/lookup", **SEARCHED)
    get(guard, "/m/raw_lookup", **SEARCHED)
    answer = guard.client.post("/hma/m/lookup", files={"photo": ("x", PICTURE)})
    assert list(answer.json()["pdq"]) == ["HELPLINE_VERIFIED"]
    upload = guard.client.get(f"/v1/uploads/{answer.headers['notcontent-upload']}").json()
    assert (upload["verdict"], upload["state"]) == ("block", "blocked")
    wait_until(lambda: [r for r in exchange.reports if r["entry"] == listed], "the report")
    assert [r["verdict"] for r in exchange.reports if r["entry"] == listed] == ["block"]


def test_a_listed_video_is_found_as_a_file_and_has_no_fingerprint_of_its_own(
    guard: RunningGuard, exchange: SmallExchange, tmp_path: Path
) -> None:
    (tmp_path / "listed.mp4").write_bytes(
        film([frame for seed in (71, 72) for frame in drifting(seed, 40, 320, 180)], 20)
    )
    codes = fingerprint_video(tmp_path / "listed.mp4").frames
    upload = (tmp_path / "listed.mp4").read_bytes()
    refused = guard.client.post("/hma/h/hash", files={"video": ("x", upload)})
    assert refused.status_code == 415 and "POST /m/lookup" in refused.json()["message"]
    assert guard.client.post("/hma/m/lookup", files={"video": ("x", upload)}).json() == {"pdq": {}}
    entry = exchange.add_video([frame.value for frame in codes], Tier.SEEN)
    guard.catch_up()
    found = guard.client.post("/hma/m/lookup", files={"video": ("x", upload)}).json()
    assert [each["bank_content_id"] for each in found["pdq"]["HELPLINE_SEEN"]] == [entry_number(entry)]
    exchange.withdraw(entry)


def test_raw_lookups_answer_numbers(guard: RunningGuard, listed: str) -> None:
    assert get(guard, "/m/raw_lookup", **SEARCHED).json() == {"matches": [entry_number(listed)]}
    far = get(guard, "/m/raw_lookup", signal=near(CODE, 7), signal_type="pdq", include_distance="true").json()
    assert far == {"matches": [{"bank_content_id": entry_number(listed), "distance": "7"}]}
    assert get(guard, "/m/raw_lookup", **SEARCHED, banks="HELPLINE_SEEN").json() == {"matches": []}


def test_two_fingerprints_are_compared(guard: RunningGuard) -> None:
    def compare(question: object) -> httpx.Response:
        return guard.client.post("/hma/m/compare", json=question)

    assert compare({"pdq": [CODE.hex, near(CODE, 9)]}).json() == {"pdq": [True, {"distance": 9}]}
    assert compare({"pdq": [CODE.hex, near(CODE, 32)]}).json() == {"pdq": [False, {"distance": 32}]}
    for bad in (["a"], {"pdq": "a"}, {"pdq": []}, {"pdq": ["a", "b"]}, {"pdq": [CODE.hex] * 3}, {"md5": ["a", "b"]}):
        assert compare(bad).status_code == 400


def test_the_index_says_how_much_it_holds_and_of_when_it_is(guard: RunningGuard, listed: str) -> None:
    state = get(guard, "/m/index/status", signal_type="pdq").json()["pdq"]
    assert state["present"] and state["size"] >= 1 and state["built_to"] > 1_700_000_000
    assert get(guard, "/m/index/status", signal_type="video_md5").status_code == 400


def test_an_item_can_be_looked_at_and_shows_no_fingerprint(
    guard: RunningGuard, exchange: SmallExchange, listed: str
) -> None:
    number = entry_number(listed)
    item = get(guard, f"/c/bank/HELPLINE_VERIFIED/content/{number}", include_signals="true")
    assert item.json() == {
        "id": number,
        "disable_until_ts": 1,
        "original_media_uri": None,
        "bank": {"name": "HELPLINE_VERIFIED", "matching_enabled_ratio": 1.0},
    }
    assert CODE.hex not in item.text
    assert get(guard, f"/c/bank/HELPLINE_SEEN/content/{number}").status_code == 404
    assert get(guard, "/c/bank/HELPLINE_VERIFIED/content/1").status_code == 404
    exchange.cut(SetTier(listed, Tier.SEEN))
    guard.catch_up()
    assert get(guard, f"/c/bank/HELPLINE_SEEN/content/{number}").status_code == 200


def test_only_what_blocks_is_answered_where_holds_pass(tmp_path: Path, exchange: SmallExchange) -> None:
    pictures = {tier: generated_picture(600 + n) for n, tier in enumerate(Tier)}
    entries = [exchange.add(fingerprint_picture(p).upright.value, tier) for tier, p in pictures.items()]
    guard = RunningGuard(tmp_path / "data", exchange, OPEN | {"hma_when_held": "pass"}).start()
    guard.catch_up()
    for tier, picture in pictures.items():
        stopped = ["HELPLINE_VERIFIED"] if tier is Tier.VERIFIED else []
        code = fingerprint_picture(picture).upright.hex
        assert list(guard.client.post("/hma/m/lookup", files={"photo": ("x", picture)}).json()["pdq"]) == stopped
        assert list(get(guard, "/m/lookup", signal=code, signal_type="pdq").json()) == stopped
        assert len(get(guard, "/m/raw_lookup", signal=code, signal_type="pdq").json()["matches"]) == len(stopped)
    ratios = {bank["name"]: bank["matching_enabled_ratio"] for bank in get(guard, "/c/banks").json()}
    assert ratios == {"HELPLINE_CLAIMED": 0.0, "HELPLINE_SEEN": 0.0, "HELPLINE_VERIFIED": 1.0}
    # What passed is recorded and reported all the same.
    wait_until(lambda: len([r for r in exchange.reports if r["entry"] in entries]) == 3, "the reports")
    exchange.withdraw(*entries)
    guard.stop()


@pytest.mark.parametrize("unchecked", ["stop", "pass"])
def test_a_list_that_is_too_old_is_told_and_what_becomes_of_uploads_is_as_stated(
    tmp_path: Path, exchange: SmallExchange, unchecked: str
) -> None:
    settings = OPEN | {"hma_when_unchecked": unchecked, "list_max_age_hours": 2 / 3600}
    guard = RunningGuard(tmp_path / "data", exchange, settings).start()
    assert get(guard, "/status").text == "I-AM-ALIVE"
    exchange.close()
    try:
        wait_until(lambda: get(guard, "/status").text == "INDEX-STALE", "the list to be too old")
        assert get(guard, "/status").status_code == 503 and get(guard, "/status/live").status_code == 200
        answers = [
            get(guard, "/m/lookup", **SEARCHED),
            get(guard, "/m/raw_lookup", **SEARCHED),
            guard.client.post("/hma/m/lookup", files={"photo": ("x", PICTURE)}),
            guard.client.post("/hma/m/lookup", files={"photo": ("x", b"no picture")}),
        ]
        if unchecked == "stop":
            assert [each.status_code for each in answers] == [503] * 4
            assert all(each.headers["retry-after"] and "{" not in each.text for each in answers)
        else:
            assert [each.json() for each in answers] == [{}, {"matches": []}, {"pdq": {}}, {"pdq": {}}]
            assert guard.client.post("/hma/h/hash", files={"photo": ("x", b"no")}).json() == {"pdq": ""}
        assert get(guard, "/m/lookup", signal="XYZ", signal_type="pdq").status_code == 400
    finally:
        exchange.open()
        guard.stop()


def test_before_a_list_has_arrived_the_index_is_not_loaded(tmp_path: Path, exchange: SmallExchange) -> None:
    exchange.close()
    try:
        guard = RunningGuard(tmp_path / "data", exchange, dict(OPEN)).start(ready=False)
        assert (get(guard, "/status").status_code, get(guard, "/status").text) == (503, "INDEX-NOT-LOADED")
        state = get(guard, "/m/index/status").json()
        assert state == {"pdq": {"built_to": -1, "present": False, "size": 0}}
        guard.stop()
    finally:
        exchange.open()


def test_a_closed_door_is_no_route(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = RunningGuard(tmp_path / "data", exchange).start()
    assert get(guard, "/status").status_code == 404
    guard.stop()
