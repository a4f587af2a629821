"""A fuzzer on the files of an index: `python -m tests.index.fuzz_read FOLDER -runs=2000`. Needs atheris.

Beside FOLDER, which gets seeds, the index is laid.
Each round changes some bytes of the files of a small index that has a flood, live entries and a withdrawal, and then
either opens it as a guard would, where only an `IndexFault` may come out; or hands the forged sections to the kernel,
each at the end of its memory with a forbidden page behind it, so that one byte read beyond ends the process.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path

import atheris
import numpy as np
from numpy.typing import NDArray

from notcontent.index import checksum, folder, kernel, layout, live, manifest, numpy_search, part, reader, writable
from notcontent.index.errors import IndexFault
from notcontent.index.folder import IndexFolder
from notcontent.index.layout import BANDS, LANES, MAGIC, PAGE_BYTES, Sections, format_header
from notcontent.index.part import Part
from notcontent.index.permutation import Permutation
from notcontent.index.reader import IndexReader
from tests.fuzzing import lead_by
from tests.index.listed import SEED, near_to, random_values

VALUES = random_values(6000, 8)
VALUES[1000:1600] = [near_to(VALUES[0], n % 20, n) for n in range(600)]
QUERIES = np.tile(np.concatenate([VALUES[:20], VALUES[1000:1012]]), (5, 1))
#: Numbers that are just in or out of bounds somewhere: rows, postings, lanes, bands, and where signs turn.
TELLING = sorted(
    {near + step for near in (0, 600, 5400, 6000, 65_536, LANES, BANDS, 1 << 31, 1 << 32) for step in (-1, 0, 1)}
)
_PROT_NONE = 0


class Fenced:
    """Bytes that end where their memory ends: the page behind them may not be touched."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        pages = -(-max(len(data), 1) // mmap.PAGESIZE)
        self._memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
        everything = np.frombuffer(self._memory, np.uint8)
        behind = everything.ctypes.data + pages * mmap.PAGESIZE
        if ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(behind), mmap.PAGESIZE, _PROT_NONE):
            raise OSError(ctypes.get_errno(), "mprotect")
        self.bytes = everything[pages * mmap.PAGESIZE - len(data) : pages * mmap.PAGESIZE]
        self.bytes[:] = data


class FencedSections(Sections):
    """The sections of a part, each behind its own fence."""

    def __init__(self, sections: Sections) -> None:
        self.fenced = {name: Fenced(sections.bytes_of(name).copy()).bytes for name in layout.SECTIONS}
        super().__init__(np.zeros(0, np.uint8), sections.shape)

    def bytes_of(self, name: str) -> NDArray[np.uint8]:
        return self.fenced[name]


