"""HMA's own HTTP tests, run against the door through the plugin `hmas_tests`. docs/platform/hma.md says which pass."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.support.hma import ENVIRONMENT, SOURCE_VARIABLE, prepare_environment, source
from notcontent.doors.hma.banks import entry_number
from notcontent.feed.entry import Tier
from tests.doors.hma.conftest import OPEN
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

ROOT = Path(__file__).parents[3]
#: HMA's tests that ask over HTTP; the others open its database or its classes.
FILES = ("test_api.py", "test_api_banks.py", "test_match_api.py", "test_e2e_workflow.py")
IMAGES_PORT = 21_749

pytestmark = [
    pytest.mark.peer,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(source() is None, reason=f"{SOURCE_VARIABLE} names no folder with facebook/ThreatExchange"),
]


@pytest.fixture
def helpline(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A guard, its exchange, and a way to list pictures there; what the plugin has to know."""
    (tmp_path / "exchange").mkdir()
    with SmallExchange(tmp_path / "exchange") as exchange:
        guard = RunningGuard(tmp_path / "data", exchange, OPEN | {"hma_fetch_hosts": f"127.0.0.1:{IMAGES_PORT}"})
        guard.start()

        class Helpline(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer: dict[str, int] = {}
                if self.path == "/begin":
                    for bank in guard.client.get("/hma/c/banks").json():
                        guard.client.delete(f"/hma/c/bank/{bank['name']}")
                    if exchange.live:
                        exchange.withdraw(*exchange.live)
                else:
                    question = json.loads(body)
                    answer["number"] = entry_number(exchange.add(question["pdq"], Tier(question["tier"])))
                guard.catch_up()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Helpline)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield {
            "DOOR": f"{guard.url}/hma/{guard.token}",
            "HELPLINE": f"http://127.0.0.1:{server.server_port}",
            "IMAGES_PORT": str(IMAGES_PORT),
        }
        server.shutdown()
        thread.join()
        server.server_close()
        guard.stop()


def test_those_pass_that_the_documentation_names(tmp_path: Path, helpline: dict[str, str]) -> None:
    folder = source()
    assert folder
    prepare_environment(folder)
    tests = folder / "src" / "OpenMediaMatch" / "tests"
    done = subprocess.run(
        [
            ENVIRONMENT / "bin" / "pytest", "-p", "hmas_tests", "-p", "no:cacheprovider", "-q", "-rA", "--tb=line",
            *(tests / name for name in FILES),
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={
            **os.environ, **helpline, "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{folder / 'src'}:{Path(__file__).parent}",
        },
    )  # fmt: skip
    passed = set(re.findall(r"^PASSED \S*?(\w+\.py::\w+)", done.stdout, re.M))
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S*?(\w+\.py::\w+)", done.stdout, re.M))
    assert len(passed) + len(failed) >= 35, done.stdout[-4000:] + done.stderr[-2000:]
    page = (ROOT / "docs" / "platform" / "hma.md").read_text()
    passing, failing = page.split("### Those that pass")[1].split("### Those that don't")
    assert set(re.findall(r"`(test_\w+)`", passing)) == {name.partition("::")[2] for name in passed}, done.stdout[
        -6000:
    ]
    assert set(re.findall(r"`(test_\w+)`", failing)) == {name.partition("::")[2] for name in failed}
