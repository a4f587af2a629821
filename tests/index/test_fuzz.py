"""A bounded run of the fuzzer on the files of an index, where atheris is installed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.fuzzing import needs_atheris, run_fuzzer

#: Where there is memory that looks like a disk, a round need not wait for one.
MEMORY = Path("/dev/shm")


@pytest.mark.peer
@needs_atheris
def test_a_fuzzer_finds_no_file_that_crashes_the_search_or_is_read_beyond_its_end() -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as home:
        corpus = Path(home) / "corpus"
        corpus.mkdir()
        run_fuzzer("tests.index.fuzz_read", corpus, rounds=5000, max_bytes=400)
