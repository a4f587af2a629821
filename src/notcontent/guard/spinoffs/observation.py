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
    least_entries: int = 6
    least_groups: int = 4
    least_accounts: int = 5
    #: What the busiest accounts brought is left out, so many of each of the two places, whoever they are. So many
    #: entries by so many other accounts have to be left, and be unlikely enough by themselves: pictures that so few
    #: accounts planted, in either place or in both, are not enough.
    spared_accounts: int = 3
    least_left: int = 3
    least_groups_left: int = 3
    least_accounts_left: int = 2
    #: The chance of an accident, after all that was tried is counted, has to be smaller; and that of what is left in
    #: this one pair.
    most_chance: float = 1e-2
    most_chance_left: float = 0.05
    #: Honest places of one kind share more than strangers do: every probability of the null model is so many times
    #: what popularity and activity alone would make it.
    kinship: float = 3.0
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
    """A rare entry of the closed place: when it was first met there, and how often in third places, by whom here."""

    entry: int
    group: int
    hour: int
    met: int
    accounts: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry met in the other place, and by which account there."""

    entry: int
    account: int
    hour: int


@dataclass(frozen=True, slots=True)
class Source:
    """An entry as the closed place has it: when it was first met there, and by which accounts."""

    group: int
    hour: int
    accounts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the null model keeps: all rows of the ledger, what the other place got in the window, closed places.

    `activity`, `activity_left`: different entries that came to the other place in the window, by all accounts and by
    those that are not left out.
    """

    rows: int
    activity: int
    activity_left: int
    closed_places: int
