"""The search as a guard runs it, on a made-up platform: what it found, when, and what it got wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from notcontent.guard.spinoffs import ledger
from notcontent.guard.spinoffs.observation import Observation, Rule
from notcontent.guard.spinoffs.seeking import Pair
from notcontent.simulation.world import World

#: A successor is found in time so many hours after the tenth re-upload.
IN_TIME_H = 24


@dataclass(frozen=True, slots=True)
class Alarm:
    """This place was called a likely successor of that closed one, at the end of this hour. Places of the world."""

    predecessor: int
    successor: int
    hour: int
    chance: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial came to.

    `due`: pairs whose tenth re-upload lies a day or more before the end; `found`: those alarmed in time;
    `found_late`: later. `false`: honest places with an alarm, without those under attack; `framed`: those.
    `support`: unmarked support places with an alarm.
    """

    due: int
    found: int
    found_late: int
    honest: int
    false: int
    framed: int
    attacked: int
    support: int
    alarms: tuple[Alarm, ...]


class Trial:
    """A ledger in memory, and a world that is lived through once."""

    def __init__(self, world: World, rule: Rule, marked: float = 1.0) -> None:
        """`marked`: the share of support places that two people have marked."""
        self.world, self.rule = world, rule
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        ledger.prepare(self.connection)
        for place in world.support[: round(marked * len(world.support))]:
            ledger.exempt(self.connection, ledger.number_of(self.connection, place), True)
        self.alarms: list[Alarm] = []

    def run(self) -> Outcome:
        """Live through it, hour by hour, and count."""
        self.connection.execute("BEGIN")
        for hour, batch, closed in _hours(self.world):
            pairs = ledger.take(self.connection, batch, self.rule) if batch else []
            for place in closed:
                pairs += ledger.close(self.connection, place, hour, self.rule)
            self._note(pairs, hour)
        self.connection.execute("COMMIT")
        return self._count()

    def names(self) -> dict[int, int]:
        """From the ledger's own numbers to the world's."""
        return dict(self.connection.execute("SELECT place, name FROM spinoff_places"))

    def _note(self, pairs: list[Pair], hour: int) -> None:
        if pairs:
            names = self.names()
            self.alarms += [
                Alarm(names[each.predecessor], names[each.successor], hour, each.succession.chance) for each in pairs
            ]

    def _count(self) -> Outcome:
        world = self.world
        due = {
            pair: hour for pair, hour in world.begun.items() if hour is not None and hour + IN_TIME_H <= world.end_hour
        }
        when = {(each.predecessor, each.successor): each.hour for each in self.alarms}
        in_time = sum(pair in when and when[pair] <= hour + IN_TIME_H for pair, hour in due.items())
        alarmed = {each.successor for each in self.alarms}
        return Outcome(
            due=len(due),
            found=in_time,
            found_late=sum(pair in when for pair in due) - in_time,
            honest=len(world.honest),
            false=len(alarmed & world.honest - world.framed),
            framed=len(alarmed & world.framed),
            attacked=len(world.framed),
            support=len(alarmed & set(world.support)),
            alarms=tuple(self.alarms),
        )


def _hours(world: World) -> Iterator[tuple[int, list[Observation], list[int]]]:
    """Each hour in which something happened. The time before the month is taken in one step."""
    closings: dict[int, list[int]] = {}
    for hour, place in world.closings:
        closings.setdefault(hour, []).append(place)
    by_hour = {
        hour: list(batch) for hour, batch in groupby(world.observations, lambda each: max(each.hour, world.month_hour))
    }
    for hour in sorted(by_hour.keys() | closings.keys()):
        yield hour, by_hour.get(hour, []), closings.get(hour, [])
