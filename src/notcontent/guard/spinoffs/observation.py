"""What the guard keeps of a verified match, and what is asked of matches before they say anything. Pure."""

from __future__ import annotations

from dataclasses import dataclass

#: Stands beside whatever is shown, sent or exported.
WARNING_TEXT = "These places hold the same listed pictures. This does not show who posted, owns or joined them."


@dataclass(frozen=True, slots=True)
class Observation:
    """One verified entry was met in one place. Whole numbers; nothing of it can be turned back without the guard's key.

    `place`, `account`: keyed pseudonyms, 63 bits; an account's is another one in every place, 0 once it is forgotten.
    `entry`: the first 63 bits of its random id. `group`: entries of one group count as one (see `Rule.least_groups`).
    `hour`: hours since 1970.
    """

    place: int
    entry: int
    group: int
    account: int
    hour: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What a place must show before it is called a likely successor of a closed one."""

    #: So many different entries of the closed place, from so many groups, by so many accounts.
    least_entries: int = 8
    least_groups: int = 5
    least_accounts: int = 5
    #: Whatever the busiest accounts of a place brought is left out, so many of them, whoever they are; so many entries
    #: by so many other accounts have to be left. This, not the chance, is what holds against planted pictures.
    spared_accounts: int = 3
    least_left: int = 4
    least_accounts_left: int = 2
    #: The chance of an accident, after all that was tried is counted, has to be smaller.
    most_chance: float = 1e-3
    #: Honest places of one kind share more than strangers do: every probability of the null model is so many times
    #: what popularity and activity alone would make it.
    kinship: float = 20.0
    #: An entry met more often than this is everywhere: it says nothing, and is left out.
    popular: int = 256
    #: Only what a place got from so long before the closing to so long after it counts.
    lead_hours: int = 7 * 24
    window_hours: int = 30 * 24
    #: What comes so long after the closing weighs half.
    half_hours: int = 14 * 24
    #: Of one place so many rows are read, the newest.
    most_read: int = 2_000
    #: How often one pair is looked at again while it grows, for the correction.
    looks: int = 20


@dataclass(frozen=True, slots=True)
class Held:
    """A rare entry of the closed place: when it was first met there, and how often it was met anywhere."""

    entry: int
    group: int
    hour: int
    met: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry met in the other place, and by which account there."""

    entry: int
    account: int
    hour: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the null model keeps: all rows of the ledger, entries the other place got in the window, closed places."""

    rows: int
    activity: int
    closed_places: int
