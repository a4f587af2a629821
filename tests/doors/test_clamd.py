"""The clamd door's protocol, and what it does where nothing can be checked."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import generated_picture
from tests.contracts.door_contract import bomb, large_picture
from tests.contracts.test_clamd_door import scan
from tests.doors.conftest import LISTED
from tests.guard.running_guard import RunningGuard, free_port, guard_of, wait_until
from tests.guard.small_exchange import SmallExchange
from tests.guard.test_workers import beside

OTHER = generated_picture(2)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    """Two processes share the port; what can't be checked passes."""
    settings = {
        "max_upload_mib": 1, "body_timeout_s": 4, "workers": 2, "clamd_port": free_port(), "max_receiving_mib": 4,
        "clamd_when_held": "stop", "clamd_when_unchecked": "pass",
    }  # fmt: skip
    with guard_of(tmp_path_factory.mktemp("guard") / "data", exchange, settings) as running:
        yield running


@pytest.fixture
def here(guard: RunningGuard) -> tuple[str, int]:
    return "127.0.0.1", int(str(guard.settings["clamd_port"]))


def ask(address: tuple[str, int], *pieces: bytes) -> bytes:
    """All that comes back until the guard closes."""
    with socket.create_connection(address, 30) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.05)
        answer = b""
        while block := connection.recv(4096):
            answer += block
    return answer


def stream(data: bytes, chunk_bytes: int = 1 << 16) -> bytes:
    pieces = [data[start : start + chunk_bytes] for start in range(0, len(data), chunk_bytes)]
    return b"".join(len(each).to_bytes(4, "big") + each for each in pieces) + bytes(4)


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ([b"zPING\0"], b"PONG\0"),
        ([b"nPING\n"], b"PONG\n"),
        ([b"PING"], b"PONG\n"),
        ([b"PING\r\n"], b"PONG\n"),
        ([b"PI", b"NG"], b"PONG\n"),
        ([b"zPI", b"NG\0"], b"PONG\0"),
        ([b"zSCAN /etc/passwd\0"], b"UNKNOWN COMMAND\0"),
        ([b"nSHUTDOWN\n"], b"UNKNOWN COMMAND\n"),
        ([b"GET / HTTP/1.1\r\n\r\n"], b"UNKNOWN COMMAND\n"),
        ([b"z" + b"A" * 200_000], b"UNKNOWN COMMAND\0"),
        ([b"zEND\0"], b"UNKNOWN COMMAND\0"),
        ([b"zIDSESSION\0zEND\0"], b""),
        ([b"zIDSESSION\0", b"zPING\0zPI", b"NG\0zEND\0"], b"1: PONG\x002: PONG\0"),
        ([b"nIDSESSION\nnPING\nnRELOAD\nnPING\n"], b"1: PONG\n2: UNKNOWN COMMAND\n"),
    ],
)
def test_commands_are_answered_in_the_way_they_were_asked(
    here: tuple[str, int], sent: list[bytes], heard: bytes
) -> None:
    assert ask(here, *sent) == heard


def test_the_version_says_program_number_and_day(here: tuple[str, int], exchange: SmallExchange) -> None:
    program, number, day = ask(here, b"zVERSION\0").rstrip(b"\0").decode().split("/")
    assert program.startswith("NotContent ") and int(number) == exchange.number and time.strptime(day)
    assert ask(here, b"zVERSIONCOMMANDS\0").endswith(
        b"| COMMANDS: PING VERSION VERSIONCOMMANDS INSTREAM IDSESSION END\0"
    )


def test_one_session_judges_several_streams_also_in_crumbs(here: tuple[str, int]) -> None:
    streams = [stream(OTHER), stream(LISTED, 7), stream(b""), stream(OTHER[:3000])]
    answers = ask(here, b"zIDSESSION\0" + b"".join(b"zINSTREAM\0" + each for each in streams) + b"zEND\0").split(b"\0")
    assert answers[0] == b"1: stream: OK"
    assert answers[1].startswith(b"2: stream: NotContent.Match-") and answers[1].endswith(b" FOUND")
    assert answers[2:] == [b"3: stream: OK", b"4: stream: OK", b""]


def test_a_name_leads_the_host_to_the_upload_and_says_nothing_else(here: tuple[str, int], guard: RunningGuard) -> None:
    name = scan(here, LISTED).split()[1]
    upload = guard.client.get(f"/v1/uploads/{name.removeprefix('NotContent.Match-')}").json()
    assert (upload["verdict"], upload["state"]) == ("hold", "open")
    assert scan(here, LISTED).split()[1] != name


@pytest.mark.parametrize("unchecked", [bomb, large_picture, lambda: OTHER[:3000]], ids=["bomb", "huge", "cut off"])
def test_where_that_is_stated_what_cannot_be_checked_passes(here: tuple[str, int], unchecked: object) -> None:
    assert scan(here, unchecked()) == "stream: OK"  # type: ignore[operator]


