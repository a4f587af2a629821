"""The rule of tiers, as a table: who said what, and what becomes of the entry."""

from __future__ import annotations

import pytest

from notcontent.exchange.lists.tier_rule import Decision, Ruling, Why, find_tier
from notcontent.feed.entry import Tier


def yes(partner: str, owner: str = "", **more: bool) -> Decision:
    return Decision(partner, owner, True, **more)


def no(partner: str, owner: str = "", **more: bool) -> Decision:
    return Decision(partner, owner, False, **more)


@pytest.mark.parametrize(
    ("decisions", "stated", "spoken", "tier", "why"),
    [
        ([], False, False, Tier.CLAIMED, Why.NOBODY),
        ([], True, False, Tier.CLAIMED, Why.NOBODY),
        ([], False, True, Tier.CLAIMED, Why.NOBODY),
        ([], True, True, Tier.VERIFIED, Why.SPOKEN),
        ([yes("a", "A")], True, False, Tier.SEEN, Why.ONE_SITE),
        ([yes("a", "A")] * 1000, True, False, Tier.SEEN, Why.ONE_SITE),
        ([yes("a", "A"), yes("b", "B")], False, False, Tier.SEEN, Why.ONE_SITE),
        ([yes("a", "A"), yes("b", "B")], True, False, Tier.VERIFIED, Why.TWO_OWNERS),
        ([yes("a", "One GmbH"), yes("b", " one  gmbh ")], True, False, Tier.SEEN, Why.ONE_SITE),
        ([yes("a"), yes("b")], True, False, Tier.SEEN, Why.ONE_SITE),
        ([yes("a", "A"), yes("b")], True, False, Tier.SEEN, Why.ONE_SITE),
        ([yes("a", "A"), no("b", "B")], True, False, Tier.SEEN, Why.ONE_SITE),
    ],
)
def test_a_tier_rests_on_people_and_her_word(
    decisions: list[Decision], stated: bool, spoken: bool, tier: Tier, why: Why
) -> None:
    assert find_tier(decisions, stated=stated, spoken=spoken) == Ruling(tier, why)


@pytest.mark.parametrize(
    ("decisions", "before_desk", "rests_at", "everywhere"),
    [
        ([no("a", "A")], False, set(), False),
        ([no("a", "A"), no("b", "B")], True, set(), True),
        ([no("a", "A"), no("b", "a")], True, set(), False),
        ([no("a"), no("b")], True, set(), False),
        ([no("a", "A"), no("a", "A")], True, {"a"}, False),
        ([no("a", "A")] * 1000, True, {"a"}, False),
        ([no("a", "A"), no("a", "A"), no("b", "B")], True, {"a"}, True),
        ([no("a", "A", weighed=True), no("b", "B")], False, set(), False),
        ([yes("c", "C"), *[no("a", "A"), no("b", "B")] * 5], True, set(), False),
    ],
)
def test_a_site_takes_a_claim_off_its_own_list_and_two_owners_off_all(
    decisions: list[Decision], before_desk: bool, rests_at: set[str], everywhere: bool
) -> None:
    ruling = find_tier(decisions, stated=False, spoken=False)
    assert (ruling.before_desk, ruling.rests_at, ruling.rests_everywhere) == (before_desk, rests_at, everywhere)
