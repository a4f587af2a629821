"""The clamd and the ICAP door, asked over connections that stay open: what bench/doors.py sends through them."""

from __future__ import annotations

import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from tests.guard.running_guard import RunningGuard, free_port

#: The settings that open both, each with what it makes of a hold and of what can't be checked.
SETTINGS: dict[str, object] = {
    f"{door}_{name}": value
    for door in ("clamd", "icap")
    for name, value in (("port", free_port()), ("when_held", "stop"), ("when_unchecked", "stop"))
}
_HTTP_HEAD = b"POST /upload HTTP/1.1\r\nHost: site.test\r\nContent-Type: application/octet-stream\r\n\r\n"
_ICAP_HEAD = (
    b"REQMOD icap://127.0.0.1/notcontent ICAP/1.0\r\nHost: 127.0.0.1\r\nAllow: 204\r\n"
    b"Encapsulated: req-hdr=0, req-body=%d\r\n\r\n" % len(_HTTP_HEAD)
) + _HTTP_HEAD


class _Client(ABC):
    """One connection."""

    def __init__(self, guard: RunningGuard, door: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", int(str(guard.settings[f"{door}_port"]))), 120)
        self._file = self._socket.makefile("rb")

    @abstractmethod
    def is_stopped(self, upload: bytes) -> bool:
        """Send one upload, and hear."""

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


class ClamdClient(_Client):
    """A session of INSTREAM commands."""

    def __init__(self, guard: RunningGuard) -> None:
        """Begin the session."""
        super().__init__(guard, "clamd")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(b"nIDSESSION\n")

    def is_stopped(self, upload: bytes) -> bool:
        """Send one upload, and hear."""
        self._socket.sendall(b"nINSTREAM\n" + len(upload).to_bytes(4, "big") + upload + bytes(4))
        answer = self._file.readline()
        assert answer.endswith((b"stream: OK\n", b" FOUND\n")), answer
        return b"NotContent.Match-" in answer


class IcapClient(_Client):
    """REQMOD questions one after the other."""

    def __init__(self, guard: RunningGuard) -> None:
        """Connect."""
        super().__init__(guard, "icap")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def is_stopped(self, upload: bytes) -> bool:
        """Send one upload, and hear."""
        self._socket.sendall(_ICAP_HEAD + b"%x\r\n%s\r\n0\r\n\r\n" % (len(upload), upload))
        status = int(self._file.readline().split()[1])
        head = list(iter(self._file.readline, b"\r\n"))
        if status == 204:
            return False
        assert status == 200 and any(b"NotContent.Match-" in line for line in head), head
        # The 403 inside, whose page comes in one chunk.
        while self._file.readline() != b"\r\n":
            pass
        while size := int(self._file.readline(), 16):
            self._file.read(size + 2)
        self._file.readline()
        return True


def send_to_clamd(guard: RunningGuard, uploads: Sequence[bytes], connections: int) -> tuple[float, list[bool]]:
    """Every upload once over so many connections; uploads a second, and for each whether it was stopped."""
    return _send(guard, ClamdClient, uploads, connections)


def send_to_icap(guard: RunningGuard, uploads: Sequence[bytes], connections: int) -> tuple[float, list[bool]]:
    """The same through the ICAP door."""
    return _send(guard, IcapClient, uploads, connections)


def _send(
    guard: RunningGuard, client: type[ClamdClient] | type[IcapClient], uploads: Sequence[bytes], connections: int
) -> tuple[float, list[bool]]:
    stopped = [False] * len(uploads)
    waiting, taking = iter(range(len(uploads))), threading.Lock()

    def work() -> None:
        connection = client(guard)
        while True:
            with taking:
                which = next(waiting, None)
            if which is None:
                break
            stopped[which] = connection.is_stopped(uploads[which])
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(uploads) / (time.monotonic() - start), stopped
