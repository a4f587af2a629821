"""One immutable part of an index: made whole, then opened by everyone and never changed.

Beside it lie its marks, the only bytes that change: for each row (and again for each lane of a flood) a bit that says
"matches nothing", and for each row a bit that says "withdrawn".
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notcontent.index.checksum import checksum
from notcontent.index.errors import IndexCorrupt, IndexTruncated, OtherSeed
from notcontent.index.floods import find_floods, format_floods
from notcontent.index.kernel import KERNEL
from notcontent.index.layout import BANDS, KEYS, LANES, PAGE_BYTES, Header, Sections, Shape, format_header, parse_header
from notcontent.index.permutation import Permutation


def map_file(path: Path, *, writable: bool = False) -> NDArray[np.uint8]:
    """A whole file as bytes that share the page cache with every process that maps it."""
    with path.open("r+b" if writable else "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return np.zeros(0, np.uint8)
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=access), np.uint8)


def sync_map(memory: NDArray[np.uint8]) -> None:
    """Return once what was written to this mapping is on the disk."""
    if isinstance(memory.base, mmap.mmap):
        memory.base.flush()


def sync_folder(folder: Path) -> None:
    """Return once renames and deletions in the folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def marks_path(part: Path) -> Path:
    """Where the marks of a part lie."""
    return part.with_suffix(".marks")


