"""Reading an index that one other process may be changing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from notcontent.index.errors import IndexMissing, NotAFingerprint
from notcontent.index.kernel import KERNEL
from notcontent.index.live import Live
from notcontent.index.manifest import Control, read_manifest
from notcontent.index.match import LISTED_MATCHES, Near
from notcontent.index.numpy_search import NumpySearcher
from notcontent.index.part import Part
from notcontent.index.permutation import Permutation

_TRIES = 50


@dataclass(frozen=True, slots=True)
class View:
    """One generation of the index, as a search uses it from its first step to its last."""

    generation: int
    parts: tuple[Part, ...]
    live: Live
    searcher: Any


def _open_view(folder: Path, permutation: Permutation, generation: int) -> View:
    manifest = read_manifest(folder, permutation)
    parts = tuple(Part(folder / name, permutation) for name in manifest.parts)
    live = Live(folder / manifest.live)
    if KERNEL is None:
        return View(generation, parts, live, NumpySearcher(parts, live))
    searcher = KERNEL.Searcher(permutation.order)
    for part in parts:
        part.fill_searcher(searcher)
    searcher.set_live(live.values, live.ids_plus_one, live.silent)
    return View(generation, parts, live, searcher)


def search_name() -> str:
    """Which search is in use here; shown in the guard's readiness."""
    if KERNEL is None:
        return "exact, NumPy"
    return f"exact, kernel ({KERNEL.Searcher(np.arange(256, dtype=np.uint8)).scan})"


class IndexReader:
    """Searches an index in a folder; safe to use from any number of threads."""

    def __init__(self, folder: Path, permutation: Permutation) -> None:
        """Use `open`."""
        self._folder, self._permutation = folder, permutation
        self._control = Control(folder)
        self._reading = threading.Lock()
        self._view = self._newest()

    @classmethod
    def open(cls, path: Path, seed: bytes) -> Self:
        """Open an index that a writer has made.

        Raises IndexMissing, IndexTruncated, IndexCorrupt, IndexForeign or OtherSeed: its writer has to fill it again.
        """
        return cls(path, Permutation(seed))

    @property
    def search_name(self) -> str:
        """Which search is in use."""
        return search_name()

    @property
    def searchable(self) -> int:
        """How many values a query is compared with, free of cost. Never too few; withdrawn ones may be among them."""
        view = self._newest_view()
        return sum(len(part) for part in view.parts) + view.live.used

    def search(
        self, queries: NDArray[np.uint8], radius_bits: int | Sequence[int] | NDArray[Any], listed: int = LISTED_MATCHES
    ) -> Near:
        """Every entry within the radius of each query is counted, and its `listed` nearest are listed.

        Queries: (q, 32) uint8. Radius: 0..256, one for all or one for each query. Raises NotAFingerprint when the
        shapes do not fit, and the errors of `open` if the index has been replaced by one that is not whole.
        """
        if queries.ndim != 2 or queries.shape[1] != 32 or queries.dtype != np.uint8:
            raise NotAFingerprint("An index is asked with values of exactly 32 bytes: shape (q, 32), dtype uint8.")
        view = self._newest_view()
        used = view.live.used
        if isinstance(radius_bits, int) and KERNEL is not None:
            return Near(*view.searcher.search_one_radius(np.ascontiguousarray(queries), radius_bits, listed, used))
        radii = np.asarray(radius_bits, np.uint16)
        if radii.shape not in ((), (len(queries),)):
            raise NotAFingerprint("There must be one radius, or one for each query.")
        radii = np.ascontiguousarray(np.broadcast_to(radii, (len(queries),)))
        if KERNEL is not None:
            return Near(*view.searcher.search(np.ascontiguousarray(queries), radii, listed, used))
        permuted = np.empty_like(queries)
        self._permutation.apply(queries, permuted)
        return Near(*view.searcher.search(permuted, radii, listed, used))

    def refresh(self) -> View:
        """Let go of files that are no longer part of the index; searches do this by themselves."""
        with self._reading:
            if self._control.generation != self._view.generation:
                self._view = self._newest()
            return self._view

    def _newest_view(self) -> View:
        view = self._view
        return view if self._control.generation == view.generation else self.refresh()

    def _newest(self) -> View:
        """The newest view. Its files may be replaced while it is being opened; then the next one is taken."""
        for _ in range(_TRIES):
            # Read before the manifest: a manifest that is newer than this is opened once more, never missed.
            generation = self._control.generation
            try:
                return _open_view(self._folder, self._permutation, generation)
            except FileNotFoundError:
                continue
        raise IndexMissing("A file of the index is gone: let its writer fill the index again.")

    def close(self) -> None:
        """Let go of every file. The reader can't be used afterwards."""
        del self._view, self._control

    def __enter__(self) -> Self:
        """The reader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
