"""Bounded runs of the fuzzers, which are modules of their own: each writes its seeds and feeds what atheris makes."""

from __future__ import annotations

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]

needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed (pip install atheris)"
)


def run_fuzzer(module: str, folder: Path, rounds: int, max_bytes: int) -> None:
    """Fails with the end of its output when anything came out that the fuzzer does not allow, or the process died."""
    limits = [f"-runs={rounds}", f"-max_len={max_bytes}", "-len_control=0", "-timeout=20", "-seed=1"]
    done = subprocess.run(
        [sys.executable, "-m", module, str(folder), *limits, f"-artifact_prefix={folder}/"],
        cwd=ROOT, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {rounds} runs" in done.stderr


def lead_by(*modules: ModuleType) -> None:
    """Have atheris see which way its inputs take through these modules.

    Its own import hook sees nothing of a package that is installed to be edited.
    """
    import atheris

    for module in modules:
        own = [each for each in vars(module).values() if getattr(each, "__module__", None) == module.__name__]
        for each in own:
            for function in (each, *vars(each).values()) if inspect.isclass(each) else (each,):
                if inspect.isfunction(function):
                    atheris.instrument_func(function)
