"""The lists as an upload meets them: one exact index for each tier, searched with all turns of an upload's views.

Each tier has an index of its own, so that a crowd of planted claims can't push a verified entry out of the nearest
hundred. An index knows slots only; the database says whose entry a slot holds now, and its word is the last one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.views.view import View, ViewKind
from notcontent.guard.database import Database
from notcontent.guard.limits import Limits, limits_for
from notcontent.guard.verdict import FoundEntry
from notcontent.index.folder import IndexFolder
from notcontent.index.reader import IndexReader

#: How far two codes of one picture may be apart where no views are looked at: measured for PDQ.
UPRIGHT_RADIUS_BITS = 31
#: How the upload is turned relative to the listed picture, for each turn that brings the upload onto it. Where turning
#: it counter-clockwise does, whoever uploaded it turned it clockwise; the other six turns undo themselves.
UPLOAD_IS = {turn: turn for turn in ORIENTATIONS} | {
    Orientation.QUARTER_CCW: Orientation.QUARTER_CW,
    Orientation.QUARTER_CW: Orientation.QUARTER_CCW,
}
#: The same in the order of `ORIENTATIONS`.
TURNED = tuple(UPLOAD_IS[turn] for turn in ORIENTATIONS)
#: So many of the nearest entries of each tier are looked at for each turn of a view.
NEAREST = 100
_ENTRY_OF = (
    "SELECT {} FROM entries WHERE slot = coalesce((SELECT entry FROM frames WHERE slot = :slot), :slot) AND paused = 0"
)
#: A slot -> how many bits it is away, the view and the turn of the upload that are nearest to it, their fingerprint.
_Near = dict[int, tuple[int, ViewKind, Orientation, bytes]]


@dataclass(frozen=True, slots=True)
class InSlot:
    """The live entry that a slot belongs to. `first_slot`: where its first fingerprint is, one number for one entry."""

    list_id: int
    entry: str
    tier: Tier
    first_slot: int


@dataclass(frozen=True, slots=True)
class Found:
    """An entry near an upload, with the list it stands on.

    `seen`: the fingerprint of what in the upload is near it, turned as the entry is, 32 bytes; empty if not known.
    """

    list_id: int
    shown: FoundEntry
    seen: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest entries, nearest first, and how many there are in all, also when not all of them are here."""

    found: list[Found]
    total: int


def index_path(folder: Path, tier: Tier) -> Path:
    """Where the index of one tier lies in a guard's folder."""
    return folder / "index" / tier.value


def open_readers(folder: Path, seed: bytes) -> dict[Tier, IndexReader]:
    """The indexes of a guard's folder for a process that writes none of them. Raises IndexFault."""
    return {tier: IndexReader.open(index_path(folder, tier), seed) for tier in Tier}


