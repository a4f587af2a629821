"""A guard with the HMA door open, beside a small exchange, shared by the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

OPEN = {
    "hma": "on",
    "hma_when_held": "stop",
    "hma_when_unchecked": "stop",
    "hma_fetch_hosts": "media.example",
    "max_upload_mib": 4,
}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running
        for guard in [each for each in RunningGuard.running if each.exchange is running]:
            guard.kill()


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> RunningGuard:
    return RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, dict(OPEN)).start()
