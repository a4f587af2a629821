"""What raises a tier, and what takes a claim away. Pure: only what people decided goes in, no match and no number.

A platform speaks for itself alone. Whoever controls one, or a moderator there, can neither make an entry block
elsewhere nor end anybody's protection elsewhere; for that, people under two different owners must agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notcontent.feed.entry import Tier

INTIMATE = "intimate"
NEGATIVE = ("not_intimate", "public_interest")
#: So many negative decisions of one site put an entry before the desk, and let a mere claim rest at that site.
ENOUGH_AT_ONE_SITE = 2


class Why(StrEnum):
    """What an entry's tier rests on."""

    NOBODY = "nobody yet"
    ONE_SITE = "a person at a site"
    TWO_OWNERS = "people at two sites"
    SPOKEN = "spoken with her"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person at a site recorded about one upload that the entry held or blocked.

    `owner`: who owns the site, empty if nobody has said; `weighed`: the desk has dealt with it already.
    """

    partner: str
    owner: str
    intimate: bool
    weighed: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """An entry's tier and why; and if people said that it is no intimate picture, where it rests meanwhile.

    `before_desk`: two people at the desk have to decide. `rests_at`: partners on whose lists it matches nothing until
    then; `rests_everywhere`: on all.
    """

    tier: Tier
    why: Why
    before_desk: bool = False
    rests_at: frozenset[str] = frozenset()
    rests_everywhere: bool = False


def find_tier(decisions: Iterable[Decision], *, stated: bool, spoken: bool) -> Ruling:
    """What these decisions make of an entry.

    `stated`: she said, dated, that it was not agreed. `spoken`: two people at the desk spoke with her. An entry that
    one person confirmed no longer rests by what others say: it goes before the desk and holds meanwhile.
    """
    known = list(decisions)
    confirmed = {decision.partner for decision in known if decision.intimate}
    owners = _owners(decision for decision in known if decision.intimate)
    tier, why = Tier.CLAIMED, Why.NOBODY
    if confirmed:
        tier, why = Tier.SEEN, Why.ONE_SITE
    if stated and len(owners) > 1:
        tier, why = Tier.VERIFIED, Why.TWO_OWNERS
    elif stated and spoken:
        tier, why = Tier.VERIFIED, Why.SPOKEN
    against = [decision for decision in known if not decision.intimate and not decision.weighed]
    if len(against) < ENOUGH_AT_ONE_SITE:
        return Ruling(tier, why)
    if tier is not Tier.CLAIMED:
        return Ruling(tier, why, before_desk=True)
    counted = Counter(decision.partner for decision in against)
    rests_at = frozenset(partner for partner, count in counted.items() if count >= ENOUGH_AT_ONE_SITE)
    return Ruling(tier, why, True, rests_at, rests_everywhere=len(_owners(against)) > 1)


def _owners(decisions: Iterable[Decision]) -> set[str]:
    """The owners that are known: of two sites without one nobody can say that they are not the same."""
    return {owner for decision in decisions if (owner := " ".join(decision.owner.split()).casefold())}
