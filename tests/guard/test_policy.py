"""What the tiers of all matches ask for together."""

from __future__ import annotations

import pytest

from notcontent.feed.entry import Tier
from notcontent.guard.policy import Action, Policy, rule


@pytest.mark.parametrize(
    ("tiers", "action", "rests_on_claims"),
    [
        ([], "allow", False),
        (["claimed"], "hold", True),
        (["claimed"] * 500, "hold", True),
        (["seen"], "hold", False),
        (["claimed", "seen"], "hold", False),
        (["verified"], "block", False),
        (["claimed"] * 500 + ["verified"], "block", False),
    ],
)
def test_the_most_severe_match_decides(tiers: list[str], action: str, rests_on_claims: bool) -> None:
    ruling = rule(map(Tier, tiers), Policy())
    assert (ruling.action.value, ruling.rests_on_claims) == (action, rests_on_claims)


def test_a_claim_holds_even_beside_a_seen_entry_that_only_flags() -> None:
    ruling = rule([Tier.SEEN, Tier.CLAIMED], Policy(seen=Action.FLAG))
    assert ruling.action is Action.HOLD and ruling.rests_on_claims


@pytest.mark.parametrize("tier", ["claimed", "seen"])
@pytest.mark.parametrize("action", [Action.BLOCK, Action.ALLOW])
def test_an_entry_nobody_verified_never_blocks_and_nothing_is_ignored(tier: str, action: Action) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        Policy(**{tier: action})
