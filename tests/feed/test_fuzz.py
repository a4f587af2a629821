"""A bounded run of the fuzzer on snapshots, where atheris is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing import needs_atheris, run_fuzzer


@pytest.mark.peer
@needs_atheris
def test_a_fuzzer_finds_nothing_that_is_neither_a_snapshot_nor_a_refusal(tmp_path: Path) -> None:
    run_fuzzer("tests.feed.fuzz_snapshot", tmp_path, rounds=150_000, max_bytes=4000)
