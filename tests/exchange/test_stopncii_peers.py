"""The door in StopNCII's shape, with the clients that set the shape: `tx` and HMA, both as they come."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.running import Person, Running, picture_code, until
from tests.exchange.subscribing import Subscriber

pytestmark = [pytest.mark.peer, pytest.mark.on_sqlite, pytest.mark.timeout(900)]


@pytest.fixture
def site(exchange: Running, request: pytest.FixtureRequest) -> Subscriber:
    return Subscriber(exchange, f"Site of {request.node.name}")


def unmodified_tx(site: Subscriber, home: Path) -> Any:
    from tests.exchange.peers import Tx

    tx = Tx(home, {"TX_STOPNCII_KEYS": f"{site.function_key},{site.subscription_key},{site.url}"})
    tx("config", "collab", "edit", "stop_ncii", "--create", "NOTCONTENT")
    return tx


def listed(site: Subscriber, person: Person) -> list[str]:
    """A picture of hers on the site's list, though not fetched yet; its eight turns."""
    code = picture_code()
    assert person.send([code], [site.id]).status_code == 201
    until(lambda: {record.value for record in site.page().records} >= set(code["orientations"]))
    return list(code["orientations"])


def test_unmodified_tx_fetches_and_matches_all_eight_turns(site: Subscriber, mina: Person, tmp_path: Path) -> None:
    values = listed(site, mina)
    tx = unmodified_tx(site, tmp_path)
    tx("fetch")
    for value in values:
        assert "NOTCONTENT" in tx.matches(value)
    assert "NOTCONTENT" not in tx.matches(picture_code()["orientations"][0])
    tx("fetch")
    assert mina.site_state() == "listed"


def test_unmodified_tx_keeps_what_was_withdrawn_until_it_is_cleared(
    site: Subscriber, mina: Person, tmp_path: Path
) -> None:
    kept = Person(mina.exchange)
    value, other = listed(site, mina)[0], listed(site, kept)[0]
    tx = unmodified_tx(site, tmp_path)
    tx("fetch")
    mina.withdraw()
    until(lambda: {record.value for record in site.page().records} and value not in _live(site))
    tx("fetch")
    # The fault of these clients that is told in docs/platform/stopncii.md, and why such a site can't prove forgetting.
    assert "NOTCONTENT" in tx.matches(value)
    tx("fetch", "--clear")
    tx("fetch")
    assert "NOTCONTENT" not in tx.matches(value) and "NOTCONTENT" in tx.matches(other)


def _live(site: Subscriber) -> set[str]:
    return {record.value for record in site.page().records if not record.withdrawn}


def test_feedback_by_the_clients_own_function_becomes_a_report(site: Subscriber, mina: Person) -> None:
    api = importlib.import_module("threatexchange.exchanges.clients.stopncii.api")
    value = listed(site, mina)[3]
    client = api.StopNCIIAPI(
        site.subscription_key, site.function_key, {api.StopNCIIEndpoint.SubmitFeedback: site.function_key}, site.url
    )
    client.submit_feedback(
        api.StopNCIISignalType.ImagePDQ, value, api.StopNCIICSPFeedbackValue.Blocked, {"ncii", "seen"}
    )
    assert mina.look().json()["sites"][0]["hits"] == "once"


def test_the_clients_own_reader_takes_every_page_whole(site: Subscriber, mina: Person) -> None:
    api = importlib.import_module("threatexchange.exchanges.clients.stopncii.api")
    values = set(listed(site, mina) + listed(site, Person(mina.exchange)))
    client = api.StopNCIIAPI(site.subscription_key, site.function_key, None, site.url)
    read, start, following = [], 10, ""
    while True:
        page = client.fetch_hashes(page_size=5, start_timestamp=start, next_page=following)
        read += page.hashRecords
        assert page.count == len(page.hashRecords) <= 5
        if not page.hasMoreRecords:
            break
        following = page.nextPageToken
    assert {record.hashValue for record in read} == values and len(read) == 16
    assert {record.hashStatus.value for record in read} == {"Active"}
    assert all(record.caseNumbers == {} and record.CSPFeedbacks == [] for record in read)


@pytest.fixture(scope="module")
def stock_hma() -> Iterator[Any]:
    from bench.support.hma import CannotRun
    from tests.exchange.peers import running_hma

    try:
        with running_hma() as hma:
            yield hma
    except CannotRun as error:
        pytest.skip(f"HMA cannot run here: {error}")


def test_a_stock_hma_subscribes_by_configuration_fetches_and_matches(
    stock_hma: Any, site: Subscriber, mina: Person
) -> None:
    values = listed(site, mina)
    keys = {
        "fetch_function_key": site.function_key,
        "subscription_key": site.subscription_key,
        "base_url_override": site.url,
    }
    stock_hma.ask("POST", "/c/exchanges/api/stop_ncii", json={"credential_json": keys})
    stock_hma.ask("POST", "/c/exchanges", json={"bank": "NOTCONTENT", "api": "stop_ncii", "api_json": {}})
    stock_hma.refresh()
    for value in values:
        (found,) = stock_hma.matches(value)["NOTCONTENT"]
        assert found["distance"] == "0"
    assert stock_hma.matches(picture_code()["orientations"][0]) == {}
    # A second fetch goes on from the first: nothing new, nothing lost, no checkpoint that went back.
    stock_hma.run("fetch")
    status = stock_hma.ask("GET", "/c/exchange/NOTCONTENT/status")
    assert status["last_fetch_succeeded"] is True and status["fetched_items"] == 8, json.dumps(status)
    assert mina.site_state() == "listed"
