"""The same loop with the exchange on a real PostgreSQL server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from notcontent.cli.practice import Ports, Practice
from tests.conftest import Someone, photograph
from tests.exchange.databases import serve_postgresql
from tests.journeys.people import Case, Platform

pytestmark = [pytest.mark.peer, pytest.mark.journey]


@pytest.fixture
def postgresql() -> Iterator[dict[str, str]]:
    """An empty database on a server of its own."""
    with serve_postgresql() as server:
        yield server.create()


def test_the_loop_closes_on_postgresql(
    postgresql: dict[str, str],
    tmp_path: Path,
    mina: Someone,
    censor: Someone,
    codes: Callable[[bytes], object],
) -> None:
    with Practice(tmp_path, Ports.free(board=False), hit_delay_days=0) as practice:
        exchange = tmp_path / "exchange"
        init = ("exchange", "init", "--practice", "--hit-delay-days", 0, "--folder", exchange)
        practice.command(*init)
        profile = json.loads((exchange / "exchange.json").read_text())
        (exchange / "exchange.json").write_text(json.dumps(profile | {"postgresql": postgresql}))
        (exchange / "exchange.sqlite3").unlink()
        practice.command(*init)
        (exchange / "ready").touch()
        platform = Platform(practice, practice.start())

        picture = photograph("coffee.png")
        hers, his = Case(practice, mina.keys), Case(practice, censor.keys)
        hers.send(codes(picture))
        his.send(codes(picture))
        platform.until_verdict(picture, "hold")
        his.withdraw()
        his.until_site("erased")
        assert platform.verdict(picture) == "hold"
        hers.withdraw()
        hers.until_site("erased")
        assert platform.verdict(picture) == "allow"
        practice.command("exchange", "erase", "--folder", exchange)
        assert hers.look().erased_here is not None
        assert not (exchange / "exchange.sqlite3").exists()
