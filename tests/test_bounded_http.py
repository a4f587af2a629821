"""Whoever reaches a port of the guard or of the exchange without a token can't make it remember megabytes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.exchange.running import Running
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

SENT = 32 << 20


@dataclass
class Port:
    """Something that listens: an address that it answers without a token, and the ids of its processes."""

    url: str
    processes: Callable[[], list[int]]

    @property
    def path(self) -> bytes:
        return urlsplit(self.url).path.encode()

    def connect(self) -> socket.socket:
        parts = urlsplit(self.url)
        return socket.create_connection((parts.hostname or "", parts.port or 0), 60)

    def resident_bytes(self) -> int:
        return sum(_resident_bytes(process) for process in self.processes())

    def send_without_end(self, start: bytes, again: bytes) -> int:
        """Send the start, then the same bytes until they hang up or 32 MiB are sent; how many were taken."""
        block = again * (65_536 // len(again))
        sent = 0
        with self.connect() as connection, contextlib.suppress(ConnectionError):
            connection.sendall(start)
            while sent < SENT:
                connection.sendall(block)
                sent += len(block)
        return sent

    def answers(self) -> bool:
        return httpx.get(self.url, timeout=60).status_code == 200


def _resident_bytes(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


@pytest.fixture(scope="module", params=["guard", "exchange"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    folder = tmp_path_factory.mktemp("bounded")
    if request.param == "guard":
        with SmallExchange(folder / "exchange") as exchange:
            guard = RunningGuard(folder / "guard", exchange).start()
            yield Port(f"{guard.url}/healthz", lambda: [guard.process.pid])
            guard.stop()
    else:
        running = Running.set_up(folder / "data").start()
        # The other faces and the publisher may still be starting.
        hers = [process for process, words in running.processes().items() if "person" in words]
        yield Port(f"{running.urls['person']}/v1/site", lambda: hers)
        running.stop()


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"GET %s HTTP/1.1\r\nHost: g\r\n", b"X-One: more header\r\n"),
        (b"GET %s HTTP/1.1\r\nHost: g\r\nX-Long: ", b"a"),
        (b"GET %s", b"a"),
    ],
    ids=["many headers", "one long header", "a long path"],
)
def test_a_head_without_an_end_is_refused(port: Port, start: bytes, again: bytes) -> None:
    assert port.answers()
    before = port.resident_bytes()
    assert port.send_without_end(start % port.path, again) < SENT // 2
    assert port.answers()
    assert port.resident_bytes() - before < 8 << 20


def test_trailers_are_not_kept(port: Port) -> None:
    assert port.answers()
    before = port.resident_bytes()
    with port.connect() as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" % port.path)
        for _ in range(SENT // 65_536):
            connection.sendall(b"X-One: more trailer\r\n" * 3120)
        assert port.resident_bytes() - before < 8 << 20
        connection.sendall(b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert port.answers()
