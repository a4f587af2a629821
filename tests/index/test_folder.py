"""An index in a folder answers exactly what comparing everything answers, whatever happened to it before."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from notcontent.index.errors import IndexInUse, IndexMissing, NotAFingerprint, OtherSeed
from notcontent.index.folder import IndexFolder
from notcontent.index.reader import IndexReader
from tests.index.listed import SEED, compared_all, near_to, random_values, rows_of

CENTRES = random_values(3, 99)


def folder_bytes(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.iterdir()))


def permuted(index: IndexFolder, value: np.ndarray) -> bytes:
    out = np.empty((1, 32), np.uint8)
    index._permutation.apply(value[None], out)
    return out.tobytes()


ids = st.lists(st.integers(0, 40), max_size=12)


class AnyHistory(RuleBasedStateMachine):
    """Additions, withdrawals, pauses, erasures, folds, crashes and reopenings, in any order."""

    @initialize()
    def start(self) -> None:
        self.path = Path("/tmp") / f"notcontent-index-{os.getpid()}-{id(self)}"
        self.index = IndexFolder.write(self.path, SEED)
        self.reader = IndexReader.open(self.path, SEED)
        self.held: dict[int, np.ndarray] = {}
        self.paused: set[int] = set()
        self.count = 0

    @rule(ids=ids, bits=st.integers(0, 40), centre=st.integers(0, 2))
    def add(self, ids: list[int], bits: int, centre: int) -> None:
        self.count += 1
        values = [near_to(CENTRES[centre], (bits + n) % 41, self.count) for n in range(len(ids))]
        self.index.add(ids, np.array(values, np.uint8).reshape(-1, 32))
        for number, value in zip(ids, values, strict=True):
            self.held.setdefault(number, value)

    @rule(first=st.integers(0, 9000), count=st.integers(4097, 4500))
    def add_more_than_stay_live(self, first: int, count: int) -> None:
        self.count += 1
        values = random_values(count, self.count)
        self.index.add(np.arange(first, first + count), values)
        for number in range(count):
            self.held.setdefault(first + number, values[number])

    @rule(ids=ids)
    def withdraw(self, ids: list[int]) -> None:
        self.index.withdraw(ids)
        for number in ids:
            self.held.pop(number, None)
            self.paused.discard(number)

    @rule(ids=ids)
    def pause(self, ids: list[int]) -> None:
        self.index.pause(ids)
        self.paused |= self.held.keys() & set(ids)

    @rule(ids=ids)
    def resume(self, ids: list[int]) -> None:
        self.index.resume(ids)
        self.paused -= set(ids)

    @rule()
    def erase(self) -> None:
        self.index.erase()

    @rule()
    def close_and_open_again(self) -> None:
        self.index.close()
        self.index = IndexFolder.write(self.path, SEED)

    @rule()
    def open_a_copy_made_at_this_moment(self) -> None:
        """What a killed writer leaves is what lies in the folder between any two steps."""
        with IndexReader.open(self.path, SEED):
            copy = self.path.with_suffix(".copy")
            shutil.copytree(self.path, copy)
        with IndexFolder.write(copy, SEED) as index:
            assert index.ids().tolist() == sorted(self.held)
        shutil.rmtree(copy)

    @invariant()
    def the_answers_are_those_of_comparing_everything(self) -> None:
        matching = {number: value for number, value in self.held.items() if number not in self.paused}
        queries = np.concatenate([CENTRES, random_values(1, self.count)])
        radii = [31, 28, 12, 60]
        rows, totals = compared_all(matching, queries, radii, listed=7)
        for index in (self.index, self.reader):
            near = index.search(queries, radii, listed=7)
            assert rows_of(near) == rows and near.totals.tolist() == totals
        assert len(self.index) == len(self.held)
        assert self.index.ids().tolist() == sorted(self.held)

    def teardown(self) -> None:
        self.index.close()
        self.reader.close()
        shutil.rmtree(self.path)


AnyHistory.TestCase.settings = settings(max_examples=25, stateful_step_count=25)
TestAnyHistory = AnyHistory.TestCase


def test_equal_values_are_found_under_their_own_ids(tmp_path: Path) -> None:
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add([7, 3, 4_294_967_294], CENTRES[[0, 0, 0]])
        assert rows_of(index.search(CENTRES[:1], 0)) == [(0, 0, 3), (0, 0, 7), (0, 0, 4_294_967_294)]


def test_an_added_id_keeps_its_first_value(tmp_path: Path) -> None:
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add([1, 1], CENTRES[:2])
        index.add([1], CENTRES[2:])
        assert index.search(CENTRES, 0).totals.tolist() == [1, 0, 0]


def test_a_withdrawn_id_may_be_given_again_before_it_is_erased(tmp_path: Path) -> None:
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add(np.arange(5000), random_values(5000))
        index.withdraw([11])
        index.add([11], CENTRES[:1])
        assert rows_of(index.search(CENTRES[:1], 31)) == [(0, 0, 11)]
        index.add(np.arange(5000, 10_000), random_values(5000, 1))
        index.erase()
        assert rows_of(index.search(CENTRES[:1], 31)) == [(0, 0, 11)]
        assert len(index) == 10_000


def test_what_is_searchable_is_counted_by_the_writer_and_every_reader(tmp_path: Path) -> None:
    with IndexFolder.write(tmp_path, SEED) as index, IndexReader.open(tmp_path, SEED) as reader:
        index.add(np.arange(5000), random_values(5000))
        index.add([9000], CENTRES[:1])
        index.pause([9000])
        index.withdraw([7])
        assert (index.searchable, reader.searchable) == (5001, 5001)
        index.erase()
        assert (index.searchable, reader.searchable) == (5000, 5000)


@pytest.mark.parametrize("others", [0, 6000])
def test_after_erasing_no_file_holds_the_value_nor_its_band_keys(tmp_path: Path, others: int) -> None:
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add(np.arange(others), random_values(others, 3))
        index.add([9000, 9001], CENTRES[:2])
        if others:
            index.add(np.arange(20_000, 26_000), random_values(6000, 4))
        gone, kept = permuted(index, CENTRES[0]), permuted(index, CENTRES[1])
        assert gone in folder_bytes(tmp_path)
        index.withdraw([9000])
        index.erase()
        assert gone not in folder_bytes(tmp_path) and kept in folder_bytes(tmp_path)
        for part in index._parts:
            assert part.sections.postings.shape == (16, len(part)) and 9000 not in part.ids()
        assert index.search(CENTRES[:2], 31).totals.tolist() == [0, 1]


def test_the_values_do_not_lie_in_the_files_as_they_are(tmp_path: Path) -> None:
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add([1], CENTRES[:1])
        assert CENTRES[0].tobytes() not in folder_bytes(tmp_path)
        assert SEED not in folder_bytes(tmp_path)


def test_a_second_writer_is_refused_until_the_first_is_closed(tmp_path: Path) -> None:
    with IndexFolder.write(tmp_path, SEED), pytest.raises(IndexInUse):
        IndexFolder.write(tmp_path, SEED)
    IndexFolder.write(tmp_path, SEED).close()


def test_another_secret_is_noticed(tmp_path: Path) -> None:
    IndexFolder.write(tmp_path, SEED).close()
    for opened in (IndexFolder.write, IndexReader.open):
        with pytest.raises(OtherSeed):
            opened(tmp_path, SEED + b"x")


def test_a_reader_before_its_writer_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        IndexReader.open(tmp_path, SEED)


def test_an_index_that_begins_anew_takes_its_readers_along(tmp_path: Path) -> None:
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add(np.arange(5000), random_values(5000))
        index.add([5000], CENTRES[:1])
    with IndexReader.open(tmp_path, SEED) as reader:
        assert reader.search(CENTRES[:1], 31).totals.tolist() == [1]
        with IndexFolder.write(tmp_path, SEED, anew=True) as index:
            assert len(index) == 0 and reader.search(CENTRES[:1], 31).totals.tolist() == [0]
            index.add([5], CENTRES[:1])
            assert rows_of(reader.search(CENTRES[:1], 31)) == [(0, 0, 5)]


@pytest.mark.parametrize(
    ("queries", "radii"),
    [(np.zeros((1, 31), np.uint8), 31), (np.zeros(32, np.uint8), 31), (np.zeros((2, 32), np.uint8), [1, 2, 3])],
)
def test_a_question_of_the_wrong_shape_is_refused(tmp_path: Path, queries: np.ndarray, radii: object) -> None:
    with IndexFolder.write(tmp_path, SEED) as index, pytest.raises(NotAFingerprint):
        index.search(queries, radii)


@pytest.mark.parametrize("numbers", [[-1], [2**32 - 1], [[1]]])
def test_an_id_that_is_no_slot_is_refused(tmp_path: Path, numbers: list[int]) -> None:
    with IndexFolder.write(tmp_path, SEED) as index, pytest.raises(NotAFingerprint):
        index.add(numbers, CENTRES[:1])


WRITER = """
import sys
from pathlib import Path
import numpy as np
from notcontent.index.folder import IndexFolder
random = np.random.default_rng(5)
with IndexFolder.write(Path(sys.argv[1]), b"sixteen secret bytes") as index:
    number = 0
    while True:
        count = int(random.integers(1, 6000))
        values = np.zeros((count, 32), np.uint8)
        values[:, :4] = np.arange(number, number + count, dtype=">u4").view(np.uint8).reshape(-1, 4)
        values[:, 4:] = random.integers(0, 256, (count, 28))
        index.add(np.arange(number, number + count), values)
        number += count
        index.withdraw(np.arange(number - count, number, 10))
        print(number, flush=True)
        index.erase()
"""


@pytest.mark.parametrize("after", range(6))
def test_a_writer_killed_anywhere_leaves_an_index_with_all_it_had_said(tmp_path: Path, after: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    said = [int(writer.stdout.readline()) for _ in range(2 + after)]
    try:
        writer.wait(timeout=0.001 * (1 + 17 * after))
    except subprocess.TimeoutExpired:
        writer.send_signal(signal.SIGKILL)
    said += [int(line) for line in writer.stdout.read().splitlines()]
    writer.wait()
    starts = [0, *said[:-1]]
    withdrawn = {number for start, end in zip(starts, said, strict=True) for number in range(start, end, 10)}
    with IndexFolder.write(tmp_path, SEED) as index:
        held = set(index.ids().tolist())
        assert held & set(range(said[-1])) == set(range(said[-1])) - withdrawn
        # Later additions may have been cut short, but each is there whole or not at all.
        index.erase()
        assert index.search(random_values(3), 31).totals.tolist() == [0, 0, 0]
        assert len(index) == len(held)
