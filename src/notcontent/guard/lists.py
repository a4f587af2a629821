"""The lists in memory: one exact index for each, searched with all eight turns of an upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.guard.database import Database
from notcontent.guard.entries import IndexChanges
from notcontent.guard.slots import SlotFile
from notcontent.guard.verdict import FoundEntry
from notcontent.index.exact import ExactIndex
from notcontent.index.match import Match

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


@dataclass(frozen=True, slots=True)
class Found:
    """An entry near an upload, with the list it stands on."""

    list_id: int
    shown: FoundEntry


class Lists:
    """Every followed list's index, and the database's word on what its entries are worth now."""

    def __init__(self, database: Database, slots: SlotFile, names: dict[int, str]) -> None:
        """Load what is live from disk. `names` gives the name of each list by its id."""
        self._database, self._names = database, names
        self._indexes = {list_id: ExactIndex() for list_id in names}
        with database.read() as connection:
            rows = connection.execute(
                "SELECT list, entry, slot, paused FROM entries WHERE slot IS NOT NULL AND list IN"
                " (SELECT id FROM lists)"
            ).fetchall()
            waiting = connection.execute("SELECT slot FROM withdrawn WHERE slot IS NOT NULL").fetchall()
        slots.settle({row[2] for row in rows} | {row[0] for row in waiting})
        values = slots.read_all()
        for list_id, index in self._indexes.items():
            mine = [row for row in rows if row[0] == list_id]
            index.add([row[1] for row in mine], values[[row[2] for row in mine]])
            index.pause([row[1] for row in mine if row[3]])

    @property
    def search_name(self) -> str:
        """Which search is in use."""
        return ExactIndex.search_name

    def change(self, list_id: int, changes: IndexChanges) -> None:
        """Bring an index to where the database is already."""
        index = self._indexes[list_id]
        index.withdraw(changes.withdrawn)
        if changes.added:
            values = np.frombuffer(b"".join(changes.added.values()), np.uint8).reshape(-1, 32)
            index.add(list(changes.added), values)
        index.pause([entry for entry, paused in changes.paused.items() if paused])
        index.resume([entry for entry, paused in changes.paused.items() if not paused])

    def find(self, orientations: NDArray[np.uint8]) -> list[Found]:
        """Every live entry near an upload, nearest first, each once, with the turn that brought it nearest.

        Orientations: (8, 32) uint8 in the order of ORIENTATIONS. An entry whose withdrawal is on the disk is not found,
        also in the moment before the index has changed.
        """
        return self._search(orientations, RADII_BITS, [UPLOAD_IS[turn] for turn in ORIENTATIONS])

    def find_upright(self, fingerprint: NDArray[np.uint8]) -> list[Found]:
        """Every live entry near one fingerprint, (32,) uint8, as it is."""
        return self._search(fingerprint[None], UPRIGHT_RADIUS_BITS, [Orientation.UPRIGHT])

    def _search(
        self, queries: NDArray[np.uint8], radius_bits: int | Sequence[int], turns: list[Orientation]
    ) -> list[Found]:
        found: list[Found] = []
        for list_id, index in self._indexes.items():
            # Nearest first, so the first sight of an entry is the best. All of them count: planted entries must not
            # be able to crowd a verified one out.
            matches = index.search(queries, radius_bits, listed=len(index) * len(turns)).nearest
            best: dict[str, Match] = {}
            for match in matches:
                best.setdefault(match.entry, match)
            for entry, tier in self._live(list_id, list(best)):
                match = best[entry]
                shown = FoundEntry(entry, self._names[list_id], tier, match.distance_bits, turns[match.query])
                found.append(Found(list_id, shown))
        return sorted(found, key=lambda each: (each.shown.distance_bits, each.shown.entry))

    def _live(self, list_id: int, entries: list[str]) -> list[tuple[str, Tier]]:
        live: list[tuple[str, Tier]] = []
        if not entries:
            return live
        with self._database.read() as connection:
            for entry in entries:
                row = connection.execute(
                    "SELECT tier FROM entries WHERE list = ? AND entry = ? AND paused = 0", (list_id, entry)
                ).fetchone()
                if row:
                    live.append((entry, Tier(row[0])))
        return live
