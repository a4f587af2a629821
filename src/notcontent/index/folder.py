"""The one process that changes an index: additions, pauses, withdrawals, erasures."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from notcontent.index.errors import IndexInUse, IndexMissing, NotAFingerprint
from notcontent.index.live import PLACES, Live
from notcontent.index.manifest import MANIFEST, Control, Manifest, read_manifest, write_manifest
from notcontent.index.match import LISTED_MATCHES, Near
from notcontent.index.merge import Piece, live_piece, merge, part_piece
from notcontent.index.part import marks_path, sync_folder
from notcontent.index.permutation import Permutation
from notcontent.index.reader import IndexReader
from notcontent.index.writable import WritableLive, WritablePart

#: A small part grows to this many entries, or to an eighth of the largest, before it is folded into that one.
SMALL_PART_ROWS = 262_144
HIGHEST_ID = 2**32 - 2
_WRITER = "writer"


def _as_ids(ids: NDArray[Any] | Sequence[int]) -> NDArray[np.uint32]:
    wide = np.asarray(ids, np.int64)
    if wide.ndim != 1 or (len(wide) and not 0 <= int(wide.min()) <= int(wide.max()) <= HIGHEST_ID):
        raise NotAFingerprint("Ids are a list of numbers from 0 to 4,294,967,294.")
    return wide.astype(np.uint32)


class IndexFolder:
    """An index and the right to change it; searching threads and other processes see every change at once.

    Two locks: whoever makes files holds `_making`, for seconds; whoever changes what is matched holds `_changing`,
    for moments. A withdrawal therefore never waits for a part that is being made.
    """

    def __init__(self, folder: Path, permutation: Permutation, writer: int) -> None:
        """Use `write`."""
        self._folder, self._permutation, self._writer = folder, permutation, writer
        self._making, self._changing = threading.Lock(), threading.Lock()
        self._control = Control(folder, writable=True)
        manifest = read_manifest(folder, permutation)
        self._generation = manifest.generation
        try:
            self._parts = [WritablePart(folder / name, permutation) for name in manifest.parts]
            self._live = WritableLive(folder / manifest.live)
        except FileNotFoundError as fault:
            raise IndexMissing("A file of the index is gone: fill the index again.") from fault
        for part in self._parts:
            part.check()
        self._live.settle()
        self._control.announce(self._generation)
        self._remove_all_but(manifest)
        self._reader = IndexReader(folder, permutation)

    @classmethod
    def write(cls, path: Path, seed: bytes, *, anew: bool = False) -> Self:
        """Open an index to change it, or make an empty one; `anew` throws away what is there.

        `seed`: at least 16 secret bytes, kept outside the folder. Reads every byte. Raises IndexInUse while another
        process writes, and IndexMissing, IndexTruncated, IndexCorrupt, IndexForeign or OtherSeed when the index has to
        be filled again with `anew`.
        """
        permutation = Permutation(seed)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        writer = os.open(path / _WRITER, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as fault:
                raise IndexInUse("Another process writes this index: end it, or open the index to read.") from fault
            Control.ensure(path)
            control = Control(path, writable=True)
            # An index that was there once and has lost its manifest is not an empty one.
            if anew or (control.generation == 0 and not (path / MANIFEST).exists()):
                _start_empty(path, permutation, control)
            return cls(path, permutation, writer)
        except BaseException:
            os.close(writer)
            raise

    @property
    def search_name(self) -> str:
        """Which search is in use; shown in the guard's readiness."""
        return self._reader.search_name

    @property
    def searchable(self) -> int:
        """As `IndexReader.searchable`."""
        return self._reader.searchable

    def __len__(self) -> int:
        """How many entries are held, paused ones included."""
        with self._changing:
            return sum(part.held_count() for part in self._parts) + len(self._live)

    def ids(self) -> NDArray[np.uint32]:
        """The ids of the held entries, ascending."""
        with self._changing:
            return np.sort(np.concatenate([each.held_ids() for each in self._all()]))

    def add(self, ids: NDArray[Any] | Sequence[int], values: NDArray[np.uint8]) -> None:
        """Make these entries findable; an id that is already held keeps the value it has.

        Ids: n numbers. Values: (n, 32) uint8. Raises NotAFingerprint when the shapes do not fit. Takes milliseconds,
        but now and then a tenth of a second, and seconds where millions are added.
        """
        wanted = _as_ids(ids)
        if values.dtype != np.uint8 or values.shape != (len(wanted), 32):
            raise NotAFingerprint("An index holds values of exactly 32 bytes, one for each id: shape (n, 32), uint8.")
        if not (wanted[1:] > wanted[:-1]).all():
            first = np.sort(np.unique(wanted, return_index=True)[1])
            wanted, values = wanted[first], values[first]
        if not self._add_live(wanted, values):
            with self._making:
                if not self._add_live(wanted, values):
                    self._fold(wanted, values)

    def pause(self, ids: NDArray[Any] | Sequence[int]) -> None:
        """Let these entries match nothing until they are resumed."""
        self._mark(ids, "pause")

    def resume(self, ids: NDArray[Any] | Sequence[int]) -> None:
        """Let paused entries match again."""
        self._mark(ids, "resume")

    def withdraw(self, ids: NDArray[Any] | Sequence[int]) -> None:
        """Let these entries never match again, at once. Their bytes go with the next `erase`."""
        self._mark(ids, "withdraw")

    def erase(self) -> None:
        """Return once no file of the folder holds a value that was withdrawn before.

        Parts that hold one are made again without it (seconds for ten million entries), and the old files are deleted;
        fresh entries are zeroed where they lie. Processes that read must search or `refresh` to let go of old files.
        """
        with self._making:
            for part in list(self._parts):
                if part.has_withdrawn():
                    self._replace([part], fold_live=False)
            with self._changing:
                self._live.erase()

    def search(
        self, queries: NDArray[np.uint8], radius_bits: int | Sequence[int] | NDArray[Any], listed: int = LISTED_MATCHES
    ) -> Near:
        """As `IndexReader.search`."""
        return self._reader.search(queries, radius_bits, listed)

    def close(self) -> None:
        """Give the right to write back."""
        with self._making, self._changing:
            self._reader.close()
            os.close(self._writer)
            self._parts, self._writer = [], -1

    def __enter__(self) -> Self:
        """The index itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _mark(self, ids: NDArray[Any] | Sequence[int], verb: str) -> None:
        wanted = _as_ids(ids)
        with self._changing:
            changed = [each for each in self._all() if getattr(each, verb)(wanted)]
            for each in changed:
                each.sync()

    def _all(self) -> list[WritablePart | WritableLive]:
        return [*self._parts, self._live]

    def _held(self, ids: NDArray[np.uint32]) -> NDArray[np.bool_]:
        held = self._live.holds(ids)
        for part in self._parts:
            held |= part.holds(ids)
        return held

    def _add_live(self, ids: NDArray[np.uint32], values: NDArray[np.uint8]) -> bool:
        """Append what is not held yet, if there is room for it."""
        with self._changing:
            if len(ids) > PLACES:
                return False
            fresh = ~self._held(ids)
            if int(fresh.sum()) > PLACES - self._live.used:
                return False
            if fresh.any():
                permuted = np.empty((int(fresh.sum()), 32), np.uint8)
                self._permutation.apply(values[fresh], permuted)
                self._live.append(ids[fresh], permuted)
                self._live.sync()
            return True

    def _fold(self, ids: NDArray[np.uint32], values: NDArray[np.uint8]) -> None:
        """Make a part of the live entries, the small part and these."""
        with self._changing:
            fresh = ~self._held(ids)
        if not fresh.all():
            ids, values = ids[fresh], values[fresh]
        count = len(ids) + self._live.used
        into: list[WritablePart] = []
        for part in sorted(self._parts, key=len):
            into_largest = len(into) + 1 == len(self._parts)
            if into_largest and len(part) > SMALL_PART_ROWS and count <= max(SMALL_PART_ROWS, len(part) // 8):
                break
            into.append(part)
            count += len(part)
        self._replace(into, fold_live=True, ids=ids, values=values)

    def _replace(
        self,
        old: list[WritablePart],
        *,
        fold_live: bool,
        ids: NDArray[np.uint32] | None = None,
        values: NDArray[np.uint8] | None = None,
    ) -> None:
        """Make one part of the held entries of old ones, of the live ones and of fresh ones; then put it in place."""
        with self._changing:
            pieces = [part_piece(part) for part in old]
            folded_places = self._live.used if fold_live else 0
            if fold_live:
                pieces.append(live_piece(self._live))
        if ids is not None and values is not None:
            pieces.append(Piece(ids, values=values))
        pieces = [piece for piece in pieces if len(piece.ids)]
        number = self._generation + 1
        path = self._folder / f"part-{number:010}"
        made = merge(path, pieces, self._permutation) if pieces else None
        with self._changing:
            live = self._live
            if fold_live:
                live = self._live.moved(self._folder / f"live-{number:010}", folded_places)
            new: list[WritablePart] = []
            if made is not None:
                part = WritablePart(path, self._permutation)
                # What was paused or withdrawn while the part was being made.
                for piece, rows in zip(pieces, made, strict=True):
                    paused, gone = piece.marks()
                    if piece.values is not None:
                        gone = live.holds(piece.ids)
                    part.carry(rows, paused | gone, gone)
                part.sync()
                new.append(part)
            kept = [part for part in self._parts if part not in old]
            parts = sorted([*kept, *new], key=len, reverse=True)
            manifest = Manifest(number, tuple(part.path.name for part in parts), live.path.name)
            write_manifest(self._folder, manifest, self._permutation)
            self._parts, self._live, self._generation = parts, live, number
            self._control.announce(number)
            self._remove_all_but(manifest)
        self._reader.refresh()

    def _remove_all_but(self, manifest: Manifest) -> None:
        kept = {*manifest.parts, manifest.live, *(marks_path(Path(name)).name for name in manifest.parts)}
        _remove_others(self._folder, kept)


def _remove_others(folder: Path, kept: set[str]) -> None:
    for pattern in ("part-*", "live-*", MANIFEST + ".new"):
        for path in folder.glob(pattern):
            if path.name not in kept:
                with suppress(FileNotFoundError):
                    path.unlink()
    sync_folder(folder)


def _start_empty(folder: Path, permutation: Permutation, control: Control) -> None:
    """Begin again with nothing. Until the manifest stands, the folder says that it has to be filled again."""
    with suppress(FileNotFoundError):
        (folder / MANIFEST).unlink()
    _remove_others(folder, set())
    generation = control.generation + 1
    manifest = Manifest(generation, (), f"live-{generation:010}")
    Live.create(folder / manifest.live)
    write_manifest(folder, manifest, permutation)
    control.announce(generation)
