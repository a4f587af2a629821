"""The door's OpenAPI document is true: every answer to requests made from it is one that it describes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from notcontent.doors.hma.openapi import document
from tests.guard.running_guard import RunningGuard
from tests.guard.test_openapi import CHECKS


@pytest.mark.peer
def test_requests_made_from_the_document_get_answers_that_it_describes(tmp_path: Path, guard: RunningGuard) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "run", f"{guard.url}/hma/openapi/openapi.json",
            "--no-color", "--url", f"{guard.url}/hma", "--header", f"Authorization: Bearer {guard.token}",
            "--checks", CHECKS, "--phases", "coverage,fuzzing", "--max-examples", "8", "--generation-deterministic",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    operations = sum(len(each) for each in document()["paths"].values())
    assert f"Tested: {operations}" in done.stdout
    assert guard.lives()
