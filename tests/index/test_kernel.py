"""The kernel and NumPy make the same files and give the same answers, on every kind of processor."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from notcontent.index import kernel
from notcontent.index.floods import Crowd, format_floods
from notcontent.index.folder import IndexFolder
from notcontent.index.numpy_search import NumpySearcher
from notcontent.index.reader import IndexReader
from tests.index.listed import SEED, compared_all, near_to, random_values, rows_of

ROOT = Path(__file__).parents[2]
needs_kernel = pytest.mark.skipif(kernel.KERNEL is None, reason="the kernel was not compiled here")


@pytest.mark.skipif(not shutil.which("c++"), reason="no compiler here: the search is NumPy's, as it should be")
def test_where_there_is_a_compiler_the_kernel_was_compiled() -> None:
    """Else a kernel that no longer compiles would hide behind the fallback and the tests that pass over it."""
    assert kernel.KERNEL is not None


def a_list(count: int) -> np.ndarray:
    """Random values, and among them copies of a few at every distance from 0 to 40, and equal ones."""
    values = random_values(count, 1)
    for place in range(410):
        values[count // 2 + place] = near_to(values[place % 10], place // 10, place)
    values[-20:] = values[3]
    return values


def some_queries(values: np.ndarray, count: int) -> tuple[np.ndarray, list[int]]:
    """Queries near and far from the list, each with a radius of its own, 0 to 31 and some beyond."""
    queries = np.stack([near_to(values[n % 40], n % 33, n) for n in range(count)])
    return queries, [40 if n % 50 == 49 else n % 32 for n in range(count)]


@needs_kernel
@pytest.mark.parametrize("scan", ["avx512", "avx2", "neon", "portable"])
@pytest.mark.parametrize("count", [70, 700])
def test_every_scan_answers_as_comparing_everything_does(tmp_path: Path, scan: str, count: int) -> None:
    values = a_list(20_000)
    queries, radii = some_queries(values, count)
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add(np.arange(19_000), values[:19_000])
        index.add(np.arange(19_000, 20_000), values[19_000:])
        view = index._reader._view
        assert len(view.parts) == 1 and view.live.used == 1000
        try:
            searcher = kernel.KERNEL.Searcher(index._permutation.order, scan)
        except ValueError:
            pytest.skip(f"this processor has no {scan}")
        view.parts[0].fill_searcher(searcher)
        searcher.set_live(view.live.values, view.live.ids_plus_one, view.live.silent)
        numbers, distances, ids, totals = searcher.search(queries, np.array(radii, np.uint16), 100, 1000)
        rows, expected = compared_all(dict(enumerate(values)), queries, radii)
        assert list(zip(numbers.tolist(), distances.tolist(), ids.tolist(), strict=True)) == rows
        assert totals.tolist() == expected


def test_numpy_answers_as_comparing_everything_does(tmp_path: Path) -> None:
    values = a_list(20_000)
    queries, radii = some_queries(values, 100)
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add(np.arange(19_000), values[:19_000])
        index.add(np.arange(19_000, 20_000), values[19_000:])
        view = index._reader._view
        permuted = np.empty_like(queries)
        index._permutation.apply(queries, permuted)
        numbers, distances, ids, totals = NumpySearcher(view.parts, view.live).search(
            permuted, np.array(radii, np.uint16), 100, 1000
        )
        rows, expected = compared_all(dict(enumerate(values)), queries, radii)
        assert list(zip(numbers.tolist(), distances.tolist(), ids.tolist(), strict=True)) == rows
        assert totals.tolist() == expected


MAKE = """
import sys
import zipfile
from pathlib import Path
import numpy as np
from notcontent.index.folder import IndexFolder
with IndexFolder.write(Path(sys.argv[1]), b"sixteen secret bytes") as index:
    values = np.random.default_rng(4).integers(0, 256, (9000, 32), dtype=np.uint8)
    values[2000:3000] = values[0]
    values[np.arange(2000, 3000), np.arange(1000) % 32] ^= 1
    index.add(np.arange(9000) * 2, values)
    index.withdraw([4, 4000])
    index.erase()
    print(index.search_name, index.search(values[:50], 31).totals.sum())
