"""`notcontent relay` with python-threatexchange's own clients, and a real guard behind it."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from notcontent.feed.signature import PublicKey
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.exchange.running import Person, Running
from tests.exchange.subscribing import Subscriber
from tests.guard.running_guard import RunningGuard, wait_until

pytestmark = [pytest.mark.peer, pytest.mark.timeout(600)]
SOON_S = 60.0


class Relaying:
    """The command, as an operator starts it; what it says the guard needs."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "notcontent.cli.main", "relay", *words, "--folder", folder, "--port", "0",
             "--every", "1"],
            stdout=subprocess.PIPE, text=True, env=os.environ | environment,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.process.stdout.readline()
        said = re.fullmatch(
            r"notcontent guard follow (\S+) --token (\S+) --root-key (\S+) --name \S+\n", self.process.stdout.readline()
        )
        assert said
        root = SimpleNamespace(public=PublicKey.from_text(said[3]))
        self.followed = SimpleNamespace(url=said[1], token=said[2], root=root, number=0)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Any]:
    """Starts a relay and a guard that follows it; both are ended."""
    running: list[Any] = []

    def start(*words: str, **environment: str) -> RunningGuard:
        relay = Relaying(tmp_path / "relay", *words, **environment)
        running.append(relay)
        guard = RunningGuard(tmp_path / "guard", relay.followed).start()  # type: ignore[arg-type]
        running.append(guard)
        return guard

    yield start
    for each in reversed(running):
        each.stop()


def held(guard: RunningGuard, picture: bytes) -> bool:
    return bool(guard.check(picture).json()["verdict"] != "allow")


def test_a_file_of_hashes_is_followed_and_a_line_that_goes_is_withdrawn(started: Any, tmp_path: Path) -> None:
    pictures = [generated_picture(seed) for seed in (1, 2)]
    lines = [fingerprint_picture(picture).orientations[0].hex for picture in pictures]
    file = tmp_path / "hashes.txt"
    file.write_text("\n".join(lines) + "\n")
    guard = started("local_file", "--file", str(file))
    wait_until(lambda: all(held(guard, picture) for picture in pictures), "both lines", SOON_S)
    file.write_text(lines[1] + "\n")
    wait_until(lambda: not held(guard, pictures[0]), "the line to go", SOON_S)
    assert held(guard, pictures[1])


def test_a_list_in_stopnciis_shape_is_followed_and_its_withdrawals_obeyed(started: Any, tmp_path: Path) -> None:
    exchange = Running.set_up(tmp_path / "exchange").start()
    try:
        site = Subscriber(exchange, "A site with a relay")
        picture = generated_picture(3)
        code = fingerprint_picture(picture)
        offered = {
            "kind": "pdq", "quality": code.quality, "orientations": [turn.hex for turn in code.orientations]
        }  # fmt: skip
        mina = Person(exchange)
        assert mina.send([offered], [site.id]).status_code == 201
        keys = f"{site.function_key},{site.subscription_key},{site.url}"
        guard = started("stop_ncii", TX_STOPNCII_KEYS=keys)
        wait_until(lambda: held(guard, picture), "the picture", SOON_S)
        mina.withdraw()
        wait_until(lambda: not held(guard, picture), "the withdrawal", SOON_S)
        files = [path.read_bytes() for path in (tmp_path / "relay").rglob("*") if path.is_file()]
        for turn in code.orientations:
            assert files and not any(turn.value in data or turn.hex.encode() in data for data in files)
    finally:
        exchange.stop()


def test_ncmecs_records_are_read_and_their_deletions_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TX_NCMEC_CREDENTIALS", "name:word")
    from notcontent.feed.entry import Tier
    from notcontent.relay.source import Source

    api = importlib.import_module("threatexchange.exchanges.clients.ncmec.hash_api")
    environment = next(iter(api.NCMECEnvironment))
    source = Source("ncmec", {"environment": environment.value}, Tier.SEEN)
    answer = (
        # As the client hands it on, without its namespace.
        '<queryResult><images count="2" '
        'maxTimestamp="2026-11-20T00:00:00Z"><image><member id="7">name</member><timestamp>2026-11-19T00:00:00Z'
        "</timestamp><id>1</id><classification>A1</classification><fingerprints>"
        f'<pdq>{"ab" * 32}</pdq></fingerprints></image><deletedImage><member id="7">name</member><timestamp>'
        "2026-11-19T00:00:00Z</timestamp><id>2</id></deletedImage></images></queryResult>"
    )
    tree = importlib.import_module("xml.etree.ElementTree").fromstring(answer)
    listed, deleted = api.GetEntriesResponse.from_xml(api._XMLWrapper(tree), 0).updates
    assert source._values("1", listed) == {"ab" * 32: Tier.SEEN}
    assert source._values("2", deleted) == {}


def test_what_is_no_hash_is_passed_over_and_counted(started: Any, tmp_path: Path) -> None:
    picture = generated_picture(1)
    file = tmp_path / "hashes.txt"
    file.write_text(f"# a list\n{'zz' * 32}\n{fingerprint_picture(picture).orientations[0].hex.upper()}\nabc\n")
    guard = started("local_file", "--file", str(file))
    wait_until(lambda: held(guard, picture), "the one that is a hash", SOON_S)


def run_relay(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "notcontent.cli.main", "relay", *words, "--folder", folder, "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment,
    )  # fmt: skip


def test_keys_that_are_missing_or_misshapen_end_it_at_once_and_are_not_shown(tmp_path: Path) -> None:
    for keys in ("", "a-secret-without-a-comma"):
        relay = run_relay(tmp_path / "relay", "stop_ncii", TX_STOPNCII_KEYS=keys, HOME=str(tmp_path))
        _, said = relay.communicate(timeout=60)
        assert relay.returncode == 2 and "keys are missing" in said and "a-secret" not in said


class _Odd(BaseHTTPRequestHandler):
    """A list with one record that python-threatexchange can't read, and then an answer that never comes."""

    asked: ClassVar[list[str]] = []
    let_go = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        record = {"lastModtimestamp": 1, "signalType": "ImagePDQ", "hashValue": "ab" * 32, "hashStatus": "Strange"}
        page = {"count": 1, "nextPageToken": "2", "nextSetTimestamp": 20, "hasMoreRecords": True,
                "hashRecords": [record | {"caseNumbers": {}, "CSPFeedbacks": []}]}  # fmt: skip
        if "nextPageToken" in self.path:
            self.let_go.wait(60)
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_it_ends_in_the_middle_of_a_fetch_and_no_hash_is_in_what_it_said(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as server:
        threading.Thread(target=server.serve_forever).start()
        keys = f"one,two,http://127.0.0.1:{server.server_address[1]}"
        relay = run_relay(tmp_path / "relay", "stop_ncii", TX_STOPNCII_KEYS=keys)
        try:
            wait_until(lambda: len(_Odd.asked) > 1, "the second page to be asked for", SOON_S)
            relay.send_signal(signal.SIGINT)
            _, said = relay.communicate(timeout=60)
        finally:
            relay.kill()
            _Odd.let_go.set()
            server.shutdown()
    assert "could not read something" in said and "ab" * 8 not in said, said


def test_a_source_that_is_set_up_wrongly_says_what_it_takes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "notcontent.cli.main", "relay", "ncmec", "--folder", tmp_path / "relay"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "environment" in done.stderr
