"""A cluster as a drawing: places from above to below in the order of their moves, time from left to right.

The same cluster is always drawn the same. Every place is a link, and the table beside it says all that it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape

from notcontent.doors.review.frame import SPINOFFS
from notcontent.guard.spinoffs.clusters import Cluster
from notcontent.guard.spinoffs.seeking import Pair

PLACES = f"{SPINOFFS}/places"
_WIDTH, _ROW, _TOP, _LEFT, _RIGHT, _STEP = 360, 44, 26, 16, 150, 28


def draw(
    cluster: Cluster,
    pairs: Mapping[tuple[int, int], Pair],
    names: Mapping[int, str],
    closed: Mapping[int, int],
    label: str,
) -> str:
    """An inline SVG. `names`: what each place is shown as; `closed`: the hour of its closing; `label`: its name."""
    first = min(closed.get(move.predecessor, move.hour) for move in cluster.moves)
    last = max(pairs[move.predecessor, move.successor].succession.shared.last_hour for move in cluster.moves)
    span = max(1, last - first)

    across: dict[int, float] = {}
    for move in cluster.moves:
        across.setdefault(move.predecessor, float(_LEFT))
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, (move.hour - first) / span)
        # A successor stands to the right of where it came from, also where all came within the hour.
        across.setdefault(move.successor, round(min(_WIDTH - _RIGHT, max(x, across[move.predecessor] + _STEP)), 1))

    def at(place: int) -> tuple[float, float]:
        return across[place], float(_TOP + _ROW * cluster.places.index(place))

    height = _TOP + _ROW * len(cluster.places)
    parts = []
    for move in cluster.moves:
        (x1, y1), (x2, y2) = at(move.predecessor), at(move.successor)
        shared = pairs[move.predecessor, move.successor].succession.shared
        width = 1 + min(5, shared.entries // 10)
        line = f"M{x1} {y1} C{x1} {(y1 + y2) / 2}, {x1} {y2}, {x2} {y2}"
        parts.append(f'<path class="spinoff-line" stroke-width="{width}" d="{line}"/>')
    for place in cluster.places:
        x, y = at(place)
        shape = (
            f'<rect x="{x - 7}" y="{y - 7}" width="14" height="14"/>'
            if place in closed
            else f'<circle cx="{x}" cy="{y}" r="8"/>'
        )
        name = escape(names[place])
        parts.append(
            f'<a href="{PLACES}/{name}" class="spinoff-place">{shape}<text x="{x + 14}" y="{y + 5}">{name}</text></a>'
        )
    # The days at both ends of the time that runs to the right; one where it is a single day.
    days = dict.fromkeys(f"{datetime.fromtimestamp(hour * 3600, UTC):%Y-%m-%d}" for hour in (first, last))
    for day, x, anchor in zip(days, (_LEFT - 8, _WIDTH - _RIGHT + 8), ("start", "end"), strict=False):
        parts.append(f'<text class="spinoff-day" x="{x}" y="{height}" text-anchor="{anchor}">{day}</text>')
    return (
        f'<svg class="spinoff-drawing" viewBox="0 0 {_WIDTH} {height + 8}" role="group" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )
