"""Whoever reaches the guard's port without a token can't make it remember megabytes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

SENT = 32 << 20


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as exchange:
        guard = RunningGuard(tmp_path_factory.mktemp("heads") / "guard", exchange).start()
        yield guard
        guard.stop()


def resident_bytes(guard: RunningGuard) -> int:
    lines = Path(f"/proc/{guard.process.pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


def send_without_end(guard: RunningGuard, start: bytes, again: bytes) -> int:
    """Send the start, then the same bytes until the guard hangs up or 32 MiB are sent; how many it took."""
    parts = urlsplit(guard.url)
    block = again * (65_536 // len(again))
    sent = 0
    with (
        socket.create_connection((parts.hostname or "", parts.port or 0), 20) as connection,
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(start)
        while sent < SENT:
            connection.sendall(block)
            sent += len(block)
    return sent


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: g\r\n", b"X-One: more header\r\n"),
        (b"GET /healthz HTTP/1.1\r\nHost: g\r\nX-Long: ", b"a"),
        (b"GET /", b"a"),
    ],
    ids=["many headers", "one long header", "a long path"],
)
def test_a_head_without_an_end_is_refused(guard: RunningGuard, start: bytes, again: bytes) -> None:
    before = resident_bytes(guard)
    assert send_without_end(guard, start, again) < SENT // 2
    assert guard.client.get("/healthz").status_code == 200
    assert resident_bytes(guard) - before < 8 << 20


def test_trailers_are_not_kept(guard: RunningGuard) -> None:
    parts = urlsplit(guard.url)
    before = resident_bytes(guard)
    with socket.create_connection((parts.hostname or "", parts.port or 0), 20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        for _ in range(SENT // 65_536):
            connection.sendall(b"X-One: more trailer\r\n" * 3120)
        assert resident_bytes(guard) - before < 8 << 20
        connection.sendall(b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert guard.client.get("/healthz").status_code == 200