"""


@needs_kernel
def test_the_kernel_and_numpy_write_the_same_bytes(tmp_path: Path) -> None:
    said = []
    for search in ("numpy", "kernel"):
        environment = os.environ | {kernel.SEARCH_VARIABLE: search}
        done = subprocess.run(
            [sys.executable, "-c", MAKE, str(tmp_path / search)],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.split())
    assert said[0][:2] == ["exact,", "NumPy"] and said[1][:2] == ["exact,", "kernel"] and said[0][-1] == said[1][-1]
    files = sorted(path.name for path in (tmp_path / "numpy").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "kernel").iterdir())
    for name in files:
        assert (tmp_path / "numpy" / name).read_bytes() == (tmp_path / "kernel" / name).read_bytes(), name


@pytest.mark.parametrize("spread", [0, 3, 31])
def test_a_flood_is_taken_out_of_the_posting_lists_and_found_all_the_same(tmp_path: Path, spread: int) -> None:
    values = random_values(8000, 1)
    target = random_values(1, 2)[0]
    values[1000:6000] = [near_to(target, spread, n) for n in range(5000)]
    held = dict(enumerate(values))
    queries = np.stack([target, *(near_to(target, bits, bits) for bits in (4, 11, 30)), values[1000], values[0]])
    with IndexFolder.write(tmp_path, SEED) as index, IndexReader.open(tmp_path, SEED) as reader:
        index.add(np.arange(8000), values)
        part = index._parts[0]
        assert len(part) - part.sections.postings.shape[1] >= 4900
        for gone in ([], list(range(1000, 1700)), [5999]):
            index.withdraw(gone)
            held = {number: value for number, value in held.items() if number not in gone}
            for radius in (31, 20, 3, 0):
                rows, totals = compared_all(held, queries, [radius] * 6)
                near = reader.search(queries, radius)
                assert rows_of(near) == rows and near.totals.tolist() == totals
        index.erase()
        rows, totals = compared_all(held, queries, [31] * 6)
        assert rows_of(reader.search(queries, 31)) == rows


def test_members_as_near_as_their_weight_allows_and_others_as_heavy_are_told_apart(tmp_path: Path) -> None:
    """One block holds more of the nearest than are listed, and members far away."""
    centre, random = random_values(1, 2)[0], np.random.default_rng(3)
    away = np.unpackbits(near_to(centre, 31, 4) ^ centre)
    members = np.zeros((350, 256), np.uint8)
    members[:200] = away
    for member in members:
        member[random.permutation(np.flatnonzero(away == 0))[: 40 - member.sum()]] = 1
    values = random_values(8000, 1)
    values[1000:5608] = [near_to(centre, 3, n) for n in range(9 * 512)]
    values[6000:6350] = np.packbits(members, axis=1) ^ centre
    queries = np.packbits(away)[None] ^ centre
    with IndexFolder.write(tmp_path, SEED) as index:
        index.add(np.arange(8000), values)
        assert index._parts[0].sections.floods["most_weight"].max() == 40
        rows, totals = compared_all(dict(enumerate(values)), queries, [20])
        near = index.search(queries, 20)
        assert rows_of(near) == rows and near.totals.tolist() == totals


def write_vectors(path: Path) -> None:
    """The inputs of native/selftest.cpp and the answers, found by comparing everything."""
    values = a_list(3000)
    values[2000:] = [near_to(values[5], n % 32, n) for n in range(1000)]
    queries, radii = some_queries(values, 300)
    crowd = Crowd(values[5], np.arange(2000, 3000, dtype=np.uint32))
    flooded = format_floods([crowd], values)
    rows, _ = compared_all(dict(enumerate(values)), queries, radii, listed=10_000)
    path.write_bytes(
        struct.pack("<5I", 3000, 300, 1000, len(rows), 0)
        + values[5].tobytes()
        + values.tobytes()
        + queries.tobytes()
        + np.array(radii, "<u2").tobytes()
        + flooded.blocks.tobytes()
        + flooded.planes.tobytes()
        + flooded.lanes.tobytes()
        + np.array(rows, "<u4").tobytes()
    )


def self_test(tmp_path: Path, compiler: str, *runner: str) -> str:
    write_vectors(tmp_path / "vectors")
    sources = [str(path) for path in (ROOT / "native").glob("*.cpp") if path.name != "module.cpp"]
    program = tmp_path / "selftest"
    subprocess.run([compiler, "-std=c++17", "-O2", "-static", *sources, "-o", str(program)], check=True)
    done = subprocess.run(
        [*runner, str(program), str(tmp_path / "vectors")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.peer
@pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
def test_the_kernel_answers_without_python_what_comparing_everything_answers(tmp_path: Path) -> None:
    assert "portable agrees" in self_test(tmp_path, "g++")


@pytest.mark.peer
@pytest.mark.skipif(
    not (shutil.which("aarch64-linux-gnu-g++") and shutil.which("qemu-aarch64")) and platform.machine() != "aarch64",
    reason="needs g++-aarch64-linux-gnu and qemu-user",
)
def test_the_kernel_for_arm64_answers_the_same(tmp_path: Path) -> None:
    said = self_test(tmp_path, "aarch64-linux-gnu-g++", "qemu-aarch64")
    assert "neon agrees" in said and "portable agrees" in said


@pytest.mark.peer
def test_without_a_compiler_a_wheel_is_built_all_the_same_for_the_search_with_numpy(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("src", "native"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(source)],
        check=True,
        env=os.environ | {"CC": "/bin/false", "CXX": "/bin/false"},
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "notcontent/index/numpy_search.py" in names and not [name for name in names if "_kernel" in name]
