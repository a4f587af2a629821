"""A made-up platform: who uploads what where, which groups are closed, what they become, and who plants pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from notcontent.guard.spinoffs.observation import Observation
from notcontent.simulation.assumptions import Assumptions

#: Days on which a helpline verified what is listed; entries of one case on one day.
VERIFYING_DAYS = 500
#: An attacker begins so many hours after the closing at most.
_ATTACK_WITHIN_H = 72
#: The hour at which everything begins.
BEGINS = 500_000

Ids = NDArray[np.int64]


@dataclass(slots=True)
class World:
    """What happened, and what is true of it. Places are numbers; so are entries and accounts.

    `begun`: for each closed group and each of its successors, the hour of the tenth re-upload that was tried, None
    without one. `framed`: honest places where an attacker planted what a closed group held.
    """

    observations: list[Observation] = field(default_factory=list)
    closings: list[tuple[int, int]] = field(default_factory=list)
    honest: set[int] = field(default_factory=set)
    support: list[int] = field(default_factory=list)
    begun: dict[tuple[int, int], int | None] = field(default_factory=dict)
    framed: set[int] = field(default_factory=set)
    month_hour: int = 0
    end_hour: int = 0


class Making:
    """Makes one world from a seed: the same seed and assumptions, the same world."""

    def __init__(self, seed: int, assumptions: Assumptions) -> None:
        """Nothing has happened yet."""
        self._rng, self._assumed = np.random.default_rng(seed), assumptions
        a, rng = assumptions, self._rng
        self.world = World(
            month_hour=BEGINS + a.history_days * 24, end_hour=BEGINS + (a.history_days + a.month_days) * 24
        )
        self._case = np.sort(rng.integers(0, max(1, round(a.entries / a.entries_per_case)), a.entries))
        self._day_of_case = rng.integers(0, VERIFYING_DAYS, a.entries)
        fame = (1.0 + rng.permutation(a.entries)) ** -0.9
        self._fame = np.cumsum(fame / fame.sum())
        self._accounts = 0
        self._held: dict[int, Ids] = {}
        # What is uploaded with a given place's kind: a few pictures that go round there at a time.
        self._going_round = rng.choice(a.entries, (a.kinds, a.going_round))

    def make(self) -> World:
        """Everything, in the order of time."""
        a = self._assumed
        first_group = a.honest_places
        self._honest()
        for group in range(a.groups):
            self._group(first_group + group, first_group + a.groups + group * 100)
        self._support(first_group + a.groups * 101 + 1)
        self._attack()
        self.world.observations.sort(key=lambda each: (each.hour, each.place, each.entry, each.account))
        self.world.closings.sort()
        return self.world

    def _famous(self, count: int) -> Ids:
        drawn: Ids = np.searchsorted(self._fame, self._rng.random(count)).clip(0, self._assumed.entries - 1)
        return drawn

    def _new_accounts(self, count: int) -> Ids:
        self._accounts += count
        return np.arange(self._accounts - count + 1, self._accounts + 1)

    def _met(self, place: int, entry: int, account: int, hour: int | np.int64) -> None:
        group = int(self._day_of_case[self._case[entry]])
        self.world.observations.append(Observation(place, int(entry), group, int(account), int(hour)))

    def _honest(self) -> None:
        """Pictures that are everywhere or go round among places of one kind, alone or as albums."""
        a, rng = self._assumed, self._rng
        months = (a.history_days + a.month_days) / a.month_days
        mean = a.honest_matches * months
        busy = rng.lognormal(-(a.honest_spread**2) / 2, a.honest_spread, a.honest_places)
        counts = rng.poisson(mean * busy)
        kinds = rng.integers(0, a.kinds, a.honest_places)
        self.world.honest = set(range(a.honest_places))
        for place in np.flatnonzero(counts).tolist():
            count = int(counts[place])
            entries = self._famous(count)
            alike = rng.random(count) < a.kinship
            entries[alike] = rng.choice(self._going_round[kinds[place]], int(alike.sum()))
            hours = rng.integers(BEGINS, self.world.end_hour, count)
            accounts = rng.choice(self._new_accounts(max(1, round(count * 0.8))), count)
            album = rng.random(count) < a.albums
            for entry, hour, account, is_album in zip(entries, hours, accounts, album, strict=True):
                self._met(place, entry, account, hour)
                if is_album:
                    for other in self._of_case(int(entry), 6):
                        self._met(place, other, account, hour)

    def _of_case(self, entry: int, most: int) -> list[int]:
        case = self._case[entry]
        first, last = np.searchsorted(self._case, [case, case + 1])
        return [int(each) for each in range(first, last) if each != entry][:most]

    def _group(self, place: int, successors_from: int) -> None:
        """A group fills its archive, is closed in the month, and is re-formed."""
        a, rng, world = self._assumed, self._rng, self.world
        size = max(10, int(rng.lognormal(np.log(a.archive), 0.4)))
        own = round(size * a.own_share)
        archive = np.unique(np.concatenate([rng.integers(0, a.entries, own), self._famous(size - own)]))
        closing = int(rng.integers(world.month_hour, world.end_hour - 7 * 24))
        accounts = self._new_accounts(max(2, rng.poisson(a.fillers)))
        recognised = archive[rng.random(len(archive)) < a.recognised]
        self._held[place] = recognised
        for entry in recognised:
            self._met(place, entry, rng.choice(accounts, p=_skewed(len(accounts), 0.8)), rng.integers(BEGINS, closing))
        world.closings.append((closing, place))
        for number in range(1 + rng.poisson(max(0.0, a.successors - 1))):
            self._successor(place, successors_from + number, archive, closing)

    def _successor(self, place: int, successor: int, archive: Ids, closing: int) -> None:
        a, rng, world = self._assumed, self._rng, self.world
        begins = closing + int(rng.exponential(a.lag_days * 24))
        inherited = rng.permutation(archive)[
            : max(1, round(len(archive) * min(1.0, a.inherited * rng.uniform(0.6, 1.4))))
        ]
        accounts = self._new_accounts(max(1, rng.poisson(a.uploaders)))
        share = _skewed(len(accounts), a.uploader_skew)
        hour, tenth = float(begins), None
        # Old pictures come in random order, some again; between them come new ones that nobody had.
        for tried, entry in enumerate([*inherited, *rng.choice(inherited, len(inherited) // 3)], 1):
            hour += rng.exponential(24 / a.reuploads_a_day)
            if hour >= world.end_hour:
                break
            tenth = int(hour) if tried == 10 else tenth
            account = rng.choice(accounts, p=share)
            if rng.random() < a.recognised:
                self._met(successor, int(entry), int(account), int(hour))
            if rng.random() < 0.1:
                self._met(successor, int(rng.integers(0, a.entries)), int(account), int(hour))
        world.begun[place, successor] = tenth

    def _support(self, first: int) -> None:
        """Places that hold what groups held because they help: many accounts, many pictures, soon after a closing."""
        a, rng = self._assumed, self._rng
        for number in range(a.support_places):
            place, accounts = first + number, self._new_accounts(10)
            for closing, group in self.world.closings[number :: max(1, a.support_places)]:
                held = self._held[group]
                for entry in rng.choice(held, min(len(held), 15), replace=False):
                    self._met(place, entry, rng.choice(accounts), closing + int(rng.integers(1, 240)))
            self.world.support.append(place)

    def _attack(self) -> None:
        """Attackers know the rule, every archive and every honest place, even what will be uploaded there.

        Each second one plants what a closed group held in the honest place that has most of it already; the others
        plant in a group, before it is closed, what an honest place will get from many accounts.
        """
        world = self.world
        honest: dict[int, dict[int, set[int]]] = {}
        for each in world.observations:
            if each.place in world.honest and each.hour >= world.month_hour - 7 * 24:
                honest.setdefault(each.place, {}).setdefault(each.entry, set()).add(each.account)
        for number, at in enumerate(self._rng.permutation(len(world.closings))[: self._assumed.attackers]):
            closing, group = world.closings[at]
            free = {place: theirs for place, theirs in honest.items() if place not in world.framed}
            if number % 2:
                self._plant_in_honest(group, closing, free)
            else:
                self._plant_in_group(group, closing, free)

    def _plant_in_honest(self, group: int, closing: int, honest: dict[int, dict[int, set[int]]]) -> None:
        a, rng = self._assumed, self._rng
        held = set(self._held[group].tolist())
        target = max(honest, key=lambda place: (len(held & honest[place].keys()), -place))
        by_case: dict[int, list[int]] = {}
        for entry in rng.permutation(sorted(held)).tolist():
            by_case.setdefault(int(self._case[entry]), []).append(entry)
        chosen = [entry for case in list(by_case)[: a.attacker_cases] for entry in by_case[case]]
        accounts = self._new_accounts(a.attacker_accounts)
        # What it lacks it has listed, verified, and planted in the group before.
        while len(chosen) < a.attacker_pictures:
            chosen.append(int(rng.integers(a.entries)))
            self._met(group, chosen[-1], int(rng.choice(accounts)), closing - int(rng.integers(24, 20 * 24)))
        for number, entry in enumerate(chosen[: a.attacker_pictures]):
            self._met(target, entry, accounts[number % len(accounts)], closing + int(rng.integers(1, _ATTACK_WITHIN_H)))
        self.world.framed.add(target)

    def _plant_in_group(self, group: int, closing: int, honest: dict[int, dict[int, set[int]]]) -> None:
        a, rng = self._assumed, self._rng
        target = max(honest, key=lambda place: (len(honest[place]), -place))
        theirs = list(honest[target])[: a.attacker_pictures]
        accounts = self._new_accounts(a.attacker_accounts)
        for number, entry in enumerate(theirs):
            self._met(group, entry, accounts[number % len(accounts)], closing - int(rng.integers(24, 20 * 24)))
        self.world.framed.add(target)


def _skewed(count: int, exponent: float) -> NDArray[np.float64]:
    share = np.asarray((1.0 + np.arange(count)) ** -exponent, np.float64)
    return np.asarray(share / share.sum(), np.float64)


def make_world(seed: int, assumptions: Assumptions) -> World:
    """A made-up platform (see `Making`)."""
    return Making(seed, assumptions).make()
