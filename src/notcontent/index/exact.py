"""Exact radius search: every entry within the radius is found, by construction, because every live row is compared.

The rows lie as four columns of 64-bit words, so that NumPy counts the differing bits of a whole column at once. This is
the reference that a faster kernel has to agree with, and the search that works everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import NotContentError
from notcontent.index.match import Match, Matches

VALUE_BYTES = 32
#: At most so many matches are listed unless the caller asks for more; the total is always exact.
LISTED_MATCHES = 100
#: Rows compared at a time: the columns of one block and their counts stay in the cache of one core.
_BLOCK_ROWS = 32_768
_FIRST_ROWS = 64


class NotAFingerprint(NotContentError):
    """A value or a query is not 256 bits, or there are not as many ids as values."""


@dataclass(slots=True)
class _Rows:
    """What a search reads. Searches in other threads keep the one they started with; rows are never given twice."""

    words: NDArray[np.uint64]  # (4, capacity), column r is the value of row r
    matching: NDArray[np.bool_]  # (capacity,), False for paused, withdrawn and unused rows
    entries: list[str]  # the id of each used row
    used: int


def _empty_rows(capacity: int) -> _Rows:
    return _Rows(np.zeros((4, capacity), np.uint64), np.zeros(capacity, np.bool_), [], 0)


def as_words(values: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The same bits as (n, 4) words.

    Values: (n, 32) uint8. Raises NotAFingerprint for any other shape or type.
    """
    if values.ndim != 2 or values.shape[1] != VALUE_BYTES or values.dtype != np.uint8:
        raise NotAFingerprint("An index holds values of exactly 32 bytes: give an array of shape (n, 32), dtype uint8.")
    return np.ascontiguousarray(values).view(np.uint64)


class ExactIndex:
    """Entries and their values; one writer at a time, any number of searching threads."""

    #: Shown in the guard's readiness, so that an operator sees which search is in use.
    search_name = "exact, NumPy"

    def __init__(self) -> None:
        """Make an empty index."""
        self._writing = threading.Lock()
        self._rows = _empty_rows(_FIRST_ROWS)
        self._row_of: dict[str, int] = {}
        self._paused: set[str] = set()

    def __len__(self) -> int:
        """How many entries are held, paused ones included."""
        return len(self._row_of)

    def __contains__(self, entry: object) -> bool:
        """Whether this entry is held."""
        return entry in self._row_of

    def add(self, entries: Sequence[str], values: NDArray[np.uint8]) -> None:
        """Make these entries findable; an id that is already held keeps the value it has.

        Entries: n ids. Values: (n, 32) uint8. Raises NotAFingerprint when the shapes do not fit.
        """
        words = as_words(values)
        if len(entries) != len(words):
            raise NotAFingerprint("There must be one value for each entry id.")
        with self._writing:
            fresh: dict[str, int] = {}
            for place, entry in enumerate(entries):
                if entry not in self._row_of and entry not in fresh:
                    fresh[entry] = place
            rows = self._with_room(len(fresh))
            start, stop = rows.used, rows.used + len(fresh)
            rows.words[:, start:stop] = words[list(fresh.values())].T
            rows.entries.extend(fresh)
            rows.matching[start:stop] = True
            self._row_of.update(zip(fresh, range(start, stop), strict=True))
            self._rows = _Rows(rows.words, rows.matching, rows.entries, stop)

    def withdraw(self, entries: Iterable[str]) -> None:
        """Forget these entries: their rows are zeroed in memory and never match again. Unknown ids change nothing."""
        with self._writing:
            for entry in entries:
                row = self._row_of.pop(entry, None)
                if row is not None:
                    self._rows.matching[row] = False
                    self._rows.words[:, row] = 0
                    self._paused.discard(entry)

    def pause(self, entries: Iterable[str]) -> None:
        """Let these entries match nothing until they are resumed. Unknown ids change nothing."""
        with self._writing:
            for entry in entries:
                if entry in self._row_of:
                    self._paused.add(entry)
                    self._rows.matching[self._row_of[entry]] = False

    def resume(self, entries: Iterable[str]) -> None:
        """Let paused entries match again. Ids that are unknown or not paused change nothing."""
        with self._writing:
            for entry in entries:
                if entry in self._paused:
                    self._paused.discard(entry)
                    self._rows.matching[self._row_of[entry]] = True

    def search(
        self, queries: NDArray[np.uint8], radius_bits: int | Sequence[int], listed: int = LISTED_MATCHES
    ) -> Matches:
        """Every pair of query and entry that differs in at most `radius_bits` bits, nearest first.

        Queries: (q, 32) uint8. Radius: 0..255, one for all or one for each query. Lists at most `listed` pairs
        and counts them all. Raises NotAFingerprint when the shapes do not fit.
        """
        words = as_words(queries)
        radii = np.broadcast_to(np.asarray(radius_bits, np.uint16), (len(words),))
        rows = self._rows
        found: list[tuple[int, int, int]] = []
        for start in range(0, rows.used, _BLOCK_ROWS):
            block = rows.words[:, start : min(start + _BLOCK_ROWS, rows.used)]
            matching = rows.matching[start : min(start + _BLOCK_ROWS, rows.used)]
            for query, (word, radius) in enumerate(zip(words, radii, strict=True)):
                distances = _differing_bits(block, word)
                for place in np.flatnonzero((distances <= radius) & matching):
                    found.append((int(distances[place]), query, start + int(place)))
        found.sort()
        nearest = tuple(Match(rows.entries[row], distance, query) for distance, query, row in found[:listed])
        return Matches(nearest, len(found))

    def _with_room(self, wanted: int) -> _Rows:
        """Rows with room for `wanted` more: the present ones, or a compact copy twice as large.

        A search that runs on the old arrays keeps them until it ends; a withdrawal that comes meanwhile is zeroed
        in the new ones, and the old ones are given back to the system with that search.
        """
        rows = self._rows
        if rows.used + wanted <= rows.words.shape[1]:
            return rows
        kept = sorted(self._row_of.values())
        larger = _empty_rows(max(_FIRST_ROWS, 2 * (len(kept) + wanted)))
        larger.words[:, : len(kept)] = rows.words[:, kept]
        larger.matching[: len(kept)] = rows.matching[kept]
        larger.entries.extend(rows.entries[row] for row in kept)
        larger.used = len(kept)
        self._row_of = {entry: row for row, entry in enumerate(larger.entries)}
        self._rows = larger
        return larger


def _differing_bits(block: NDArray[np.uint64], word: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """How many bits each column of the block (4, n) differs in from one value (4,)."""
    three = np.bitwise_count(block[0] ^ word[0])
    three += np.bitwise_count(block[1] ^ word[1])
    three += np.bitwise_count(block[2] ^ word[2])
    # All 256 bits may differ, and 256 would be 0 in eight bits: the last sum is made in sixteen.
    distances: NDArray[np.uint16] = np.add(three, np.bitwise_count(block[3] ^ word[3]), dtype=np.uint16)
    return distances
