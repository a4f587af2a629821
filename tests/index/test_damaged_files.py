"""Files that are cut off, altered or not ours are refused, each with its one error, and never followed outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from notcontent.index import kernel
from notcontent.index.checksum import checksum_with_numpy
from notcontent.index.errors import (
    IndexCorrupt,
    IndexFault,
    IndexForeign,
    IndexMissing,
    IndexTruncated,
    OtherSeed,
)
from notcontent.index.folder import IndexFolder
from notcontent.index.layout import PAGE_BYTES, parse_header
from notcontent.index.numpy_search import NumpySearcher
from notcontent.index.part import Part
from notcontent.index.permutation import Permutation
from notcontent.index.reader import IndexReader
from tests.index.listed import SEED, near_to, random_values

VALUES = random_values(6000, 8)
VALUES[1000:2000] = [near_to(VALUES[0], n % 20, n) for n in range(1000)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a folder with a part that has a flood, and live entries."""
    path = tmp_path_factory.mktemp("whole")
    with IndexFolder.write(path, SEED) as index:
        index.add(np.arange(6000), VALUES)
        index.add([7000], VALUES[:1])
        assert index._parts[0].sections.shape.floods == 1
    return {each.name: each.read_bytes() for each in path.iterdir()}


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def part_of(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("part-") and "." not in name)


def live_of(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("live-"))


def changed(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


CASES: list[tuple[str, Callable[[bytes], bytes] | None, type[IndexFault]]] = [
    ("part", lambda data: data[:-1], IndexTruncated),
    ("part", lambda data: data[: len(data) // 2], IndexTruncated),
    ("part", lambda data: data[:100], IndexTruncated),
    ("part", lambda data: b"", IndexTruncated),
    ("part", lambda data: data + b"x", IndexTruncated),
    ("part", lambda data: b"%PDF-1.7" + data[8:], IndexForeign),
    ("part", changed(8), IndexForeign),  # the version
    ("part", changed(12), IndexForeign),  # the byte order
    ("part", changed(16), IndexCorrupt),  # the count
    ("part", changed(100), IndexCorrupt),  # a section's place
    ("part", changed(PAGE_BYTES + 77), IndexCorrupt),  # a value
    ("part", changed(PAGE_BYTES + 32 * 6000 + 8 * PAGE_BYTES), IndexCorrupt),
    ("part", None, IndexMissing),
    ("live", lambda data: data[:-1], IndexTruncated),
    ("live", None, IndexMissing),
    ("marks", lambda data: data[:-8], IndexTruncated),
    ("marks", None, IndexMissing),
    ("manifest.json", lambda data: data[:-9], IndexCorrupt),
    ("manifest.json", lambda data: b"[]", IndexForeign),
    ("manifest.json", lambda data: b"[" * 60_000, IndexCorrupt),
    ("manifest.json", lambda data: data.replace(b"part-", b"../x-"), IndexCorrupt),
    ("manifest.json", lambda data: data.replace(b'"format": 1', b'"format": 2'), IndexForeign),
    ("manifest.json", None, IndexMissing),
]


@pytest.mark.parametrize(("which", "damage", "error"), CASES)
def test_a_damaged_file_is_refused_and_the_index_begins_anew(
    tmp_path: Path,
    whole: dict[str, bytes],
    which: str,
    damage: Callable[[bytes], bytes] | None,
    error: type[IndexFault],
) -> None:
    name = {"part": part_of(whole), "live": live_of(whole), "marks": part_of(whole) + ".marks"}.get(which, which)
    files = dict(whole)
    if damage is None:
        del files[name]
    else:
        files[name] = damage(files[name])
    folder = lay(tmp_path / "index", files)
    with pytest.raises(IndexFault) as raised:
        IndexFolder.write(folder, SEED)
    assert type(raised.value) is error
    with IndexFolder.write(folder, SEED, anew=True) as index:
        index.add([1], VALUES[:1])
        assert index.search(VALUES[:1], 31).totals.tolist() == [1]


def test_a_control_file_that_is_cut_off_is_made_again(tmp_path: Path, whole: dict[str, bytes]) -> None:
    folder = lay(tmp_path / "index", whole | {"control": b"ncc"})
    with pytest.raises(IndexTruncated):
        IndexReader.open(folder, SEED)
    with IndexFolder.write(folder, SEED) as index:
        assert len(index) == 6001


def test_a_live_place_that_was_half_written_matches_nothing(tmp_path: Path, whole: dict[str, bytes]) -> None:
    live = bytearray(whole[live_of(whole)])
    live[-4096 * 32] ^= 1
    with IndexFolder.write(lay(tmp_path / "index", whole | {live_of(whole): bytes(live)}), SEED) as index:
        assert 7000 not in index.ids() and len(index) == 6000


def test_no_error_names_a_file_or_a_value(tmp_path: Path, whole: dict[str, bytes]) -> None:
    folder = lay(tmp_path / "secretname", whole | {part_of(whole): whole[part_of(whole)][:-1]})
    with pytest.raises(IndexTruncated) as raised:
        IndexReader.open(folder, SEED)
    assert "secretname" not in str(raised.value) and "part-" not in str(raised.value)


def test_the_manifest_tells_nothing_of_the_permutation_but_which_it_is(whole: dict[str, bytes]) -> None:
    assert set(json.loads(whole["manifest.json"])) == {"format", "generation", "permutation", "parts", "live"}


@settings(max_examples=300)
@given(st.binary(max_size=5000), st.integers(0, 2**40))
@example(b"", 0)
@example(b"ncindex\n", 8)
def test_any_bytes_for_a_header_are_refused_with_a_fault_of_ours(untrusted: bytes, length: int) -> None:
    with pytest.raises(IndexFault):
        parse_header(untrusted, length)


# Bytes behind the header are changed and the checksums are made right again, as a thoughtful forger would: what a
# search answers then is anybody's guess, but it ends, and reads nothing outside the file.
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 0.999999), st.binary(min_size=1, max_size=8)), min_size=1, max_size=60))
def test_a_search_through_any_content_stays_inside_the_file(
    tmp_path: Path, whole: dict[str, bytes], writes: list[tuple[float, bytes]]
) -> None:
    name = part_of(whole)
    data = bytearray(whole[name])
    for where, written in writes:
        at = PAGE_BYTES + int(where * (len(data) - PAGE_BYTES - 8))
        data[at : at + len(written)] = written
    folder = lay(tmp_path / "forged", whole | {name: bytes(data)})
    part = Part(folder / name, Permutation(SEED))
    queries = np.concatenate([VALUES[:30], VALUES[1000:1030]])
    with IndexReader.open(folder, SEED) as reader:
        near = reader.search(np.tile(queries, (5, 1)), 31)
        reader.search(queries[:4], 31)
        assert len(near.totals) == 300
        NumpySearcher((part,), reader._view.live).search(queries[:4], np.full(4, 31, np.uint16), 100, 0)


@pytest.mark.skipif(kernel.KERNEL is None, reason="the kernel was not compiled here")
@settings(max_examples=100)
@given(st.binary(max_size=70_000))
def test_the_kernel_and_numpy_sum_bytes_alike(data: bytes) -> None:
    array = np.frombuffer(data, np.uint8)
    assert checksum_with_numpy(array) == kernel.KERNEL.checksum(array)


def test_another_seed_is_not_a_damaged_file(tmp_path: Path, whole: dict[str, bytes]) -> None:
    with pytest.raises(OtherSeed):
        Part(lay(tmp_path / "index", whole) / part_of(whole), Permutation(b"another sixteen bytes"))
