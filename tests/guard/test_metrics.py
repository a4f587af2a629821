"""What a guard counts: true over all its processes, for scrapers alone, and about nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.metrics import described
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

ROOT = Path(__file__).parents[2]
LABELS = {"door", "verdict", "cause", "list", "tier", "result", "clock", "le"}


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as exchange:
        folder = tmp_path_factory.mktemp("guard") / "data"
        running = RunningGuard(folder, exchange, {"workers": 2}).start()
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def scraper(guard: RunningGuard) -> str:
    return guard.command("token", "prometheus", "--for", "metrics").split()[-1]


def scraped(guard: RunningGuard, token: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = httpx.get(f"{guard.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(numbers: dict[tuple[str, tuple[tuple[str, str], ...]], float], name: str, **labels: str) -> float:
    return numbers.get((f"notcontent_guard_{name}", tuple(sorted(labels.items()))), 0.0)


def test_whichever_process_is_asked_tells_what_all_have_counted(guard: RunningGuard, scraper: str) -> None:
    entry = generated_picture(1)
    guard.exchange.add(fingerprint_picture(entry).orientations[0].value, Tier.VERIFIED)
    guard.catch_up()
    before = scraped(guard, scraper)
    for seed in range(12):  # Each on a connection of its own, so that both processes get some.
        headers = {"Authorization": f"Bearer {guard.token}"}
        assert httpx.post(f"{guard.url}/v1/check", content=generated_picture(100 + seed), headers=headers).is_success
        assert httpx.post(f"{guard.url}/v1/check", content=b"no picture", headers=headers).status_code == 415
    assert guard.check(entry).status_code == 451
    assert guard.check(b"").status_code == 422
    for _ in range(4):
        after = scraped(guard, scraper)
        for name, grown, labels in (
            ("uploads_total", 12, {"door": "http", "verdict": "allow"}),
            ("uploads_total", 1, {"door": "http", "verdict": "block"}),
            ("unchecked_total", 12, {"door": "http", "cause": "not_a_picture"}),
            ("unchecked_total", 1, {"door": "http", "cause": "empty"}),
            ("matches_total", 1, {"list": "helpline", "tier": "verified"}),
            ("check_seconds_count", 13, {"door": "http"}),
            ("hash_seconds_count", 13, {}),
            ("match_seconds_count", 13, {}),
        ):
            assert value(after, name, **labels) - value(before, name, **labels) == grown, (name, labels)
        assert value(after, "ready") == 1 and value(after, "list_entries", list="helpline") == 1
        assert 0 <= value(after, "list_age_seconds", list="helpline") < 60
        assert value(after, "open_uploads") == 0


def test_numbers_are_for_scrapers_and_a_scraper_is_for_numbers(guard: RunningGuard, scraper: str) -> None:
    assert httpx.get(f"{guard.url}/metrics").status_code == 401
    assert guard.client.get("/metrics").status_code == 403
    headers = {"Authorization": f"Bearer {scraper}"}
    answer = httpx.post(f"{guard.url}/v1/check", content=generated_picture(1), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "purpose")


def test_every_metric_is_there_and_no_label_says_who(guard: RunningGuard, scraper: str) -> None:
    numbers = scraped(guard, scraper)
    labels = {name for _, pairs in numbers for name, _ in pairs}
    assert labels <= LABELS and {label for _, _, labels, _ in described() for label in labels} <= LABELS
    names = {name for name, _ in numbers}
    for name, kind, _, meaning in described():
        assert meaning
        if kind == "gauge":
            assert name in names, name


def test_the_dashboard_asks_for_metrics_and_labels_that_exist() -> None:
    board = json.loads((ROOT / "examples" / "grafana" / "guard.json").read_text())
    known = {name: set(labels) | {"le"} for name, _, labels, _ in described()}
    for name, kind, labels, _ in described():
        if kind == "histogram":
            known |= {f"{name}_{end}": set(labels) | {"le"} for end in ("bucket", "sum", "count")}
    asked = set()
    for target in (target for panel in board["panels"] for target in panel["targets"]):
        names = set(re.findall(r"notcontent_\w+", target["expr"]))
        assert names and names <= known.keys(), target["expr"]
        asked |= names
        by = {label for group in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in group.split(", ")}
        by |= set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert all(by <= known[name] for name in names), target
    # Whatever is measured can be seen.
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    assert shown == {name for name, *_ in described()}
    places = [panel["gridPos"] for panel in board["panels"]]
    assert len({(place["x"], place["y"]) for place in places}) == len(places)
