"""Both APIs, tried with what their descriptions allow and with what they do not: no 5xx, no false description."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.exchange.running import Running
from tests.exchange.subscribing import Subscriber

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.peer
@pytest.mark.parametrize("face", ["person", "partners"])
def test_no_question_that_fits_or_misfits_the_description_breaks_a_face(
    exchange: Running, tmp_path: Path, face: str
) -> None:
    token = exchange.partner(f"Tried {face}").token
    keys = Subscriber(exchange, f"Tried {face} in another shape").headers.items()
    config = tmp_path / "schemathesis.toml"
    config.write_text("")
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), f"--config-file={config}", "run"),
            *(f"{exchange.urls[face]}/openapi.json", "--checks", CHECKS, "--max-examples", "20"),
            *("--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--no-color"),
            *("--header", f"Authorization: Bearer {token}", "--request-timeout", "30", "--max-time", "8"),
            *(word for name, value in keys for word in ("--header", f"{name}: {value}")),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert exchange.log == "", "a face logged an error"
