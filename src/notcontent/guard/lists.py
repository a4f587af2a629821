"""The lists as an upload meets them: one exact index for each tier, searched with all eight turns of an upload.

Each tier has an index of its own, so that a crowd of planted claims can't push a verified entry out of the nearest
hundred. An index knows slots only; the database says whose entry a slot holds now, and its word is the last one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.guard.database import Database
from notcontent.guard.verdict import FoundEntry
from notcontent.index.folder import IndexFolder
from notcontent.index.reader import IndexReader

#: Radii measured for PDQ: upright and mirrored copies up to 31 bits, the other six turns up to 28.
UPRIGHT_RADIUS_BITS, TURNED_RADIUS_BITS = 31, 28
RADII_BITS = tuple(
    UPRIGHT_RADIUS_BITS if turn in (Orientation.UPRIGHT, Orientation.MIRRORED) else TURNED_RADIUS_BITS
    for turn in ORIENTATIONS
)
#: How the upload is turned relative to the listed picture, for each turn that brings the upload onto it. Where turning
#: it counter-clockwise does, whoever uploaded it turned it clockwise; the other six turns undo themselves.
UPLOAD_IS = {turn: turn for turn in ORIENTATIONS} | {
    Orientation.QUARTER_CCW: Orientation.QUARTER_CW,
    Orientation.QUARTER_CW: Orientation.QUARTER_CCW,
}
_TURNS = [UPLOAD_IS[turn] for turn in ORIENTATIONS]
#: So many of the nearest entries of each tier are looked at for each turn of an upload.
NEAREST = 100


@dataclass(frozen=True, slots=True)
class Found:
    """An entry near an upload, with the list it stands on."""

    list_id: int
    shown: FoundEntry


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

    @property
    def search_name(self) -> str:
        """Which search is in use."""
        return self._indexes[Tier.CLAIMED].search_name

    def find(self, orientations: NDArray[np.uint8]) -> list[Found]:
        """The live entries near an upload, nearest first, each once, with the turn that brought it nearest.

        Orientations: (8, 32) uint8 in the order of ORIENTATIONS. An entry whose withdrawal is on the disk is not found,
        also in the moment before the index has changed.
        """
        best: dict[int, tuple[int, int]] = {}
        for index in self._indexes.values():
            near = index.search(orientations, RADII_BITS, NEAREST)
            for query, distance, slot in zip(
                near.queries.tolist(), near.distances_bits.tolist(), near.ids.tolist(), strict=True
            ):
                if slot not in best or (distance, query) < best[slot]:
                    best[slot] = (distance, query)
        if not best:
            return []
        with self._database.read() as connection:
            return self._live(connection, {slot: (bits, _TURNS[query]) for slot, (bits, query) in best.items()})

    def find_upright(self, fingerprints: NDArray[np.uint8]) -> list[Nearest]:
        """The live entries near each of these fingerprints, (n, 32) uint8, as they are; a call for all of them."""
        turn = Orientation.UPRIGHT
        best: list[dict[int, tuple[int, Orientation]]] = [{} for _ in fingerprints]
        totals = np.zeros(len(fingerprints), np.int64)
        for index in self._indexes.values():
            near = index.search(fingerprints, UPRIGHT_RADIUS_BITS, NEAREST)
            totals += near.totals.astype(np.int64)
            for query, distance, slot in zip(
                near.queries.tolist(), near.distances_bits.tolist(), near.ids.tolist(), strict=True
            ):
                best[query][slot] = (distance, turn)
        with self._database.read() as connection:
            live = [self._live(connection, each) if each else [] for each in best]
        # What was found and is not live any more was withdrawn a moment ago; it does not count either.
        return [
            Nearest(found, int(total) - len(each) + len(found))
            for found, each, total in zip(live, best, totals, strict=True)
        ]

    def entry_of(self, connection: sqlite3.Connection, slot: int) -> tuple[int, str, Tier] | None:
        """The list, id and tier of the live entry in a slot; None where there is none, or it is paused."""
        row = connection.execute(
            "SELECT list, entry, tier FROM entries WHERE slot = ? AND paused = 0", (slot,)
        ).fetchone()
        return (row[0], row[1], Tier(row[2])) if row and row[0] in self._names else None

    def close(self) -> None:
        """Close the indexes."""
        for index in self._indexes.values():
            index.close()

    def _live(self, connection: sqlite3.Connection, near: Mapping[int, tuple[int, Orientation]]) -> list[Found]:
        found: list[Found] = []
        for slot, (bits, turn) in near.items():
            if row := self.entry_of(connection, slot):
                list_id, entry, tier = row
                found.append(Found(list_id, FoundEntry(entry, self._names[list_id], tier, bits, turn)))
        return sorted(found, key=lambda each: (each.shown.distance_bits, each.shown.entry))