class Marks:
    """The bits beside a part."""

    def __init__(self, memory: NDArray[np.uint8], shape: Shape) -> None:
        """`memory`: the bytes of the marks, as many as `length` says."""
        row_bytes, lane_bytes = -(-shape.rows // 64) * 8, shape.blocks * LANES // 8
        if len(memory) != self.length(shape):
            raise IndexTruncated("The marks of the index are shorter or longer than its rows: fill it again.")
        self.memory = memory
        #: "Matches nothing": rows first, then lanes. The kernel reads these.
        self.silent = memory[: row_bytes + lane_bytes]
        self.silent_rows, self.silent_lanes = memory[:row_bytes], memory[row_bytes : row_bytes + lane_bytes]
        self.gone = memory[row_bytes + lane_bytes :]

    @staticmethod
    def length(shape: Shape) -> int:
        """Bytes of the marks of a part; a multiple of 8."""
        return 2 * (-(-shape.rows // 64) * 8) + shape.blocks * LANES // 8


def get_bits(bits: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The bits at these places."""
    held: NDArray[np.bool_] = (bits[places >> 3] >> (places & 7).astype(np.uint8) & 1).astype(np.bool_)
    return held


def set_bits(bits: NDArray[np.uint8], places: NDArray[np.int64], value: bool) -> None:
    """Set or clear the bits at these places, byte by byte."""
    masks = np.left_shift(1, places & 7).astype(np.uint8)
    if value:
        np.bitwise_or.at(bits, places >> 3, masks)
    else:
        np.bitwise_and.at(bits, places >> 3, ~masks)


class Part:
    """A part as readers see it."""

    def __init__(self, path: Path, permutation: Permutation, *, writable_marks: bool = False) -> None:
        """Open a part. Raises IndexForeign, IndexTruncated, IndexCorrupt or OtherSeed; FileNotFoundError if gone."""
        memory = map_file(path)
        self.path = path
        self.header: Header = parse_header(memory[:PAGE_BYTES].tobytes(), len(memory))
        if self.header.permutation_identifier != permutation.identifier:
            raise OtherSeed("The index was made with another secret: give it that one, or fill the index again.")
        self.sections = Sections(memory, self.header.shape)
        self.marks = Marks(map_file(marks_path(path), writable=writable_marks), self.header.shape)

    def __len__(self) -> int:
        """How many rows it has, withdrawn ones included."""
        return self.header.shape.rows

    def check(self) -> None:
        """Read every byte. Raises IndexCorrupt."""
        for name, expected in self.header.checksums.items():
            if checksum(self.sections.bytes_of(name)) != expected:
                raise IndexCorrupt("Bytes of the index are not those that were written: fill it again.")

    def fill_searcher(self, searcher: Any) -> None:
        """Give the kernel's searcher this part to search."""
        sections = self.sections
        searcher.add_part(
            sections.values,
            self.marks.silent,
            sections.run_rows,
            sections.run_ids,
            sections.offsets.reshape(-1),
            sections.flat_checks,
            sections.postings.reshape(-1),
            sections.bytes_of("floods"),
            sections.bytes_of("blocks"),
            sections.planes,
            sections.lanes.reshape(-1),
            sections.shape.posted,
        )

    def ids(self) -> NDArray[np.uint32]:
        """The id of every row, ascending."""
        return self.ids_of(np.arange(len(self)))

    def ids_of(self, rows: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The ids of these rows."""
        run = np.maximum(np.searchsorted(self.sections.run_rows, rows, side="right") - 1, 0)
        ids: NDArray[np.uint32] = (self.sections.run_ids[run] + (rows - self.sections.run_rows[run])).astype(np.uint32)
        return ids

    def rows_of(self, ids: NDArray[np.uint32]) -> NDArray[np.int64]:
        """The row of each id, -1 for those that never stood in this part."""
        if not len(self):
            return np.full(len(ids), -1, np.int64)
        run = np.searchsorted(self.sections.run_ids, ids, side="right") - 1
        rows = self.sections.run_rows[run].astype(np.int64) + ids - self.sections.run_ids[run]
        end = np.append(self.sections.run_rows[1:], len(self))[run]
        return np.where((run >= 0) & (rows < end), rows, -1)


def write_part(
    path: Path, ids: NDArray[np.uint32], values: Iterable[NDArray[np.uint8]], permutation: Permutation
) -> None:
    """Make a part and its marks, both on the disk when this returns.

    Ids ascend, each once. Values: permuted, in the order of the ids, in pieces of (n, 32) uint8.
    """
    starts = np.flatnonzero(np.diff(ids.astype(np.int64), prepend=-2) != 1)
    runs = np.concatenate([starts, ids[starts]]).astype("<u4")
    shape = Shape(len(ids), len(starts), len(ids))
    with path.open("x+b") as file:
        os.fchmod(file.fileno(), 0o600)
        sections = _size(file.fileno(), shape)
        written = 0
        for piece in values:
            _write(file.fileno(), shape, "values", piece, written)
            written += piece.nbytes
        _post(file.fileno(), sections, runs, None)
        crowds = find_floods(sections.values, sections.offsets, sections.postings)
        if crowds:
            rest = np.setdiff1d(np.arange(len(ids), dtype=np.uint32), np.concatenate([crowd.rows for crowd in crowds]))
            flooded = format_floods(crowds, sections.values)
            shape = Shape(len(ids), len(starts), len(rest), len(crowds), len(flooded.blocks))
            sections = _size(file.fileno(), shape)
            _post(file.fileno(), sections, runs, rest)
            _write(file.fileno(), shape, "floods", flooded.floods)
            _write(file.fileno(), shape, "blocks", flooded.blocks)
            _write(file.fileno(), shape, "planes", flooded.planes)
            _write(file.fileno(), shape, "lanes", flooded.lanes)
        os.pwrite(file.fileno(), format_header(sections, permutation.identifier), 0)
        os.fsync(file.fileno())
    with marks_path(path).open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(bytes(Marks.length(shape)))
        file.flush()
        os.fsync(file.fileno())


def _size(file: int, shape: Shape) -> Sections:
    """Give the file the length of the shape, zeros but for the values, which keep their place; its sections."""
    os.ftruncate(file, min(os.fstat(file).st_size, shape.places()["runs"]))
    os.ftruncate(file, shape.places()["end"])
    return Sections(np.frombuffer(mmap.mmap(file, 0, access=mmap.ACCESS_READ), np.uint8), shape)


def _write(file: int, shape: Shape, name: str, array: NDArray[Any], at: int = 0) -> None:
    """Write this array into a section, from its byte `at` on.

    This costs less than filling a mapping: many pages are taken at a time, and none is zeroed before.
    """
    place, rest = shape.places()[name] + at, memoryview(array.reshape(-1).view(np.uint8).data)
    while rest:
        written = os.pwrite(file, rest, place)
        place, rest = place + written, rest[written:]


def _post(file: int, sections: Sections, runs: NDArray[np.uint32], rows: NDArray[np.uint32] | None) -> None:
    """Write the runs and the posting lists of these rows, or of all."""
    shape = sections.shape
    _write(file, shape, "runs", runs)
    offsets = np.empty((BANDS, KEYS + 1), np.uint32)
    checks, postings = np.empty(shape.posted, np.uint16), np.empty(shape.posted, np.uint32)
    lists = Postings(sections.values, rows) if KERNEL is None else KERNEL.Postings(sections.values, rows)
    for band in range(BANDS):
        lists.post(band, offsets[band], checks, postings)
        _write(file, shape, "checks", checks, band * checks.nbytes)
        _write(file, shape, "postings", postings, band * postings.nbytes)
    _write(file, shape, "offsets", offsets)


class Postings:
    """The posting lists of these rows, or of all, made with NumPy; the same as the kernel's."""

    def __init__(self, values: NDArray[np.uint8], rows: NDArray[np.uint32] | None) -> None:
        """Values: permuted, (n, 32)."""
        self._words = values.view("<u2")
        self._rows = np.arange(len(values), dtype=np.uint32) if rows is None else rows

    def post(
        self, band: int, offsets: NDArray[np.uint32], checks: NDArray[np.uint16], postings: NDArray[np.uint32]
    ) -> None:
        """Fill the arrays with those of one band."""
        keys = self._words[self._rows, band]
        order = np.argsort(keys, kind="stable")
        offsets[0] = 0
        offsets[1:] = np.cumsum(np.bincount(keys, minlength=KEYS))
        postings[:] = self._rows[order]
        checks[:] = self._words[postings, (band + 1) % BANDS]
