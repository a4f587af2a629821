"""The verdict cache: the same bytes are looked up once while no list changes, and everything else is as without it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notcontent.feed.entry import Pause, Resume, SetTier, Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.database import Database
from notcontent.guard.looking import Looked
from notcontent.guard.remembering import Remembering
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    settings = {"decoder_workers": 1, "claims_hold_at_least_an_hour": 1000}
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def scraper(guard: RunningGuard) -> str:
    return guard.command("token", "prometheus", "--for", "metrics").split()[-1]


def opened(guard: RunningGuard, scraper: str) -> int:
    """How many pictures were opened so far."""
    answer = httpx.get(f"{guard.url}/metrics", headers={"Authorization": f"Bearer {scraper}"})
    lines = [line for line in answer.text.splitlines() if line.startswith("notcontent_guard_hash_seconds_count ")]
    return int(float(lines[0].split()[1])) if lines else 0


def test_the_same_bytes_are_opened_once_and_each_hold_is_recorded_and_reported(
    exchange: SmallExchange, guard: RunningGuard, scraper: str
) -> None:
    picture = generated_picture(1)
    entry = exchange.add(fingerprint_picture(picture).orientations[0].value, Tier.CLAIMED)
    guard.catch_up()
    guard.check(generated_picture(2))
    before, reports = opened(guard, scraper), len(exchange.reports)
    first, second, third = (guard.check(picture).json() for _ in range(3))
    assert opened(guard, scraper) == before + 1
    assert first["matches"] == second["matches"] == third["matches"] and first["verdict"] == "hold"
    ids = {each["id"] for each in (first, second, third)}
    assert len(ids) == 3
    assert {guard.client.get(f"/v1/uploads/{each}").json()["state"] for each in ids} == {"open"}
    wait_until(lambda: len(exchange.reports) >= reports + 3, "three reports")
    exchange.withdraw(entry)


def test_every_change_of_a_list_is_a_change_of_the_answer(exchange: SmallExchange, guard: RunningGuard) -> None:
    picture = generated_picture(3)
    value = fingerprint_picture(picture).orientations[0].value

    def verdict() -> str:
        guard.catch_up()
        # The index follows the database within a moment.
        said = {guard.check(picture).json()["verdict"] for _ in range(3)}
        return said.pop() if len(said) == 1 else "two answers"

    assert verdict() == "allow"
    entry = exchange.add(value, Tier.CLAIMED)
    wait_until(lambda: verdict() == "hold", "the entry to be found")
    exchange.cut(Pause(entry))
    wait_until(lambda: verdict() == "allow", "the pause")
    exchange.cut(Resume(entry))
    wait_until(lambda: verdict() == "hold", "the end of the pause")
    exchange.cut(SetTier(entry, Tier.VERIFIED))
    wait_until(lambda: verdict() == "block", "the tier")
    exchange.withdraw(entry)
    guard.catch_up()
    assert verdict() == "allow"


def test_a_refused_upload_is_not_remembered(guard: RunningGuard) -> None:
    assert [guard.check(b"\xff\xd8\xff broken").status_code for _ in range(2)] == [400, 400]


class CountingLooks:
    """Something that looks an upload up, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def look(self, untrusted_upload: bytes) -> Looked:
        self.asked += 1
        return Looked()


def test_nothing_is_learnt_or_told_while_the_indexes_lack_what_the_database_has(tmp_path: Path) -> None:
    looks, database = CountingLooks(), Database(tmp_path)
    with database.write() as connection:
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta, indexed)"
            " VALUES (1, 'a', 'u', 't', 'k', '', 'one')"
        )
    remembering = Remembering(looks, database, most=2, with_fingerprints=False)

    def look(*uploads: bytes) -> int:
        before = looks.asked
        for upload in uploads:
            asyncio.run(remembering.look(upload))
        return looks.asked - before

    assert look(b"a", b"a", b"a") == 1
    with database.write() as connection:
        connection.execute("UPDATE lists SET indexed = NULL")
    assert look(b"a", b"a", b"b", b"b") == 4
    with database.write() as connection:
        connection.execute("UPDATE lists SET indexed = 'two'")
    assert look(b"a", b"a", b"b", b"b") == 2
    # Two are remembered, those asked for last.
    assert look(b"a", b"c", b"a", b"b", b"a") == 2
    database.close()
