"""An exchange that has listed one picture, shared by the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.guard.small_exchange import SmallExchange

LISTED = generated_picture(1)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        running.add(fingerprint_picture(LISTED).orientations[0].value)
        yield running
