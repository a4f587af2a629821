"""Views against the lists: each kind within its own limit, limits by the size of the list, the nearest view told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.views.view import View, ViewKind
from notcontent.guard.database import Database
from notcontent.guard.limits import NOT_ASKED, Limits, limits_for
from notcontent.guard.lists import Found, Lists, index_path
from notcontent.guard.looking import near_miss_limits
from notcontent.index.folder import IndexFolder

SEED = b"a secret of this deployment"
Values = NDArray[np.uint8]


class SmallLists:
    """Lists whose entries are named by their slots."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = Database(folder)
        self.indexes = {tier: IndexFolder.write(index_path(folder, tier), SEED) for tier in Tier}
        with self.database.write() as connection:
            connection.execute(
                "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'helpline', '', '', '', '')"
            )
        self.lists = Lists(self.database, {1: "helpline"}, self.indexes)

    def list(self, slot: int, value: Values, tier: Tier = Tier.CLAIMED) -> str:
        with self.database.write() as connection:
            connection.execute("INSERT INTO entries VALUES (1, ?, ?, ?, 0)", (f"{slot:032x}", slot, tier))
        self.indexes[tier].add([slot], value[None])
        return f"{slot:032x}"

    def close(self) -> None:
        self.lists.close()
        self.database.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallLists]:
    made = SmallLists(tmp_path / "guard")
    yield made
    made.close()


def random_values(count: int, seed: int) -> Values:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def away(value: Values, bits: int) -> Values:
    every = np.unpackbits(value)
    every[np.linspace(0, 255, bits, dtype=int) if bits else []] ^= 1
    return np.packbits(every)


def view(kind: ViewKind, seed: int, **turns: Values) -> View:
    """A view with random fingerprints except in these orientations."""
    values = random_values(len(ORIENTATIONS), seed)
    for name, value in turns.items():
        values[ORIENTATIONS.index(Orientation(name))] = value
    return View(kind, 100, values.tobytes())


def told(found: list[Found]) -> list[tuple[str, ViewKind, Orientation, int]]:
    return [(each.shown.entry, each.shown.view, each.shown.orientation, each.shown.distance_bits) for each in found]


@pytest.mark.parametrize("kind", [kind for kind in ViewKind if kind not in (ViewKind.INVERTED, ViewKind.FRAME)])
@pytest.mark.parametrize("turn", ["upright", "half_turn"])
def test_each_view_and_turn_is_looked_up_within_its_own_limit(small: SmallLists, kind: ViewKind, turn: str) -> None:
    value = random_values(1, 1)[0]
    entry = small.list(0, value)
    limits = small.lists.limits()
    bits = limits.bits(kind)[ORIENTATIONS.index(Orientation(turn))]
    for distance in (*([bits] if bits != NOT_ASKED else []), bits + 1):
        asked = view(kind, 2, **{turn: away(value, max(distance, 0))})
        expected = [(entry, kind, Orientation(turn), distance)] if distance <= bits else []
        assert told(small.lists.find([asked], limits)) == expected


def test_the_whole_picture_is_looked_up_inverted_too_and_no_other_view_is(small: SmallLists) -> None:
    value = random_values(1, 1)[0]
    entry = small.list(0, value)
    limits = small.lists.limits()
    inverted = away(~value, 5)
    assert told(small.lists.find([view(ViewKind.WHOLE, 2, mirrored=inverted)], limits)) == [
        (entry, ViewKind.INVERTED, Orientation.MIRRORED, 5)
    ]
    assert not small.lists.find([view(ViewKind.WHOLE, 2, half_turn=inverted)], limits)
    assert not small.lists.find([view(ViewKind.TRIMMED, 2, upright=inverted)], limits)


def test_an_entry_is_told_once_with_the_view_that_is_nearest(small: SmallLists) -> None:
    value, other = random_values(2, 1)
    first, second = small.list(0, value), small.list(1, other, Tier.VERIFIED)
    views = [
        view(ViewKind.WHOLE, 2, upright=away(value, 20)),
        view(ViewKind.TILE, 3, upright=away(value, 4), mirrored=away(other, 9)),
        view(ViewKind.TILE, 4, upright=away(value, 6)),
    ]
    assert told(small.lists.find(views, small.lists.limits())) == [
        (first, ViewKind.TILE, Orientation.UPRIGHT, 4),
        (second, ViewKind.TILE, Orientation.MIRRORED, 9),
    ]


def test_longer_lists_have_narrower_limits_counted_over_all_tiers(small: SmallLists) -> None:
    value = random_values(1, 1)[0]
    entry = small.list(0, value)
    views = [view(ViewKind.TILE, 2, upright=away(value, limits_for(1).bits(ViewKind.TILE)[0]))]
    assert [each[0] for each in told(small.lists.find(views, small.lists.limits()))] == [entry]
    for tier, seed in ((Tier.SEEN, 5), (Tier.VERIFIED, 6)):
        small.indexes[tier].add(np.arange(1, 400_001), random_values(400_000, seed))
    assert small.lists.searchable == 800_001
    limits = small.lists.limits()
    assert limits == limits_for(800_001)
    assert limits.bits(ViewKind.TILE)[0] < limits_for(1).bits(ViewKind.TILE)[0]
    assert not small.lists.find(views, limits)


def test_near_misses_are_looked_for_in_the_views_and_turns_that_most_copies_have(small: SmallLists) -> None:
    value = random_values(1, 1)[0]
    entry = small.list(0, value)
    limits = near_miss_limits(50)
    for kind in (ViewKind.WHOLE, ViewKind.TRIMMED):
        for turn in (Orientation.UPRIGHT, Orientation.MIRRORED):
            assert told(small.lists.find([view(kind, 2, **{turn: away(value, 50)})], limits)) == [
                (entry, kind, turn, 50)
            ]
            assert not small.lists.find([view(kind, 2, **{turn: away(value, 51)})], limits)
    assert not small.lists.find([view(ViewKind.WHOLE, 2, half_turn=value)], limits)
    assert not small.lists.find([view(ViewKind.WHOLE, 2, upright=~value)], limits)
    assert not small.lists.find([view(ViewKind.TILE, 2, upright=value)], limits)


def test_what_is_not_asked_for_is_not_looked_up(small: SmallLists) -> None:
    value = random_values(1, 1)[0]
    small.list(0, value)
    assert not small.lists.find([view(ViewKind.WHOLE, 2, upright=value)], Limits({}))
    assert not small.lists.find([], small.lists.limits())
