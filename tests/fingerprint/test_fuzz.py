"""A bounded run of the fuzzer on the decoders' entry, where atheris is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROUNDS = 3000


@pytest.mark.peer
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed (pip install atheris)"
)
def test_a_fuzzer_finds_nothing_that_is_neither_a_fingerprint_nor_a_refusal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fingerprint.fuzz_decode", str(tmp_path)]
    limits = [f"-runs={ROUNDS}", "-max_len=60000", "-timeout=20", "-seed=1", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run([*command, *limits], cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {ROUNDS} runs" in done.stderr
