"""What two people hand out of a cluster: an annex as plain text, or JSON. In English, wherever it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from notcontent.guard.spinoffs.keeping import explained
from notcontent.guard.spinoffs.naming import Names
from notcontent.guard.spinoffs.observation import WARNING_TEXT
from notcontent.guard.spinoffs.seeking import Pair
from notcontent.guard.spinoffs.two_people import Asked, Ground
from notcontent.guard.words import LANGUAGES, Words


def annex(moves: Sequence[Pair], names: Names, asked: Asked, agreed_by: str, now: datetime) -> str:
    """An annex for an evidence record or a notice."""
    ground = Words(LANGUAGES["en"]).say(f"spinoffs.ground.{Ground(asked.said['ground'])}")
    lines = [
        "ANNEX: PLACES THAT HOLD THE SAME LISTED PICTURES",
        "",
        WARNING_TEXT,
        "",
        f"Made on {now:%Y-%m-%d}. Ground: {ground}.",
        f"Reference: {asked.said['reference']}.",
        f"Asked for by {asked.asked_by}, agreed to by {agreed_by}.",
        "Names of places are pseudonyms of this platform's guard. They are changed from time to time, so they can't be "
        "compared with those of other exports.",
        "",
    ]
    for pair in moves:
        shared = pair.succession.shared
        lines.append(
            f"{names.show(pair.predecessor)} (closed) -> {names.show(pair.successor)}: {shared.entries} of "
            f"{pair.succession.known} known entries, {_hour(shared.first_hour)} to {_hour(shared.last_hour)}; "
            f"{shared.left} of them without the three busiest accounts of each place; "
            f"chance of this by accident < {pair.succession.chance_below}."
        )
    return "\n".join([*lines, ""])


def as_json(
    moves: Sequence[Pair],
    names: Names,
    asked: Asked,
    agreed_by: str,
    entries: Mapping[tuple[int, int], Sequence[str]] | None,
) -> str:
    """The same for a program. `entries`: the ids of what each pair holds, if they are to be named."""
    told: list[dict[str, object]] = []
    for pair in moves:
        told.append({**explained(pair, names)})
        if entries is not None:
            told[-1]["entry_ids"] = list(entries[pair.predecessor, pair.successor])
    return json.dumps(
        {
            "says": WARNING_TEXT,
            "ground": asked.said["ground"],
            "reference": asked.said["reference"],
            "asked_by": asked.asked_by,
            "agreed_by": agreed_by,
            "moves": told,
        },
        indent=1,
    )


def _hour(hour: int) -> str:
    return f"{datetime.fromtimestamp(hour * 3600, UTC):%Y-%m-%d %H:00} UTC"
