"""The OpenAPI document is true: requests made from it never break the guard, and every answer is one it describes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

CHECKS = (
    "not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance,"
    "response_headers_conformance"
)


@pytest.mark.peer
def test_requests_made_from_the_document_get_answers_that_it_describes(tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir()
    with SmallExchange(tmp_path / "exchange") as exchange:
        guard = RunningGuard(tmp_path / "guard", exchange, {"decoder_workers": 1, "spinoff_days": 90}).start()
        done = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"), "run", f"{guard.url}/openapi.json", "--no-color",
                "--header", f"Authorization: Bearer {guard.token}", "--checks", CHECKS, "--phases", "coverage,fuzzing",
                "--max-examples", "8", "--generation-deterministic",
            ],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:]
        assert "Tested: 20" in done.stdout
        assert guard.stop() == 0
