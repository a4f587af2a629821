"""What two places come to, read from the ledger: bounded, whatever the history.

Of one place the newest rows are read, of one entry as many as make it popular. Used inside of a transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from notcontent.guard.spinoffs.observation import Arrival, Held, Rule, Source, Surroundings
from notcontent.guard.spinoffs.succession import Succession, count_shared, is_enough, judge

#: Values in one JSON list given to SQLite.
_TOGETHER = 10_000
#: So many rows are read for one place's relatives, and when it is closed; the newest of its entries first.
_ROWS_FOR_RELATIVES, _ROWS_FOR_SUCCESSORS = 5_000, 50_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A closed place, another one, and what the two come to. The ledger's own numbers of places.

    `entries`: the numbers of those that both hold, ascending.
    """

    predecessor: int
    successor: int
    succession: Succession
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Relative:
    """Another place, and how many rare entries the two share, whoever brought them and whenever. No alarm."""

    place: int
    shared: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A place, and the hour at which the platform closed it."""

    place: int
    hour: int


@dataclass(frozen=True, slots=True)
class Seeking:
    """Asks one ledger by one rule."""

    connection: sqlite3.Connection
    rule: Rule

    def predecessors_of(self, places: Collection[int]) -> list[Pair]:
        """Closed places and those of these whose likely predecessors they are, without moves that are known."""
        closed = [
            Closed(*row)
            for row in self.connection.execute(
                "SELECT place, closed FROM spinoff_places WHERE closed IS NOT NULL AND NOT exempt ORDER BY place"
            )
        ]
        if not closed:
            return []
        hours = {each.place: each.hour for each in closed}
        since = min(hours.values()) - self.rule.lead_hours
        likely = []
        for place in sorted(places):
            for other, _ in self.connection.execute(
                "SELECT there.place, count(DISTINCT there.entry) AS shared FROM spinoff_met AS here"
                " JOIN spinoff_met AS there INDEXED BY spinoff_met_closed"
                " ON there.closed = 1 AND there.entry = here.entry"
                " WHERE here.place = ?1 AND here.hour >= ?2 AND there.place != ?1 GROUP BY there.place"
                " HAVING shared >= ?3 AND NOT EXISTS (SELECT 1 FROM spinoff_moves"
                " WHERE predecessor = there.place AND successor = ?1)",
                (place, since, self.rule.least_entries),
            ).fetchall():
                if other in hours:
                    pair = self._judge(Closed(other, hours[other]), place)
                    likely += [pair] if pair.succession.likely else []
        return likely

    def successors_of(self, place: int) -> list[Pair]:
        """The likely successors of this closed place."""
        pairs = (
            self.judge_pair(place, other.place)
            for other in self._sharing_most(place, 1_000, _ROWS_FOR_SUCCESSORS)
            if other.shared >= self.rule.least_entries
        )
        return [pair for pair in pairs if pair is not None and pair.succession.likely]

    def judge_pair(self, predecessor: int, successor: int) -> Pair | None:
        """What these two come to; None if the first is not closed, or one of them is left out of scores."""
        rows = dict(
            self.connection.execute(
                "SELECT place, closed FROM spinoff_places WHERE place IN (?, ?) AND NOT exempt",
                (predecessor, successor),
            )
        )
        if len(rows) < 2 or rows[predecessor] is None:
            return None
        return self._judge(Closed(predecessor, rows[predecessor]), successor)

    def moves(self) -> list[Pair]:
        """Every move that was told and still stands, as it is now, in the order of places."""
        rows = self.connection.execute("SELECT predecessor, successor FROM spinoff_moves ORDER BY 1, 2").fetchall()
        pairs = (self.judge_pair(*row) for row in rows)
        return [pair for pair in pairs if pair is not None and pair.succession.likely]

    def relatives(self, place: int, most: int = 100) -> list[Relative]:
        """The places that share most rare entries with this one, most first."""
        return self._sharing_most(place, most, _ROWS_FOR_RELATIVES)

    def _sharing_most(self, place: int, most: int, budget: int) -> list[Relative]:
        rule = self.rule
        rows = self.connection.execute(
            "SELECT DISTINCT entry FROM (SELECT entry FROM spinoff_met WHERE place = ? ORDER BY hour DESC LIMIT ?)",
            (place, rule.most_read),
        ).fetchall()
        shared: dict[int, int] = {}
        for (entry,) in rows:
            others = self._places_of(entry)
            budget -= len(others)
            if len(others) <= rule.popular:
                for other in set(others):
                    shared[other] = shared.get(other, 0) + 1
            if budget < 0:
                break
        shared.pop(place, None)
        best = sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:most]
        return [Relative(*each) for each in best]

    def _judge(self, closed: Closed, successor: int) -> Pair:
        rule = self.rule
        arrivals = self._arrivals(successor, closed.hour)
        sources = self._sources(closed.place, {each.entry for each in arrivals})
        sharing = count_shared(arrivals, sources, closed.hour, rule)
        held: Sequence[Held] = ()
        surroundings = Surroundings(0, 0, 0, 0)
        if is_enough(sharing.shared, rule):
            rare = self._rare(closed.place, successor)
            held = list(rare.values())
            kept = {entry: source for entry, source in sources.items() if entry in rare}
            sharing = count_shared(arrivals, kept, closed.hour, rule)
            start, end = closed.hour - rule.lead_hours, closed.hour + rule.window_hours
            within = [each for each in arrivals if start <= each.hour <= end]
            surroundings = Surroundings(
                rows=self._number("SELECT rows FROM spinoff_rows"),
                activity=len({each.entry for each in within}),
                activity_left=len({each.entry for each in within if each.account not in sharing.spared_here}),
                closed_places=self._number("SELECT count(*) FROM spinoff_places WHERE closed IS NOT NULL"),
            )
        succession = judge(sharing, held, closed.hour, surroundings, rule)
        return Pair(closed.place, successor, succession, tuple(sorted(sharing.hours)))

    def _sources(self, place: int, entries: Collection[int]) -> dict[int, Source]:
        found: dict[int, list[tuple[int, int, int]]] = {}
        for part in parts(entries):
            for entry, *row in self.connection.execute(
                "SELECT entry, grouped, hour, account FROM spinoff_met"
                " WHERE place = ? AND entry IN (SELECT value FROM json_each(?))",
                (place, part),
            ):
                found.setdefault(entry, []).append((row[0], row[1], row[2]))
        return {
            entry: Source(rows[0][0], min(row[1] for row in rows), frozenset(row[2] for row in rows))
            for entry, rows in found.items()
        }

    def _arrivals(self, place: int, closed_hour: int) -> list[Arrival]:
        rows = self.connection.execute(
            "SELECT entry, account, hour FROM spinoff_met WHERE place = ? AND hour >= ?"
            " ORDER BY hour DESC, entry, account LIMIT ?",
            (place, closed_hour - self.rule.lead_hours, self.rule.most_read),
        )
        return [Arrival(*row) for row in rows]

    def _rare(self, place: int, other: int) -> dict[int, Held]:
        """The rare entries of a place and whose they are. How often one is met is asked of third places."""
        rows = self.connection.execute(
            "SELECT entry, grouped, hour, account FROM spinoff_met WHERE place = ?"
            " ORDER BY hour DESC, entry, account LIMIT ?",
            (place, self.rule.most_read),
        ).fetchall()
        accounts: dict[int, set[int]] = {}
        first: dict[int, tuple[int, int]] = {}
        for entry, group, hour, account in rows:
            accounts.setdefault(entry, set()).add(account)
            first[entry] = (group, hour)
        rare = {}
        for entry, (group, hour) in first.items():
            places = self._places_of(entry)
            if len(places) <= self.rule.popular:
                met = 1 + sum(each not in (place, other) for each in places)
                rare[entry] = Held(entry, group, hour, met, frozenset(accounts[entry]))
        return rare

    def _places_of(self, entry: int) -> list[int]:
        """Where an entry was met, a row for each account; one more row than makes it popular, at most."""
        return [
            row[0]
            for row in self.connection.execute(
                "SELECT place FROM spinoff_met WHERE entry = ? LIMIT ?", (entry, self.rule.popular + 1)
            )
        ]

    def _number(self, query: str) -> int:
        return int(self.connection.execute(query).fetchone()[0])


def parts(values: Collection[int]) -> Iterator[str]:
    """These whole numbers in order, as JSON lists that SQLite can read."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _TOGETHER):
        yield json.dumps(ordered[start : start + _TOGETHER])
