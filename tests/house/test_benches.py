"""Every figure has a program that starts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(path for path in (ROOT / "bench").glob("*.py") if "GOALS" in path.read_text())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_bench_starts_and_takes_the_options_of_all(program: Path) -> None:
    done = subprocess.run([sys.executable, program, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--json" in done.stdout and "--quick" in done.stdout


def test_make_bench_runs_every_one() -> None:
    named = re.search(r"for program in ([\w ]+);", (ROOT / "Makefile").read_text())
    assert named and set(named[1].split()) == {program.stem for program in PROGRAMS}
