"""A port is waited for, for as long as a killed process may still hold it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time

import pytest

from notcontent.guard.connections import Connection, Connections
from notcontent.listening import open_listener


def test_a_port_that_is_let_go_soon_is_waited_for() -> None:
    held = open_listener("127.0.0.1", 0)
    port = held.getsockname()[1]
    threading.Timer(0.3, held.close).start()
    began = time.monotonic()
    with open_listener("127.0.0.1", port) as listener:
        assert listener.getsockname()[1] == port and time.monotonic() - began >= 0.2
        socket.create_connection(("127.0.0.1", port)).close()


def test_a_port_that_stays_taken_is_told() -> None:
    with open_listener("127.0.0.1", 0) as held, pytest.raises(OSError, match="in use"):
        open_listener("127.0.0.1", held.getsockname()[1], patience_s=0.2)


def test_an_address_that_is_not_ours_is_told_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(OSError):
        open_listener("192.0.2.1", 0)
    assert time.monotonic() - began < 20


def test_a_process_leaves_waiting_connections_to_the_processes_beside_it() -> None:
    """What waits is not taken in one go: another process on the same socket gets its share of it."""

    async def take_some() -> int:
        beside = socket.fromfd(listener.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with beside, contextlib.ExitStack() as clients:
            beside.setblocking(False)
            taken = []
            door = Connections(lambda connection: _hold(taken, connection), 5)
            await door.open(listener)
            for _ in range(20):
                clients.enter_context(socket.create_connection(listener.getsockname()))
            while not taken:
                await asyncio.sleep(0)
            left = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    clients.enter_context(beside.accept()[0])
                    left += 1
            await door.close()
            return left

    with open_listener("127.0.0.1", 0) as listener:
        assert asyncio.run(take_some()) >= 10


async def _hold(taken: list[Connection], connection: Connection) -> None:
    taken.append(connection)
    with connection.waiting():
        await connection.reader.read()
