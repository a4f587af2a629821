"""A port is waited for, for as long as a killed process may still hold it."""

from __future__ import annotations

import socket
import threading
import time

import pytest

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
    assert time.monotonic() - began < 2
