"""A real guard process beside a small exchange, as a platform would run it."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import httpx

from notcontent.cli.main import main
from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from tests.guard.small_exchange import SmallExchange

START_TIMEOUT_S = 30.0
#: What an uploader reads of a match, whatever the reason.
UPLOADER_TEXT = "This upload is held for a check. If it is your own, or of public interest, tell us."


def wait_until(true: Callable[[], object], what: str, timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


def free_port() -> int:
    """A loopback port that nobody listens on and that no outgoing connection is given."""
    # Test processes beside one another draw from different ones.
    beside = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    for number in random.sample(range(20_000 + beside, 32_768, 16), 300):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return number
    raise AssertionError("no port is free")


@dataclass
class RunningGuard:
    folder: Path
    exchange: SmallExchange
    settings: dict[str, object] = field(default_factory=dict)
    token: str = ""
    #: 0 takes a free one at each start.
    port: int = 0
    #: Those that nobody has stopped yet.
    running: ClassVar[list[RunningGuard]] = []

    def command(self, *words: str) -> str:
        """What `notcontent guard …` prints. In this process: to start another one takes longer than the command."""
        said, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
            code = main(["guard", *words, "--folder", str(self.folder)])
        assert code == 0, errors.getvalue()
        return said.getvalue()

    def set_up(self) -> None:
        self.command(
            "follow", self.exchange.url, "--token", self.exchange.token, "--root-key", self.exchange.root.public.text,
            "--name", "helpline",
        )  # fmt: skip
        self.token = self.command("token", "tests").split()[-1]

    def start(self, *, ready: bool = True) -> RunningGuard:
        if not self.token:
            self.set_up()
        environment = {f"NOTCONTENT_GUARD_{name.upper()}": str(value) for name, value in self.settings.items()}
        self.log = self.folder.with_suffix(".log")
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "notcontent.cli.main", "guard", "serve"),
                    *("--folder", self.folder, "--port", str(self.port)),
                ],
                env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=errors, text=True,
                start_new_session=True,
            )  # fmt: skip
        self.running.append(self)
        line = self.process.stdout.readline()
        assert "listens on" in line, self.log.read_text()
        self.url = line.split()[-1]
        self.client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60, trust_env=False
        )
        wait_until(self.lives, "the guard to live", START_TIMEOUT_S)
        if ready:
            wait_until(self.ready, "the list to arrive", START_TIMEOUT_S)
        return self

    def lives(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.HTTPError:
            assert self.process.poll() is None, self.log.read_text()
            return False

    def ready(self) -> bool:
        return self.client.get("/readyz").status_code == 200

    def catch_up(self) -> None:
        """Wait until the guard has what the exchange has."""
        number = self.exchange.number
        wait_until(lambda: self.number() >= number, f"delta {number}")

    def number(self) -> int:
        """How far its list is."""
        readiness = self.client.get("/readyz").json()
        assert readiness["lists"], readiness["why"]
        return int(readiness["lists"][0]["number"])

    def check(self, picture: bytes, **query: str) -> httpx.Response:
        return self.client.post("/v1/check", content=picture, params=query)

    def stop(self) -> int:
        self.running.remove(self)
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.process.stdout.close()

    def kill(self) -> None:
        """End the guard and its workers as a power cut would."""
        self.running.remove(self)
        self.client.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """It takes connections and answers nobody."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.process.pid, signal.SIGCONT)

    def files_hold(self, *fingerprints: bytes) -> bool:
        files = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]
        return any(each in data or each.hex().encode() in data for data in files for each in fingerprints)


@contextmanager
def guard_of(folder: Path, exchange: SmallExchange, settings: dict[str, object]) -> Iterator[RunningGuard]:
    """A guard that has all of an exchange's list."""
    running = RunningGuard(folder, exchange, settings, port=free_port()).start()
    running.catch_up()
    yield running
    running.stop()


@contextmanager
def guard_of_two(folder: Path, claimed: bytes, verified: bytes) -> Iterator[RunningGuard]:
    """A guard with a list of two pictures, one claimed and one verified."""
    (folder / "exchange").mkdir()
    with SmallExchange(folder / "exchange") as exchange:
        exchange.add(fingerprint_picture(claimed).orientations[0].value)
        exchange.add(fingerprint_picture(verified).orientations[0].value, Tier.VERIFIED)
        with guard_of(folder / "guard", exchange, {"decoder_workers": 1}) as running:
            yield running
