"""What the door says beside what HMA says, with the few differences there are meant to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from notcontent.doors.hma.banks import entry_number
from notcontent.feed.entry import Tier
from notcontent.fingerprint.value import Fingerprint
from tests.doors.hma.asking import BANKS
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

#: HMA's libraries shrink large pictures before they look at them, and so are off by a few bits there.
MOST_BITS_OFF = 10
#: Question -> HMA's status, the door's, and why they differ.
DIFFERENT = {
    "POST /h/hash? none": (500, 415, "HMA fails on what is no picture"),
    "POST /m/lookup? none": (500, 415, "HMA fails on what is no picture"),
    'POST /c/banks? {"name": "lower"}': (400, 403, "banks are read-only"),
}
_NAMES = {Tier.VERIFIED: BANKS[0], Tier.SEEN: BANKS[1]}


def list_as_hma_does(guard: RunningGuard, exchange: SmallExchange, values: list[bytes]) -> dict[int, int]:
    """List the fingerprints by turns in the tiers that are called ALPHA and BETA; the door's numbers to HMA's."""
    tiers = [Tier.VERIFIED if place % 2 == 0 else Tier.SEEN for place in range(len(values))]
    entries = [exchange.add(value, tier) for value, tier in zip(values, tiers, strict=True)]
    for tier, name in _NAMES.items():
        choices = {"list": "helpline", "tier": tier}
        made = guard.client.post("/hma/c/exchanges", json={"bank": name, "api": "notcontent", "api_json": choices})
        assert made.status_code == 201, made.text
    guard.catch_up()
    return {entry_number(entry): place + 1 for place, entry in enumerate(entries)}


def as_hma_numbers(said: Any, numbers: Mapping[int, int]) -> Any:
    """An answer of either with HMA's numbers, without the banks that the door has by itself, and sorted."""
    if isinstance(said, dict):
        inner = {key: as_hma_numbers(value, numbers) for key, value in said.items() if not key.startswith("HELPLINE_")}
        for key in ("bank_content_id", "id"):
            if key in inner:
                inner[key] = numbers.get(inner[key], inner[key])
        return inner
    if isinstance(said, list):
        kept = [each for each in said if not (isinstance(each, dict) and str(each.get("name")).startswith("HELPLINE_"))]
        made = [as_hma_numbers(each, numbers) for each in kept]
        return made if made[:1] in ([True], [False]) else sorted(made, key=str)
    return numbers.get(said, said) if isinstance(said, int) and not isinstance(said, bool) else said


def difference(name: str, hma: tuple[int, Any], door: tuple[int, Any], numbers: Mapping[int, int]) -> str:
    """What is not the same; empty where everything is."""
    if name in DIFFERENT:
        expected = DIFFERENT[name][:2]
        return "" if (hma[0], door[0]) == expected else f"{name}: {hma[0]} and {door[0]}, not {expected}"
    if hma[0] != door[0]:
        return f"{name}: HMA says {hma[0]}, the door {door[0]} {door[1]}"
    if hma[0] >= 300:
        return ""
    theirs, ours = as_hma_numbers(hma[1], {}), as_hma_numbers(door[1], numbers)
    if name.startswith("POST /h/hash"):
        left, right = theirs["pdq"], ours["pdq"]
        same = left == right or Fingerprint.from_hex(left).distance_bits(Fingerprint.from_hex(right)) <= MOST_BITS_OFF
    elif name.startswith("GET /m/index/status"):
        theirs["pdq"].pop("built_to")
        same = isinstance(ours["pdq"].pop("built_to"), int) and theirs == ours
    else:
        same = theirs == ours
    return "" if same else f"{name}: HMA says {theirs}, the door {ours}"


def lookups(client: httpx.Client, prefix: str, codes: list[bytes]) -> list[Any]:
    """What is near each of these fingerprints."""
    asked = ({"signal": code.hex(), "signal_type": "pdq"} for code in codes)
    return [client.get(f"{prefix}/m/lookup", params=query).json() for query in asked]
