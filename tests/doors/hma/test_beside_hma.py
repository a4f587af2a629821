"""A real HMA and the door, side by side over the same fingerprints."""

from __future__ import annotations

import json

import httpx
import numpy as np
import pytest

from bench.support.hma import SOURCE_VARIABLE, running_hma, source
from tests.doors.hma.asking import BANKS, QUESTIONS, RECORDED, VALUES, ask, away
from tests.doors.hma.comparing import as_hma_numbers, difference, list_as_hma_does, lookups
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

pytestmark = [
    pytest.mark.peer,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(source() is None, reason=f"{SOURCE_VARIABLE} names no folder with facebook/ThreatExchange"),
]


def test_both_say_the_same_and_hma_says_what_was_recorded(guard: RunningGuard, exchange: SmallExchange) -> None:
    random = np.random.default_rng(9)
    more = [random.integers(0, 256, 32, np.uint8).tobytes() for _ in range(500)]
    values = [*VALUES, *more]
    numbers = list_as_hma_does(guard, exchange, values)
    codes = [away(more[n], int(random.integers(0, 40))) for n in range(300)]
    array = np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)
    with running_hma(array, 0, BANKS) as address, httpx.Client(base_url=address, timeout=60, trust_env=False) as hma:
        theirs = [ask(hma, "", question) for question in QUESTIONS]
        near = lookups(hma, "", codes)
    first = min(numbers, key=numbers.__getitem__)
    ours = [ask(guard.client, "/hma", question, first) for question in QUESTIONS]
    asked = zip(QUESTIONS, theirs, ours, strict=True)
    assert not list(filter(None, (difference(q.name, hma, door, numbers) for q, hma, door in asked)))
    for (name, status, body), said in zip(json.loads(RECORDED.read_text()), theirs, strict=True):
        assert (name, said[0], _timeless(said) if status < 300 else None) == (name, status, _timeless((status, body)))
    found = lookups(guard.client, "/hma", codes)
    assert 100 < len(list(filter(None, near))) < 290, "some are near and some are not"
    assert [as_hma_numbers(each, numbers) for each in found] == [as_hma_numbers(each, {}) for each in near]


def _timeless(said: tuple[int, object]) -> object:
    """Sorted, and without when the index was built and how much is in it: here there is more."""
    body = as_hma_numbers(said[1], {})
    index = body.get("pdq") if isinstance(body, dict) else None
    return sorted(index) if isinstance(index, dict) and "size" in index else body
