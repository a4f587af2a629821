"""What a match asks for. Pure: no clock, no file, no network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notcontent.feed.entry import Tier


class Action(StrEnum):
    """What is done with an upload, mildest first."""

    ALLOW = "allow"
    FLAG = "flag"
    HOLD = "hold"
    BLOCK = "block"


_SEVERITY = {action: place for place, action in enumerate(Action)}


@dataclass(frozen=True, slots=True)
class Policy:
    """What an entry of each tier asks for. Raises ValueError where an unconfirmed entry would block for good."""

    claimed: Action = Action.HOLD
    seen: Action = Action.HOLD
    verified: Action = Action.BLOCK

    def __post_init__(self) -> None:
        """Only people who looked can make a block: claimed and seen entries flag or hold."""
        soft = {Action.FLAG, Action.HOLD}
        if {self.claimed, self.seen} - soft or self.verified not in soft | {Action.BLOCK}:
            raise ValueError("This action is not allowed for this tier.")

    def asks(self, tier: Tier) -> Action:
        """What one entry of this tier asks for."""
        return {Tier.CLAIMED: self.claimed, Tier.SEEN: self.seen, Tier.VERIFIED: self.verified}[tier]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What all matches of an upload ask for together, and whether only unconfirmed claims make it a hold."""

    action: Action
    rests_on_claims: bool


def rule(tiers: Iterable[Tier], policy: Policy) -> Ruling:
    """The most severe action that any match asks for; nothing near is allowed.

    A hold rests on claims when no entry that people have seen or verified asks for as much: then the brake decides.
    """
    strongest, confirmed = Action.ALLOW, Action.ALLOW
    for tier in tiers:
        asked = policy.asks(tier)
        strongest = max(strongest, asked, key=_SEVERITY.__getitem__)
        if tier is not Tier.CLAIMED:
            confirmed = max(confirmed, asked, key=_SEVERITY.__getitem__)
    return Ruling(strongest, strongest is Action.HOLD and confirmed is not Action.HOLD)
