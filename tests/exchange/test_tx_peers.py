"""notcontent-tx in the real `tx` and the real HMA: list, match, withdraw, then no match."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.peers import Tx
from tests.exchange.running import Person, Running, command, picture_code, until

pytestmark = [pytest.mark.peer, pytest.mark.on_sqlite, pytest.mark.timeout(900)]


@pytest.fixture
def site(exchange: Running, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A partner whose list is made for tx and HMA."""
    name = f"Site of {request.node.name}"
    told: dict[str, Any] = json.loads(
        command(exchange.folder, "partner", "add", name, "--country", "ZZ", "--client", "tx", "--json")
    )
    return told | {"url": exchange.urls["partners"]}


def credentials(site: dict[str, Any]) -> str:
    return ",".join(site[name] for name in ("url", "token", "root_key"))


@pytest.fixture
def tx(site: dict[str, Any], tmp_path: Path) -> Tx:
    made = Tx(tmp_path, {"TX_NOTCONTENT": credentials(site)})
    made("config", "extensions", "add", "notcontent_tx")
    made("config", "collab", "edit", "notcontent", "--create", "NOTCONTENT")
    return made


def held(tx: Tx, code: dict[str, Any]) -> bool:
    """Fetch, then whether it matches in all of its turns; it must be all of them or none."""
    tx("fetch")
    found = {"NOTCONTENT" in tx.matches(code["orientations"][turn]) for turn in (0, 2, 5)}
    assert len(found) == 1
    return found.pop()


def test_tx_forgets_what_was_withdrawn(exchange: Running, site: dict[str, Any], tx: Tx, mina: Person) -> None:
    code, other = picture_code(), picture_code()
    stays = Person(exchange)
    mina.send([code], [site["partner"]])
    stays.send([other], [site["partner"]])
    until(lambda: held(tx, code) and held(tx, other))
    tx("fetch")
    assert mina.site_state() == "listed"
    mina.withdraw()
    until(lambda: not held(tx, code))
    assert held(tx, other)
    files = [path.read_bytes() for path in tx.home.rglob("*") if path.is_file()]
    for value in code["orientations"]:
        assert not any(value.encode() in data for data in files), "it is in no file of tx either"


def test_tx_takes_up_a_list_that_was_folded_while_it_was_away(
    exchange: Running, site: dict[str, Any], tx: Tx, mina: Person
) -> None:
    code, other = picture_code(), picture_code()
    mina.send([code], [site["partner"]])
    until(lambda: held(tx, code))
    mina.withdraw()
    Person(exchange).send([other], [site["partner"]])
    command(exchange.folder, "erase")
    until(lambda: held(tx, other))
    assert not held(tx, code), "what the snapshot lacks is gone"


def test_a_label_in_tx_becomes_a_report(site: dict[str, Any], tx: Tx, mina: Person) -> None:
    code = picture_code()
    mina.send([code], [site["partner"]])
    until(lambda: held(tx, code))
    for value in code["orientations"][:2]:
        tx("label", "-l", "ncii", "--as-hash", "pdq", "NOTCONTENT", "photo", "--", value)
    assert mina.look().json()["sites"][0]["hits"] == "once"


def test_tx_believes_no_exchange_but_the_one_whose_key_it_was_given(
    site: dict[str, Any], tmp_path: Path, mina: Person
) -> None:
    from notcontent.feed.signature import SigningKey

    code = picture_code()
    mina.send([code], [site["partner"]])
    tx = Tx(tmp_path, {"TX_NOTCONTENT": credentials(site | {"root_key": SigningKey.generate().public.text})})
    tx("config", "extensions", "add", "notcontent_tx")
    tx("config", "collab", "edit", "notcontent", "--create", "NOTCONTENT")
    tx("fetch", fails=True)


@pytest.fixture(scope="module")
def hma() -> Iterator[Any]:
    from bench.support.hma import CannotRun
    from tests.exchange.peers import running_hma

    try:
        with running_hma("from notcontent_tx import NotContentSignalExchangeAPI", "NotContentSignalExchangeAPI") as run:
            yield run
    except CannotRun as error:
        pytest.skip(f"HMA cannot run here: {error}")


def test_hma_forgets_what_was_withdrawn(hma: Any, exchange: Running, site: dict[str, Any], mina: Person) -> None:
    code, other = picture_code(), picture_code()
    mina.send([code], [site["partner"]])
    Person(exchange).send([other], [site["partner"]])
    keys = {name: site[name] for name in ("url", "token", "root_key")}
    hma.ask("POST", "/c/exchanges/api/notcontent", json={"credential_json": keys})
    hma.ask("POST", "/c/exchanges", json={"bank": "NOTCONTENT", "api": "notcontent", "api_json": {}})
    until(lambda: hma.refresh() or (hma.matches(code["orientations"][0]) and hma.matches(other["orientations"][0])), 90)
    assert all(hma.matches(value)["NOTCONTENT"] for value in code["orientations"])
    mina.withdraw()
    until(lambda: hma.run("fetch") and not hma.matches(code["orientations"][0]), 90)
    assert not any(hma.matches(value) for value in code["orientations"])
    assert hma.matches(other["orientations"][0])
    hma.index()
    raw = hma.ask("GET", "/m/raw_lookup", params={"signal_type": "pdq", "signal": code["orientations"][0]})
    assert raw == {"matches": []}, "it has left the index too"
