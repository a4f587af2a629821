"""The bound of the chance is never below the chance."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.guard.spinoffs.chance import log_tail, meeting_probabilities
from notcontent.guard.spinoffs.observation import Rule
from notcontent.guard.spinoffs.succession import busiest, taught


def exactly(weights: list[float], chances: list[float], total: float) -> float:
    """P(sum >= total) over all outcomes of independent entries."""
    found = 0.0
    for outcome in range(1 << len(weights)):
        met = [bool(outcome >> at & 1) for at in range(len(weights))]
        if sum(weight for weight, is_met in zip(weights, met, strict=True) if is_met) >= total - 1e-12:
            found += math.prod(p if is_met else 1 - p for p, is_met in zip(chances, met, strict=True))
    return found


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0.5, 9), st.floats(0.001, 0.6)), min_size=1, max_size=6), st.floats(0.1, 0.99))
def test_the_bound_is_never_below_the_exact_chance(entries: list[tuple[float, float]], share: float) -> None:
    weights, chances = [list(each) for each in zip(*entries, strict=True)]
    total = share * sum(weights)
    bound = log_tail(np.array(weights), np.array(chances), np.arange(len(weights)), total)
    assert math.exp(bound) >= exactly(weights, chances, total) - 1e-9


def test_the_bound_is_close_where_it_matters() -> None:
    # Ten of forty, each met once in a thousand: the exact binomial tail is 8.3e-22.
    exact = sum(math.comb(40, k) * 1e-3**k * 0.999 ** (40 - k) for k in range(10, 41))
    bound = math.exp(log_tail(np.ones(40), np.full(40, 1e-3), np.arange(40), 10.0))
    assert exact <= bound < 10 * exact


def test_entries_of_one_group_count_once_however_many() -> None:
    weights, chances = np.full(20, 5.0), np.full(20, 0.01)
    together = log_tail(weights, chances, np.zeros(20, np.int64), 5.0)
    assert math.exp(together) >= 1 - 0.99**20


def test_fame_and_activity_make_a_meeting_likely() -> None:
    assert meeting_probabilities(np.array([100.0]), 1000, 1000, 1.0)[0] == 1.0
    assert meeting_probabilities(np.array([1.0]), 10, 100_000, 1.0)[0] == 1e-4


@settings(max_examples=25)
@given(st.dictionaries(st.integers(1, 12), st.sets(st.integers(1, 6), min_size=1, max_size=3), max_size=12))
def test_leaving_accounts_out_never_leaves_more(by_entry: dict[int, set[int]]) -> None:
    gone = [busiest(by_entry, spared) for spared in range(7)]
    lefts = [sum(bool(accounts - each) for accounts in by_entry.values()) for each in gone]
    assert lefts == sorted(lefts, reverse=True) and lefts[-1] == 0


def test_wrong_alarms_make_the_rule_stricter_and_never_switch_it_off() -> None:
    rule = Rule()
    assert taught(rule, right=20, wrong=2) == rule
    assert taught(rule, right=0, wrong=1).kinship == 2 * rule.kinship
    assert taught(rule, right=0, wrong=1000).kinship == 64 * rule.kinship
