"""Whether one place is likely the successor of a closed one. Pure: the same matches, the same answer, in any order."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from notcontent.guard.spinoffs.chance import log_tail, meeting_probabilities, rarity
from notcontent.guard.spinoffs.observation import Arrival, Held, Rule, Surroundings


@dataclass(frozen=True, slots=True)
class Shared:
    """What a place has of a closed one: only entries met there first and here afterwards, within the window.

    `left`, `accounts_left`: entries and accounts that remain without those of the busiest accounts.
    """

    entries: int
    groups: int
    accounts: int
    left: int
    accounts_left: int
    first_hour: int
    last_hour: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is shared, and the hour at which each shared entry came."""

    shared: Shared
    hours: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Succession:
    """What a pair of places comes to. `known`: rare entries of the closed place.

    `chance`: an upper bound of the chance of an accident, all tries counted; 1 where it was not worked out because
    something asked for is missing. `likely`: everything that the rule asks for is there.
    """

    shared: Shared
    known: int
    chance: float
    likely: bool


def count_shared(
    arrivals: Iterable[Arrival], held: Mapping[int, tuple[int, int]], closed_hour: int, rule: Rule
) -> Sharing:
    """What the rule's minimums are asked of.

    `held`: entry to (group, first hour there). Popular entries are left out by whoever calls.
    """
    by_entry: defaultdict[int, set[int]] = defaultdict(set)
    hours: dict[int, int] = {}
    for each in arrivals:
        known = held.get(each.entry)
        if known is None or each.hour <= known[1]:
            continue
        if not closed_hour - rule.lead_hours <= each.hour <= closed_hour + rule.window_hours:
            continue
        by_entry[each.entry].add(each.account)
        hours[each.entry] = min(each.hour, hours.get(each.entry, each.hour))
    left, accounts_left = leave_out(by_entry, rule.spared_accounts)
    shared = Shared(
        entries=len(by_entry),
        groups=len({held[entry][0] for entry in by_entry}),
        accounts=len(set().union(*by_entry.values())),
        left=left,
        accounts_left=accounts_left,
        first_hour=min(hours.values(), default=0),
        last_hour=max(hours.values(), default=0),
    )
    return Sharing(shared, hours)


def leave_out(by_entry: Mapping[int, set[int]], spared: int) -> tuple[int, int]:
    """Entries and accounts that remain without the busiest accounts: one after the other whoever leaves the least."""
    remaining = dict(by_entry)
    gone: set[int] = set()
    for _ in range(spared):
        alone: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        for accounts in remaining.values():
            there = accounts - gone
            for account in there:
                alone[account][0] += len(there) == 1
                alone[account][1] += 1
        if not alone:
            break
        gone.add(max(alone, key=lambda account: (*alone[account], account)))
        remaining = {entry: accounts for entry, accounts in remaining.items() if accounts - gone}
    return len(remaining), len(set().union(*remaining.values()) - gone) if remaining else 0


def is_enough(shared: Shared, rule: Rule) -> bool:
    """Whether all minimums are there; only then a chance is worked out."""
    return (
        shared.entries >= rule.least_entries
        and shared.groups >= rule.least_groups
        and shared.accounts >= rule.least_accounts
        and shared.left >= rule.least_left
        and shared.accounts_left >= rule.least_accounts_left
    )


def judge(
    sharing: Sharing, held: Sequence[Held], closed_hour: int, surroundings: Surroundings, rule: Rule
) -> Succession:
    """What this pair comes to. `held`: all rare entries of the closed place, in any order."""
    shared = sharing.shared
    if not is_enough(shared, rule):
        return Succession(shared, len(held), 1.0, likely=False)
    chance = math.exp(chance_of(sharing.hours, held, closed_hour, surroundings, rule))
    return Succession(shared, len(held), chance, likely=chance < rule.most_chance)


def chance_of(
    hours: Mapping[int, int], held: Sequence[Held], closed_hour: int, surroundings: Surroundings, rule: Rule
) -> float:
    """The natural logarithm of the bound, corrected for every place and closed place that might have been tried."""
    ordered = sorted(held, key=lambda each: each.entry)
    met = np.array([each.met for each in ordered], np.float64)
    weights = rarity(met, surroundings.rows)
    chances = meeting_probabilities(met, surroundings.activity, surroundings.rows, rule.kinship)
    groups = np.array([each.group for each in ordered], np.int64)
    best: dict[int, float] = {}
    for each, weight in zip(ordered, weights.tolist(), strict=True):
        if each.entry in hours:
            late = max(0, hours[each.entry] - closed_hour)
            worth = weight * 0.5 ** (late / rule.half_hours)
            best[each.group] = max(worth, best.get(each.group, 0.0))
    # No more places can hold the least number of entries than the ledger has rows for; Bonferroni over all of them.
    places = max(1.0, surroundings.rows / rule.least_entries)
    tried = math.log(places) + math.log(max(1, surroundings.closed_places)) + math.log(rule.looks)
    return min(0.0, log_tail(weights, chances, groups, math.fsum(best.values())) + tried)


def taught(rule: Rule, right: int, wrong: int) -> Rule:
    """The rule after people have judged its alarms: more than one in ten wrong, and kinship is doubled for each more.

    At most 64-fold: nobody who gets alarms marked wrong can switch them off.
    """
    too_many = wrong - (right + wrong) // 10
    return replace(rule, kinship=rule.kinship * 2 ** min(6, max(0, too_many)))
