"""What hosts that can't be run here send, byte for byte as their sources have it, and how they read the answers."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.conftest import generated_picture
from tests.doors.conftest import LISTED
from tests.guard.running_guard import RunningGuard, free_port, guard_of
from tests.guard.small_exchange import SmallExchange

OTHER = generated_picture(2)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    settings = {
        f"{door}_{name}": value
        for door in ("clamd", "icap")
        for name, value in (("port", free_port()), ("when_held", "stop"), ("when_unchecked", "stop"))
    }
    with guard_of(tmp_path_factory.mktemp("guard") / "data", exchange, settings) as running:
        yield running


def connected(guard: RunningGuard, door: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(str(guard.settings[f"{door}_port"]))), 30)


def pieces(upload: bytes, length: int) -> list[bytes]:
    return [upload[start : start + length] for start in range(0, len(upload), length)]


@pytest.mark.parametrize(("upload", "found"), [(LISTED, True), (OTHER, False), (OTHER[:3000], True)])
def test_nextcloud_with_a_daemon_reads_one_line_by_its_rules(guard: RunningGuard, upload: bytes, found: bool) -> None:
    with connected(guard, "clamd") as connection, connection.makefile("rb") as file:
        connection.sendall(b"nINSTREAM\n")
        for piece in pieces(upload, 8192):
            connection.sendall(len(piece).to_bytes(4, "big") + piece)
        connection.sendall(bytes(4))
        line = file.readline().decode()
    # Its rules, in the order in which it tries them.
    assert bool(re.search(r".*: OK$", line)) is not found
    assert bool(re.search(r".*: (NotContent\.\S+) FOUND$", line)) is found


@pytest.mark.parametrize("mode", ["REQMOD", "RESPMOD"])
@pytest.mark.parametrize(("upload", "found"), [(LISTED, True), (OTHER, False)])
def test_nextcloud_by_icap_reads_one_field(guard: RunningGuard, mode: str, upload: bytes, found: bool) -> None:
    heads = [b"PUT / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"]
    parts = f"req-hdr=0, req-body={len(heads[0])}"
    if mode == "RESPMOD":
        heads = [b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"]
        parts = f"req-hdr=0, res-hdr={len(heads[0])}, res-body={len(heads[0]) + len(heads[1])}"
    head = (
        f"{mode} icap://127.0.0.1/notcontent ICAP/1.0\r\nAllow: 204\r\nHost: 127.0.0.1\r\n"
        f"User-Agent: NC-ICAP-CLIENT/0.5.0\r\nConnection: close\r\nEncapsulated: {parts}\r\n\r\n"
    )
    with connected(guard, "icap") as connection, connection.makefile("rb") as file:
        connection.sendall(head.encode() + b"".join(heads))
        for piece in pieces(upload, 1 << 20):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        answer = file.read().decode()
    assert int(answer.split()[1]) == (200 if found else 204)
    assert ("\r\nX-Infection-Found: " in answer.partition("\r\n\r\n")[0]) is found


@pytest.mark.parametrize(("upload", "found"), [(LISTED, True), (OTHER, False), (OTHER[:3000], True)])
def test_discourse_asks_in_a_session_whether_anybody_is_there_and_then_about_a_file(
    guard: RunningGuard, upload: bytes, found: bool
) -> None:
    def session(*sent: bytes) -> str:
        with connected(guard, "clamd") as connection:
            for each in (b"zIDSESSION\0", *sent, b"zEND\0"):
                connection.sendall(each)
            heard = b""
            while not heard.endswith(b"\0"):
                heard += connection.recv(25)
        return heard.decode().replace("1: ", "").strip("\0")

    assert session(b"zPING\0") == "PONG"
    assert len(session(b"zVERSION\0").split("/")) == 3
    file = [each for piece in pieces(upload, 2048) for each in (len(piece).to_bytes(4, "big"), piece)]
    answer = session(b"zINSTREAM\0", *file, bytes(4), b"")
    assert ("FOUND" in answer) is found and "ERROR" not in answer
