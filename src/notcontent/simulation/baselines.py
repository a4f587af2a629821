"""What simpler searches would say on the same platform: shared entries counted, and Jaccard's index.

Each scores every pair of a closed group and another place over the same window at the end of the month, as the search
of the guard does. Support places are left out of all three.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from notcontent.guard.spinoffs.seeking import Seeking
from notcontent.simulation.trial import Trial


@dataclass(frozen=True, slots=True)
class Scored:
    """One pair: whether it is a successor in truth, whether the place is honest (under attack or not), and scores.

    `ours`: minus the common logarithm of the chance, 0 where the rule's other conditions are not met.
    """

    is_successor: bool
    is_honest: bool
    is_attacked: bool
    ours: float
    count: float
    jaccard: float


def score_all(trial: Trial) -> list[Scored]:
    """Every pair that shares an entry in the window, after the trial has run."""
    world, rule = trial.world, trial.rule
    held: defaultdict[int, set[int]] = defaultdict(set)
    hours: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    places: defaultdict[int, set[int]] = defaultdict(set)
    for each in world.observations:
        held[each.place].add(each.entry)
        hours[each.place].append((each.entry, each.hour))
        places[each.entry].add(each.place)
    numbers = {name: place for place, name in trial.names().items()}
    seeking = Seeking(trial.connection, rule)
    scored = []
    for closing, group in world.closings:
        candidates = {place for entry in held[group] for place in places[entry]} - {group, *world.support}
        for place in sorted(candidates):
            recent = {entry for entry, hour in hours[place] if closing - rule.lead_hours <= hour}
            shared = len(recent & held[group])
            if not shared:
                continue
            ours = 0.0
            if shared >= rule.least_entries and (pair := seeking.judge_pair(numbers[group], numbers[place])):
                succession = pair.succession
                if succession.chance_left < rule.most_chance_left:
                    ours = -math.log10(max(succession.chance, 1e-300))
            scored.append(
                Scored(
                    is_successor=world.begun.get((group, place)) is not None,
                    is_honest=place in world.honest,
                    is_attacked=place in world.framed,
                    ours=ours,
                    count=shared,
                    jaccard=shared / len(recent | held[group]),
                )
            )
    return scored


def curve(pairs: Iterable[tuple[float, bool]], positives: int) -> list[tuple[float, float, float]]:
    """Threshold, recall and precision at every score that occurs above 0, highest first."""
    ordered = sorted((pair for pair in pairs if pair[0] > 0), reverse=True)
    points, right = [], 0
    for number, (score, is_successor) in enumerate(ordered, 1):
        right += is_successor
        if number == len(ordered) or ordered[number][0] < score:
            points.append((score, right / max(1, positives), right / number))
    return points
