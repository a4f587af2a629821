"""Places joined by moves, the oldest move first. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """From a closed place to its likely successor; the hour at which the first shared entry came."""

    predecessor: int
    successor: int
    hour: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """Places that moves join, and the moves that join them, oldest first. Its name is its first move's predecessor."""

    places: tuple[int, ...]
    moves: tuple[Move, ...]


def join(moves: Iterable[Move]) -> tuple[Cluster, ...]:
    """The clusters of these moves, in the order of their oldest moves. Moves may come in any order."""
    ordered = sorted(set(moves), key=lambda move: (move.hour, move.predecessor, move.successor))
    above: dict[int, int] = {}

    def top(place: int) -> int:
        while above.setdefault(place, place) != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for move in ordered:
        above[top(move.successor)] = top(move.predecessor)
    joined: dict[int, list[Move]] = {}
    for move in ordered:
        joined.setdefault(top(move.predecessor), []).append(move)
    return tuple(
        Cluster(tuple(dict.fromkeys(p for move in each for p in (move.predecessor, move.successor))), tuple(each))
        for each in joined.values()
    )
