"""A bounded run of the fuzzer on the decoders' entry, where atheris is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing import needs_atheris, run_fuzzer


@pytest.mark.peer
@needs_atheris
def test_a_fuzzer_finds_nothing_that_is_neither_a_fingerprint_nor_a_refusal(tmp_path: Path) -> None:
    run_fuzzer("tests.fingerprint.fuzz_decode", tmp_path, rounds=3000, max_bytes=60_000)
