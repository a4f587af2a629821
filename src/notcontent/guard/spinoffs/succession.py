"""Whether one place is likely the successor of a closed one. Pure: the same matches, the same answer, in any order."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from notcontent.guard.spinoffs.chance import log_tail, meeting_probabilities, rarity
from notcontent.guard.spinoffs.observation import Arrival, Held, Rule, Source, Surroundings


@dataclass(frozen=True, slots=True)
class Shared:
    """What a place has of a closed one: only entries met there first and here afterwards, within the window.

    `groups`, `accounts`: of the entries, and of those who brought them here. `left`, `groups_left`, `accounts_left`:
    what remains without the busiest accounts of either place.
    """

    entries: int
    groups: int
    accounts: int
    left: int
    groups_left: int
    accounts_left: int
    first_hour: int
    last_hour: int

    @property
    def within_days(self) -> int:
        """Days from the first shared entry to the last, begun ones whole."""
        return 1 + (self.last_hour - self.first_hour) // 24


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is shared, when each entry came, the entries that are left, and the accounts left out of each place."""

    shared: Shared
    hours: Mapping[int, int]
    left: Set[int]
    spared_here: Set[int]
    spared_there: Set[int]


@dataclass(frozen=True, slots=True)
class Succession:
    """What a pair of places comes to. `known`: rare entries of the closed place.

    `chance`: an upper bound of the chance of an accident, all tries counted. `chance_left`: of this one pair, by what
    is left alone. 1 where they were not worked out because something asked for is missing. `likely`: everything that
    the rule asks for is there.
    """

    shared: Shared
    known: int
    chance: float
    chance_left: float
    likely: bool

    @property
    def chance_below(self) -> str:
        """The bound as it is told: one digit, and no smaller than such a bound is worth."""
        return f"{max(self.chance, 1e-99):.0e}"


def count_shared(arrivals: Iterable[Arrival], held: Mapping[int, Source], closed_hour: int, rule: Rule) -> Sharing:
    """What the rule's minimums are asked of. Popular entries are left out of `held` by whoever calls."""
    here: defaultdict[int, set[int]] = defaultdict(set)
    hours: dict[int, int] = {}
    for each in arrivals:
        source = held.get(each.entry)
        if source is None or each.hour <= source.hour:
            continue
        if not closed_hour - rule.lead_hours <= each.hour <= closed_hour + rule.window_hours:
            continue
        here[each.entry].add(each.account)
        hours[each.entry] = min(each.hour, hours.get(each.entry, each.hour))
    spared_here = busiest(here, rule.spared_accounts)
    there = {entry: set(held[entry].accounts) for entry, accounts in here.items() if accounts - spared_here}
    spared_there = busiest(there, rule.spared_accounts)
    left = [entry for entry, accounts in there.items() if accounts - spared_there]
    shared = Shared(
        entries=len(here),
        groups=len({held[entry].group for entry in here}),
        accounts=len(set().union(*here.values())),
        left=len(left),
        groups_left=len({held[entry].group for entry in left}),
        accounts_left=len(set().union(*(here[entry] for entry in left)) - spared_here),
        first_hour=min(hours.values(), default=0),
        last_hour=max(hours.values(), default=0),
    )
    return Sharing(shared, hours, set(left), spared_here, spared_there)


def busiest(by_entry: Mapping[int, set[int]], spared: int) -> set[int]:
    """The accounts without which least is left, so many of them: one after the other whoever brought most alone."""
    remaining = list(by_entry.values())
    gone: set[int] = set()
    for _ in range(spared):
        counted: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        for accounts in remaining:
            others = accounts - gone
            for account in others:
                counted[account][0] += len(others) == 1
                counted[account][1] += 1
        if not counted:
            break
        gone.add(max(counted, key=lambda account: (*counted[account], account)))
        remaining = [accounts for accounts in remaining if accounts - gone]
    return gone


def is_enough(shared: Shared, rule: Rule) -> bool:
    """Whether all minimums are there; only then a chance is worked out."""
    return (
        shared.entries >= rule.least_entries
        and shared.groups >= rule.least_groups
        and shared.accounts >= rule.least_accounts
        and shared.left >= rule.least_left
        and shared.groups_left >= rule.least_groups_left
        and shared.accounts_left >= rule.least_accounts_left
    )


def judge(
    sharing: Sharing, held: Sequence[Held], closed_hour: int, surroundings: Surroundings, rule: Rule
) -> Succession:
    """What this pair comes to. `held`: the rare entries of the closed place, in any order."""
    shared = sharing.shared
    if not is_enough(shared, rule):
        return Succession(shared, len(held), 1.0, 1.0, likely=False)
    # No more places can hold the least number of entries than the ledger has rows for; Bonferroni over all of them,
    # all closed places, and all times at which a pair is looked at.
    places = max(1.0, surroundings.rows / rule.least_entries)
    tried = math.log(places) + math.log(max(1, surroundings.closed_places)) + math.log(rule.looks)
    worth = _worth(sharing.hours, closed_hour, rule)
    everything = _log_chance(worth, held, surroundings.rows, surroundings.activity, rule)
    # Those accounts were left out that brought most of what is shared. So what the others brought is less than a fair
    # draw, and the bound stays one.
    hours_left = {entry: hour for entry, hour in sharing.hours.items() if entry in sharing.left}
    held_left = [each for each in held if not each.accounts <= sharing.spared_there]
    worth_left = _worth(hours_left, closed_hour, rule)
    left = _log_chance(worth_left, held_left, surroundings.rows, surroundings.activity_left, rule)
    chance, chance_left = math.exp(min(0.0, everything + tried)), math.exp(left)
    likely = chance < rule.most_chance and chance_left < rule.most_chance_left
    return Succession(shared, len(held), chance, chance_left, likely=likely)


def _worth(hours: Mapping[int, int], closed_hour: int, rule: Rule) -> dict[int, float]:
    """What the weight of each shared entry is multiplied with: less, the later it came after the closing."""
    return {entry: 0.5 ** (max(0, hour - closed_hour) / rule.half_hours) for entry, hour in hours.items()}


def _log_chance(worth: Mapping[int, float], held: Sequence[Held], rows: int, activity: int, rule: Rule) -> float:
    """The natural logarithm of the bound for one pair that nobody chose."""
    ordered = sorted(held, key=lambda each: each.entry)
    met = np.array([each.met for each in ordered], np.float64)
    weights = rarity(met, rows)
    chances = meeting_probabilities(met, activity, rows, rule.kinship)
    groups = np.array([each.group for each in ordered], np.int64)
    best: dict[int, float] = {}
    for each, weight in zip(ordered, weights.tolist(), strict=True):
        if each.entry in worth:
            best[each.group] = max(weight * worth[each.entry], best.get(each.group, 0.0))
    return log_tail(weights, chances, groups, math.fsum(best.values()))


def taught(rule: Rule, right: int, wrong: int) -> Rule:
    """The rule after people have judged its alarms: more than one in ten wrong, and kinship is doubled for each more.

    At most 64-fold: nobody who gets alarms marked wrong can switch them off.
    """
    too_many = wrong - (right + wrong) // 10
    return replace(rule, kinship=rule.kinship * 2 ** min(6, max(0, too_many)))