def test_a_file_that_is_neither_picture_nor_video_passes_at_any_size(here: tuple[str, int]) -> None:
    assert scan(here, gzip.compress(b"a letter") + bytes(20 << 20)) == "stream: OK"


def test_clients_that_fall_silent_are_told_and_closed_and_stall_nobody(here: tuple[str, int]) -> None:
    beginnings = [b"", b"z", b"zIDSESSION\0", b"zINSTREAM\0\0\0", b"zINSTREAM\0\0\0\xff\xff\xff\xd8\xff"]
    silent = [(each, socket.create_connection(here)) for each in beginnings * 20]
    for beginning, connection in silent:
        connection.sendall(beginning)
    assert scan(here, LISTED).endswith("FOUND")
    for beginning, connection in silent:
        connection.settimeout(60)
        answer = connection.recv(100)
        assert answer == (b"stream: read timed out. ERROR\0" if b"INSTREAM" in beginning else b"")
        connection.close()


def test_a_client_that_drips_is_cut_off(here: tuple[str, int]) -> None:
    with socket.create_connection(here) as connection:
        connection.sendall(b"zINSTREAM\0" + (100_000).to_bytes(4, "big") + b"\xff\xd8\xff")
        start = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - start < 60:
                connection.sendall(b"a")
                time.sleep(0.2)
        assert time.monotonic() - start < 55


def test_nonsense_of_all_kinds_leaves_it_standing(here: tuple[str, int], guard: RunningGuard) -> None:
    drawn = random.Random(6)
    words = [b"z", b"n", b"\0", b"\n", b"PING", b"INSTREAM", b"IDSESSION", b"END"]
    pieces = [*words, b"\0\0\0\5hello", bytes(4), b"\xff\xd8\xff"]
    for _ in range(300):
        with socket.create_connection(here, 30) as connection, contextlib.suppress(ConnectionError):
            connection.sendall(b"".join(drawn.choices(pieces, k=drawn.randint(1, 12))))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
    assert scan(here, LISTED).endswith("FOUND")
    assert guard.log.read_text() == ""


def memory_mib(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def test_many_uploads_at_once_take_no_more_memory_than_is_set(here: tuple[str, int], guard: RunningGuard) -> None:
    before = memory_mib(guard.process.pid)
    half = [socket.create_connection(here) for _ in range(60)]
    for connection in half:
        data = b"zINSTREAM\0" + (1_000_000).to_bytes(4, "big") + b"\xff\xd8\xff" + bytes(900_000)
        threading.Thread(target=quietly, args=(connection, data), daemon=True).start()
    time.sleep(1.0)
    # 54 MiB were sent; 4 MiB may be held, and 128 KiB wait for each connection.
    assert memory_mib(guard.process.pid) - before < 25
    for connection in half:
        connection.close()
    wait_until(lambda: scan(here, LISTED).endswith("FOUND"), "room again")


def quietly(connection: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(data)


def test_a_guard_stops_at_once_though_clients_keep_their_connections(
    here: tuple[str, int], guard: RunningGuard
) -> None:
    with socket.create_connection(here) as waiting:
        waiting.sendall(b"zIDSESSION\0zPING\0")
        assert waiting.recv(100) == b"1: PONG\0"
        assert guard.stop() == 0
        assert waiting.recv(100) == b""
    guard.start()
    assert "Traceback" not in guard.log.read_text()
    assert scan(here, LISTED).endswith("FOUND")


def belongs_to(pid: int, connection: socket.socket) -> bool:
    """Whether that process holds the other end of this loopback connection."""
    ours = f":{connection.getsockname()[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(ours)}
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held.add(os.readlink(descriptor))
    return bool(inodes & held)


def test_the_other_process_answers_too_and_says_the_same(here: tuple[str, int], guard: RunningGuard) -> None:
    wait_until(lambda: len(beside(guard)) == 1, "the other process")
    [other] = beside(guard)
    found = []

    def is_found() -> bool:
        session = socket.create_connection(here)
        session.sendall(b"zIDSESSION\0zPING\0")
        assert session.recv(100) == b"1: PONG\0"
        if not belongs_to(other, session):
            session.close()
            return False
        found.append(session)
        return True

    wait_until(is_found, "a connection that the other process takes", 30.0)
    found[0].sendall(b"zINSTREAM\0" + stream(LISTED))
    assert found[0].recv(200).startswith(b"2: stream: NotContent.Match-")
    found[0].close()


def test_a_scanner_behind_that_is_away_makes_an_error_and_a_match_is_still_a_match(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    port = free_port()
    settings = {
        "clamd_port": port, "clamd_when_held": "stop", "clamd_when_unchecked": "pass",
        "clamd_behind": f"127.0.0.1:{free_port()}",
    }  # fmt: skip
    guard = RunningGuard(tmp_path / "data", exchange, settings).start()
    try:
        guard.catch_up()
        assert scan(("127.0.0.1", port), OTHER) == "stream: The scanner behind does not answer. ERROR"
        assert scan(("127.0.0.1", port), LISTED).startswith("stream: NotContent.Match-")
    finally:
        guard.stop()
