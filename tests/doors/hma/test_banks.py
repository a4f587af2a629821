"""Banks: one for each tier of each list, read-only, and names that clients give to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notcontent.doors.hma.banks import Banks, entry_number
from notcontent.feed.entry import Tier
from notcontent.guard.database import Database
from notcontent.guard.door_errors import DoorError
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

VALUE = bytes(range(32))
SEARCHED = {"signal": VALUE.hex(), "signal_type": "pdq"}
NAME = "COOP_ORG1_INTIMATE_PICTURES"
CHOICES = {"list": "helpline", "tier": "verified"}


@pytest.fixture
def entry(guard: RunningGuard, exchange: SmallExchange) -> Iterator[str]:
    listed = exchange.add(VALUE, Tier.VERIFIED)
    guard.catch_up()
    yield listed
    exchange.withdraw(listed)
    guard.catch_up()


def ask(guard: RunningGuard, verb: str, path: str, question: object = None, **query: str) -> httpx.Response:
    return guard.client.request(verb, f"/hma{path}", json=question, params=query)


def lookup(guard: RunningGuard, **query: str) -> list[str]:
    return list(ask(guard, "GET", "/m/lookup", **SEARCHED, **query).json())


def test_each_list_has_a_bank_for_each_tier(guard: RunningGuard) -> None:
    banks = ask(guard, "GET", "/c/banks").json()
    assert [bank["name"] for bank in banks] == ["HELPLINE_CLAIMED", "HELPLINE_SEEN", "HELPLINE_VERIFIED"]
    assert ask(guard, "GET", "/c/bank/HELPLINE_SEEN").json() == banks[1]


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("POST", "/c/banks", {"name": "MINE"}),
        ("PUT", "/c/bank/HELPLINE_SEEN", {"enabled": False}),
        ("DELETE", "/c/bank/HELPLINE_SEEN", None),
        ("POST", "/c/bank/HELPLINE_SEEN/signal", {"pdq": "0f" * 32}),
        ("POST", "/c/bank/HELPLINE_SEEN/content", None),
        ("DELETE", "/c/bank/HELPLINE_SEEN/content/7", None),
        ("PUT", "/c/bank/HELPLINE_SEEN/content/7", {"disable_until_ts": 0}),
        ("PUT", "/c/exchange/HELPLINE_SEEN", {"enabled": False}),
        ("DELETE", "/c/exchange/HELPLINE_SEEN", None),
    ],
)
def test_what_would_change_a_list_is_refused_with_a_sentence(
    guard: RunningGuard, verb: str, path: str, body: object
) -> None:
    answer = ask(guard, verb, path, body)
    assert answer.status_code == 403 and "read-only" in answer.json()["message"]


def test_coop_makes_a_bank_of_its_own_name_uses_it_and_drops_it(guard: RunningGuard, entry: str) -> None:
    assert ask(guard, "GET", "/c/exchanges/apis").json() == ["notcontent"]
    said = ask(guard, "GET", "/c/exchanges/api/notcontent").json()
    assert said == {"supports_authentification": False, "has_set_authentification": False}
    schema = ask(guard, "GET", "/c/exchanges/api/notcontent/schema").json()
    assert {field["name"]: field["choices"] for field in schema["config_schema"]["fields"]} == {
        "list": ["helpline"],
        "tier": ["claimed", "seen", "verified"],
    }
    made = ask(guard, "POST", "/c/exchanges", {"bank": NAME, "api": "notcontent", "api_json": CHOICES})
    assert (made.status_code, made.json()) == (201, {"message": "Created successfully"})
    found = ask(guard, "GET", "/m/lookup", **SEARCHED).json()
    match = {"bank_content_id": entry_number(entry), "distance": "0"}
    assert found == {"HELPLINE_VERIFIED": [match], NAME: [match]}
    assert ask(guard, "GET", f"/c/bank/{NAME}").json() == {"name": NAME, "matching_enabled_ratio": 1.0}
    exchange = ask(guard, "GET", f"/c/exchange/{NAME}").json()
    assert exchange == {"name": NAME, "api": "notcontent", "enabled": True} | CHOICES
    status = ask(guard, "GET", f"/c/exchange/{NAME}/status").json()
    assert status["up_to_date"] and status["last_fetch_succeeded"] and status["fetched_items"] == 1
    assert ask(guard, "PUT", f"/c/bank/{NAME}", {"enabled_ratio": 0.25}).json()["matching_enabled_ratio"] == 0.25
    # HMA draws Python's random numbers from the seed: 0.84 for "1", 0.13 for "3".
    drawn = {seed: NAME in lookup(guard, seed=seed) for seed in map(str, range(20))}
    assert 0 < sum(drawn.values()) < 20
    assert drawn == {seed: NAME in lookup(guard, seed=seed) for seed in drawn}
    assert ask(guard, "PUT", f"/c/bank/{NAME}", {"name": f"{NAME}_2", "enabled": True}).json()["name"] == f"{NAME}_2"
    assert lookup(guard) == ["HELPLINE_VERIFIED", f"{NAME}_2"]
    # A name outlives the guard's process.
    assert guard.stop() == 0
    guard.start()
    assert lookup(guard, banks=f"{NAME}_2") == [f"{NAME}_2"]
    assert ask(guard, "DELETE", f"/c/bank/{NAME}_2").json() == {"message": "Done"}
    assert lookup(guard) == ["HELPLINE_VERIFIED"]
    assert ask(guard, "DELETE", f"/c/exchange/{NAME}_2").status_code == 200


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"bank": "lower", "api": "notcontent", "api_json": CHOICES}, 400),
        ({"bank": "1ST", "api": "notcontent", "api_json": CHOICES}, 400),
        ({"bank": "HELPLINE_SEEN", "api": "notcontent", "api_json": CHOICES}, 403),
        ({"bank": "B", "api": "stop_ncii", "api_json": {}}, 400),
        ({"bank": "B", "api": "notcontent", "api_json": {"list": "other", "tier": "seen"}}, 400),
        ({"bank": "B", "api": "notcontent", "api_json": {"list": "helpline", "tier": "all"}}, 400),
        ({"bank": "B", "api": "notcontent", "api_json": []}, 400),
        ({"bank": "B", "api": "notcontent", "api_json": {"list": ["helpline"], "tier": {}}}, 400),
        ([], 400),
    ],
)
def test_a_bank_that_cannot_be_is_refused(guard: RunningGuard, question: object, status: int) -> None:
    answer = ask(guard, "POST", "/c/exchanges", question)
    assert answer.status_code == status and list(answer.json()) == ["message"]


@pytest.mark.parametrize("ratio", ["1.5", "-1", "NaN", "1e999", "1" + "0" * 400, '"a"', "[]", "{}"])
def test_a_share_that_is_none_is_refused(guard: RunningGuard, ratio: str) -> None:
    ask(guard, "POST", "/c/exchanges", {"bank": "SHARED", "api": "notcontent", "api_json": CHOICES})
    answer = guard.client.put("/hma/c/bank/SHARED", content=f'{{"enabled_ratio": {ratio}}}')
    assert answer.status_code == 400
    assert ask(guard, "PUT", "/c/bank/SHARED", {"enabled_ratio": "0.5"}).json()["matching_enabled_ratio"] == 0.5
    ask(guard, "DELETE", "/c/bank/SHARED")


@pytest.mark.parametrize("number", ["-1", "x", "9" * 17, "9" * 5000])
def test_no_item_has_a_number_that_is_none(guard: RunningGuard, number: str) -> None:
    assert ask(guard, "GET", f"/c/bank/HELPLINE_SEEN/content/{number}").status_code == 404


def test_lists_whose_names_have_no_letter_in_common_with_a_bank_name_have_different_banks(tmp_path: Path) -> None:
    lists = {1: "help line", 2: "help-line", 3: "求助", 4: "ヘルプ", 5: "24 hours"}
    banks = Banks(Database(tmp_path), lists)
    names = [bank.name for bank in banks.read() if bank.tier is Tier.SEEN]
    assert names == ["HELP_LINE_SEEN", "HELP_LINE_2_SEEN", "LIST_SEEN", "LIST_4_SEEN", "_24_HOURS_SEEN"]


def test_clients_cannot_name_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    banks = Banks(Database(tmp_path), {1: "helpline"})
    monkeypatch.setattr("notcontent.doors.hma.banks.MOST_ATTACHED", 2)
    for name in ("A", "B"):
        banks.attach(name, "helpline", "seen")
    with pytest.raises(DoorError) as refused:
        banks.attach("C", "helpline", "seen")
    assert refused.value.status == 403
