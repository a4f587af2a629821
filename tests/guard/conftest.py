"""An exchange for every guard, and no guard left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[SmallExchange]:
    """A small exchange; when the test ends, guards that still follow it are killed."""
    (tmp_path / "exchange").mkdir()
    with SmallExchange(tmp_path / "exchange") as running:
        yield running
        for guard in [each for each in RunningGuard.running if each.exchange is running]:
            guard.kill()
