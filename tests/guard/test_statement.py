"""The statement of reasons: what a law demands, in the database's own words, and nothing about anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

STATED = {
    "ground": "illegal", "reference": "§ 201a StGB", "explanation": "An intimate picture shared without consent.",
    "territory": ["FR", "DE", "DE"], "redress": "Write to complaints@site.example within six months.",
}  # fmt: skip
#: What the database demands of every statement; the rest depends on the ground.
ALWAYS = {
    "decision_visibility", "decision_ground", "content_type", "category", "category_specification", "territorial_scope",
    "content_date", "application_date", "decision_facts", "source_type", "automated_detection", "automated_decision",
    "puid",
}  # fmt: skip


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, {"decoder_workers": 1}).start()
    yield running
    assert running.stop() == 0


def upload(exchange: SmallExchange, guard: RunningGuard, seed: int, tier: Tier) -> tuple[str, str]:
    picture = generated_picture(seed)
    entry = exchange.add(fingerprint_picture(picture).orientations[0].value, tier)
    guard.catch_up()
    return guard.check(picture, object="photo").json()["id"], entry


def state(guard: RunningGuard, upload: str, **changes: object) -> tuple[int, dict[str, object]]:
    answer = guard.client.post(f"/v1/uploads/{upload}/statement", json=STATED | changes)
    return answer.status_code, answer.json()


def test_a_block_by_machine_is_stated_as_one(exchange: SmallExchange, guard: RunningGuard) -> None:
    blocked, entry = upload(exchange, guard, 1, Tier.VERIFIED)
    status, said = state(guard, blocked)
    record = said["to_database"]
    assert status == 200 and isinstance(record, dict)
    assert record.keys() == ALWAYS | {"illegal_content_legal_ground", "illegal_content_explanation"}
    assert record["automated_decision"] == "AUTOMATED_DECISION_FULLY" and record["automated_detection"] == "Yes"
    assert record["content_type"] == ["CONTENT_TYPE_IMAGE"] and record["territorial_scope"] == ["DE", "FR"]
    assert record["category_specification"] == ["KEYWORD_NON_CONSENSUAL_IMAGE_SHARING"]
    assert re.fullmatch(r"[a-zA-Z0-9-_]{1,500}", record["puid"])
    assert record["content_date"] == record["application_date"]
    text = str(said["to_uploader"])
    for told in ("not shown", "DE, FR", "automatically", "No person", STATED["reference"], STATED["redress"], "court"):
        assert str(told) in text, told
    for secret in (entry, "helpline", "verified", "bits", "photo"):
        assert secret not in json.dumps(said), secret


def test_a_persons_decision_is_stated_as_one(exchange: SmallExchange, guard: RunningGuard) -> None:
    held, _ = upload(exchange, guard, 2, Tier.SEEN)
    assert state(guard, held)[0] == 409
    guard.client.post(f"/v1/uploads/{held}/decision", json={"decision": "block", "reason": "intimate"})
    changes = {
        "ground": "terms", "reference": "4.2", "against_women": True, "forgery": True, "restriction": "removed",
        "applied_on": "2026-11-28",
    }  # fmt: skip
    status, said = state(guard, held, **changes)
    record = said["to_database"]
    assert status == 200 and isinstance(record, dict)
    assert record.keys() == ALWAYS | {"incompatible_content_ground", "incompatible_content_explanation"}
    assert record["automated_decision"] == "AUTOMATED_DECISION_PARTIALLY"
    assert record["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert record["category"] == "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN"
    assert record["category_specification"] == ["KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN"]
    assert record["content_type"] == ["CONTENT_TYPE_IMAGE", "CONTENT_TYPE_SYNTHETIC_MEDIA"]
    assert record["application_date"] == "2026-11-28" and "A person at the service" in str(record["decision_facts"])


@pytest.mark.parametrize(
    "changes",
    [
        {"ground": "whim"},
        {"reference": ""},
        {"reference": "x" * 501},
        {"explanation": " "},
        {"explanation": None},
        {"territory": []},
        {"territory": ["EL"]},
        {"territory": "DE"},
        {"redress": 5},
        {"forgery": "yes"},
        {"restriction": "demoted"},
        {"applied_on": "yesterday"},
        {"applied_on": "1999-01-01"},
        {"name": "somebody"},
    ],
)
def test_what_the_database_would_refuse_is_refused_here(guard: RunningGuard, changes: dict[str, object]) -> None:
    status, said = state(guard, "0" * 32, **changes)
    assert (status, said["error"]["code"]) == (422, "statement")  # type: ignore[index]


def test_an_unknown_upload_has_no_statement(guard: RunningGuard) -> None:
    assert state(guard, "0" * 32)[0] == 404