class Lists:
    """Every followed list, searched; any number of processes do it on one copy."""

    def __init__(
        self, database: Database, names: dict[int, str], indexes: Mapping[Tier, IndexReader | IndexFolder]
    ) -> None:
        """Search these indexes. `names` gives the name of each list by its id; other lists' entries are not found."""
        self._database, self._names, self._indexes = database, names, indexes
        self._limits = (0, limits_for(0))

    @property
    def search_name(self) -> str:
        """Which search is in use."""
        return self._indexes[Tier.CLAIMED].search_name

    @property
    def searchable(self) -> int:
        """How many fingerprints an upload is compared with, every frame of a video counted. Costs nothing to ask.

        Never too few: paused entries count, and for a while some that are withdrawn (see `IndexReader.searchable`).
        """
        return sum(index.searchable for index in self._indexes.values())

    def limits(self) -> Limits:
        """How near an entry has to be to an upload to count, by how many fingerprints there are to search."""
        searchable = self.searchable
        if searchable != self._limits[0]:
            self._limits = (searchable, limits_for(searchable))
        return self._limits[1]

    def find(self, views: Sequence[View], limits: Limits) -> list[Found]:
        """The live entries near these views, nearest first, each once, with the view and the turn that are nearest.

        A whole picture is looked up with its colours inverted too. An entry whose withdrawal is on the disk is not
        found, also in the moment before the index has changed.
        """
        kinds = [view.kind for view in views]
        turns = np.frombuffer(b"".join(view.turns for view in views), np.uint8).reshape(-1, 32)
        for number in [number for number, kind in enumerate(kinds) if kind is ViewKind.WHOLE]:
            kinds.append(ViewKind.INVERTED)
            turns = np.concatenate([turns, ~turns[number * len(TURNED) : (number + 1) * len(TURNED)]])
        radii = np.array([limits.bits(kind) for kind in kinds], np.int16).reshape(-1)
        asked = np.flatnonzero(radii >= 0)
        if not len(asked):
            return []
        queries, within = turns[asked], radii[asked].astype(np.uint16)
        near: _Near = {}
        for index in self._indexes.values():
            if not index.searchable:
                continue
            hits = index.search(queries, within, NEAREST)
            if not len(hits.ids):
                continue
            nearest = np.lexsort((hits.queries, hits.distances_bits))
            slots, first = np.unique(hits.ids[nearest], return_index=True)
            for slot, hit in zip(slots.tolist(), nearest[first].tolist(), strict=True):
                view, turn = divmod(int(asked[hits.queries[hit]]), len(TURNED))
                seen = queries[hits.queries[hit]].tobytes()
                near[slot] = (int(hits.distances_bits[hit]), kinds[view], TURNED[turn], seen)
        if not near:
            return []
        with self._database.read() as connection:
            return self._live(connection, near)

    def find_near(self, turns: NDArray[np.uint8], radius_bits: int) -> list[tuple[int, int, int]]:
        """Row, bits and slot of everything near rows of (n, 32) uint8; a slot's entry may be gone (`entries_in`)."""
        near: list[tuple[int, int, int]] = []
        for index in self._indexes.values():
            hits = index.search(turns, radius_bits, NEAREST)
            near += zip(hits.queries.tolist(), hits.distances_bits.tolist(), hits.ids.tolist(), strict=True)
        return near

    @property
    def names(self) -> Mapping[int, str]:
        """The followed lists' names by their ids."""
        return self._names

    def name_of(self, list_id: int) -> str:
        """The name of a followed list."""
        return self._names[list_id]

    def find_upright(self, fingerprints: NDArray[np.uint8]) -> list[Nearest]:
        """The live entries near each of these fingerprints, (n, 32) uint8, as they are; a call for all of them."""
        best: list[_Near] = [{} for _ in fingerprints]
        totals = np.zeros(len(fingerprints), np.int64)
        for index in self._indexes.values():
            near = index.search(fingerprints, UPRIGHT_RADIUS_BITS, NEAREST)
            totals += near.totals.astype(np.int64)
            for query, distance, slot in zip(
                near.queries.tolist(), near.distances_bits.tolist(), near.ids.tolist(), strict=True
            ):
                best[query][slot] = (distance, ViewKind.WHOLE, Orientation.UPRIGHT, b"")
        with self._database.read() as connection:
            live = [self._live(connection, each) if each else [] for each in best]
        # What was found and is not live any more was withdrawn a moment ago; it does not count either.
        return [
            Nearest(found, int(total) - len(each) + len(found))
            for found, each, total in zip(live, best, totals, strict=True)
        ]

    def entry_of(self, connection: sqlite3.Connection, slot: int) -> tuple[int, str, Tier] | None:
        """The list, id and tier of the live entry in a slot; None where there is none, or it is paused.

        All slots of a video, one for each of its frames, give the same entry.
        """
        row = connection.execute(_ENTRY_OF.format("list, entry, tier"), {"slot": slot}).fetchone()
        return (row[0], row[1], Tier(row[2])) if row and row[0] in self._names else None

    def entries_in(self, slots: Iterable[int]) -> dict[int, InSlot]:
        """What stands in each of these slots now; nothing for one that is empty, or whose entry is paused.

        For a rule that puts together which frames of a listed video were found: each frame has a slot of its own.
        """
        query = _ENTRY_OF.format("list, entry, tier, entries.slot")
        found = {}
        with self._database.read() as connection:
            for slot in slots:
                row = connection.execute(query, {"slot": slot}).fetchone()
                if row and row[0] in self._names:
                    found[slot] = InSlot(row[0], row[1], Tier(row[2]), row[3])
        return found

    def close(self) -> None:
        """Close the indexes."""
        for index in self._indexes.values():
            index.close()

    def _live(self, connection: sqlite3.Connection, near: _Near) -> list[Found]:
        found: dict[tuple[int, str], Found] = {}
        for slot, (bits, view, turn, seen) in sorted(near.items(), key=lambda item: item[1][0]):
            if row := self.entry_of(connection, slot):
                list_id, entry, tier = row
                shown = FoundEntry(entry, self._names[list_id], tier, bits, turn, view)
                found.setdefault((list_id, entry), Found(list_id, shown, seen))
        return sorted(found.values(), key=lambda each: (each.shown.distance_bits, each.shown.entry))