class Index:
    """The files of the small index as they should be, and the same part fenced."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with IndexFolder.write(self.home, SEED) as index:
            index.add(np.arange(6000), VALUES)
            index.add([7000, 7001], VALUES[:2])
            index.withdraw([5, 1001, 7001])
        self.files = {each.name: each.read_bytes() for each in self.home.iterdir()}
        self.name = next(name for name in self.files if name.startswith("part-") and "." not in name)
        self.part = Part(self.home / self.name, Permutation(SEED))
        assert self.part.sections.shape.floods == 1
        self.fenced = FencedSections(self.part.sections)
        self.silent = Fenced(self.part.marks.silent.copy()).bytes
        self.part.sections, self.part.marks.silent = self.fenced, self.silent

    def lay(self, changed: dict[str, bytes]) -> None:
        """The files in their place, these ones changed, and nothing beside them."""
        for each in self.home.iterdir():
            if each.name not in self.files:
                each.unlink()
        for name, data in self.files.items():
            if name != self.name or name in changed or not self._is_laid(name):
                (self.home / name).write_bytes(changed.get(name, data))

    def _is_laid(self, name: str) -> bool:
        path = self.home / name
        return path.exists() and path.read_bytes() == self.files[name]


def change_bytes(chosen: atheris.FuzzedDataProvider, data: NDArray[np.uint8]) -> list[tuple[int, bytes]]:
    """Write some numbers or bytes over these; what stood there before, last change first."""
    before = []
    for _ in range(chosen.ConsumeIntInRange(1, 12)):
        if not len(data):
            break
        width = chosen.PickValueInList([1, 2, 4, 8])
        at = chosen.ConsumeIntInRange(0, len(data) - 1)
        at = min(at - at % width, max(0, len(data) - width))
        number = chosen.PickValueInList(TELLING) if chosen.ConsumeBool() else chosen.ConsumeUInt(width)
        written = np.frombuffer((number % (1 << 8 * width)).to_bytes(width, "little"), np.uint8)[: len(data) - at]
        before.insert(0, (at, data[at : at + len(written)].tobytes()))
        data[at : at + len(written)] = written
    return before


def search_forged_sections(chosen: atheris.FuzzedDataProvider, index: Index) -> None:
    """Any content behind right checksums: what is found is anybody's guess, but it ends, and stays inside."""
    sections = index.fenced
    name = chosen.PickValueInList(["runs", "offsets", "checks", "postings", "floods", "blocks"])
    undo = [(data, change_bytes(chosen, data)) for data in (sections.fenced[name], sections.fenced["offsets"])]
    try:
        searcher = kernel.KERNEL.Searcher(Permutation(SEED).order)
        index.part.fill_searcher(searcher)
        for queries in (QUERIES, QUERIES[18:22]):
            searcher.search_one_radius(queries, 31, 100, 0)
    except ValueError:
        pass  # It was refused before it was searched.
    finally:
        for data, before in reversed(undo):
            for at, written in before:
                data[at : at + len(written)] = np.frombuffer(written, np.uint8)


def open_changed_files(chosen: atheris.FuzzedDataProvider, index: Index) -> None:
    """Open to write and to read, and search; where it is refused, begin anew in the same folder."""
    name = chosen.PickValueInList(sorted(index.files))
    data = np.frombuffer(index.files[name], np.uint8).copy()
    if name == index.name and chosen.ConsumeBool():
        change_bytes(chosen, data[:PAGE_BYTES])
    else:
        change_bytes(chosen, data)
    if name == index.name and chosen.ConsumeBool():
        # The whole header made right again.
        data[:PAGE_BYTES] = np.frombuffer(
            format_header(Sections(data, index.fenced.shape), Permutation(SEED).identifier), np.uint8
        )
        assert data[: len(MAGIC)].tobytes() == MAGIC
    length = chosen.ConsumeIntInRange(0, len(data)) if chosen.ConsumeIntInRange(0, 3) == 0 else len(data)
    index.lay({name: data[:length].tobytes()})
    try:
        with IndexReader.open(index.home, SEED) as opened:
            opened.search(QUERIES, 31)
    except IndexFault:
        pass
    try:
        with IndexFolder.write(index.home, SEED) as opened:
            opened.search(QUERIES[:4], 31)
            opened.add([8000], VALUES[:1])
            opened.withdraw([6, 8000])
    except IndexFault:
        with IndexFolder.write(index.home, SEED, anew=True) as opened:
            opened.add([1], VALUES[:1])
            assert opened.search(VALUES[:1], 31).totals.tolist() == [1]


if __name__ == "__main__":
    CORPUS = Path(sys.argv[1])
    for number in range(20):
        (CORPUS / f"seed-{number}").write_bytes(np.random.default_rng(number).bytes(20 * number))
    INDEX = Index(CORPUS.with_name(CORPUS.name + "-index"))

    def read_untrusted(untrusted_bytes: bytes) -> None:
        """One of both."""
        chosen = atheris.FuzzedDataProvider(untrusted_bytes)
        if kernel.KERNEL is not None and chosen.ConsumeBool():
            search_forged_sections(chosen, INDEX)
        else:
            open_changed_files(chosen, INDEX)

    lead_by(checksum, folder, layout, live, manifest, numpy_search, part, reader, writable)
    atheris.Setup(sys.argv, read_untrusted)
    atheris.Fuzz()
