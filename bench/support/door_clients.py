"""Clients of a guard's doors, each in the door's own protocol, over connections that stay open where it has such."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from notcontent.guard_client import GuardClient, Outcome, Rule, Said
from tests.guard.running_guard import RunningGuard, free_port

BOUNDARY = "bench-" + "0" * 24
_TIMEOUT_S = 120.0
_HTTP_HEAD = b"POST /upload HTTP/1.1\r\nHost: site.test\r\nContent-Type: application/octet-stream\r\n\r\n"
_ICAP_HEAD = (
    b"REQMOD icap://127.0.0.1/notcontent ICAP/1.0\r\nHost: 127.0.0.1\r\nAllow: 204\r\n"
    b"Encapsulated: req-hdr=0, req-body=%d\r\n\r\n" % len(_HTTP_HEAD)
) + _HTTP_HEAD


def form(field: str, data: bytes) -> bytes:
    """An upload as a browser's form sends it."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="a"\r\n'
    return head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + data + f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True, slots=True)
class Guarded:
    """How a guard is reached. `verdict_token` is one that states what a hold is, for `/v1/verdict`."""

    url: str
    token: str
    verdict_token: str

    @classmethod
    def of(cls, guard: RunningGuard) -> Guarded:
        """A running guard, with a new token for `/v1/verdict`."""
        words = ("token", "verdict", "--when-held", "stop", "--when-unchecked", "stop")
        return cls(guard.url, guard.token, guard.command(*words).split()[-1])


class Client(ABC):
    """One connection."""

    @abstractmethod
    def is_stopped(self, body: bytes) -> bool:
        """Send one upload, as `Door.body` made it, and hear. Raises OSError, HTTPException or AssertionError."""

    @abstractmethod
    def close(self) -> None:
        """Hang up."""


class HttpClient(Client):
    """POSTs to one route; `answer` is what it said last."""

    def __init__(self, url: str, token: str, path: str, kind: str, stopped: Callable[[int, Any], bool]) -> None:
        """`stopped` reads a status and the JSON of a body, None where it is empty."""
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        self._path, self._stopped = path, stopped
        self.answer: Any = None

    def is_stopped(self, body: bytes) -> bool:
        """Send one upload, and hear."""
        status, self.answer = self.post(self._path, body)
        return self._stopped(status, self.answer)

    def post(self, path: str, body: bytes) -> tuple[int, Any]:
        """The status and JSON of one question."""
        self._connection.request("POST", path, body, self._headers)
        response = self._connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if data else None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class _StreamClient(Client):
    def __init__(self, door: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", STREAM_PORTS[door]), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


class ClamdClient(_StreamClient):
    """A session of INSTREAM commands."""

    def __init__(self) -> None:
        """Begin the session."""
        super().__init__("clamd")
        self._socket.sendall(b"nIDSESSION\n")

    def is_stopped(self, body: bytes) -> bool:
        """Send one upload, and hear."""
        self._socket.sendall(b"nINSTREAM\n" + len(body).to_bytes(4, "big") + body + bytes(4))
        answer = self._file.readline()
        assert answer.endswith((b"stream: OK\n", b" FOUND\n")), answer
        assert answer.endswith(b"OK\n") or b"NotContent.Match-" in answer, answer
        return answer.endswith(b" FOUND\n")


class IcapClient(_StreamClient):
    """REQMOD questions one after the other."""

    def __init__(self) -> None:
        """Connect."""
        super().__init__("icap")

    def is_stopped(self, body: bytes) -> bool:
        """Send one upload, and hear."""
        self._socket.sendall(_ICAP_HEAD + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
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


class ValidatorClient(Client):
    """What the validators for Django, Flask and Starlette ask with: a connection for every question."""

    def __init__(self, guarded: Guarded) -> None:
        """Prepare."""
        self._guard = GuardClient(guarded.url, guarded.token, Rule(Outcome.STOP, Outcome.STOP, Outcome.STOP))

    def is_stopped(self, body: bytes) -> bool:
        """Ask about one upload."""
        answer = self._guard.check(body)
        assert answer.said is not Said.UNCHECKED, answer.error
        return answer.outcome is Outcome.STOP

    def close(self) -> None:
        """Nothing stays open."""


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: an upload as it is sent there, and a new connection."""

    body: Callable[[bytes], bytes]
    connect: Callable[[Guarded], Client]


def _http(at: Guarded) -> Client:
    def stopped(status: int, answer: Any) -> bool:
        assert status in (200, 202, 451) and answer["verdict"] in ("allow", "hold", "block"), answer
        return bool(answer["verdict"] != "allow")

    return HttpClient(at.url, at.token, "/v1/check?hold=202", f"multipart/form-data; boundary={BOUNDARY}", stopped)


def _verdict(at: Guarded) -> Client:
    def stopped(status: int, answer: Any) -> bool:
        assert status in (204, 451) and answer is None, (status, answer)
        return status == 451

    return HttpClient(at.url, at.verdict_token, "/v1/verdict", "application/octet-stream", stopped)


def _hma(at: Guarded) -> Client:
    def stopped(status: int, answer: Any) -> bool:
        assert status == 200, answer
        return bool(answer["pdq"])

    return HttpClient(at.url, at.token, "/hma/m/lookup", f"multipart/form-data; boundary={BOUNDARY}", stopped)


def _as_it_is(picture: bytes) -> bytes:
    return picture


STREAM_PORTS = {"clamd": free_port(), "icap": free_port()}
#: What opens all doors, each with what it makes of a hold and of what can't be checked.
SETTINGS: dict[str, object] = {"hma": "on"} | {f"{door}_port": port for door, port in STREAM_PORTS.items()}
SETTINGS |= {f"{door}_{when}": "stop" for door in ("hma", *STREAM_PORTS) for when in ("when_held", "when_unchecked")}
DOORS = {
    "http": Door(lambda picture: form("file", picture), _http),
    "verdict": Door(_as_it_is, _verdict),
    "hma": Door(lambda picture: form("photo", picture), _hma),
    "clamd": Door(_as_it_is, lambda _: ClamdClient()),
    "icap": Door(_as_it_is, lambda _: IcapClient()),
    "validator": Door(_as_it_is, ValidatorClient),
}
#: Doors that are no way in over the network, and why no figure stands beside them.
NOT_MEASURED = {
    "synapse": "not measured: a module in the homeserver that asks by the HTTP door, as the validators do",
    "telegram": "not measured: a bot that asks by the HTTP door, and fetches each file from Telegram first",
}


def send_all(door: Door, at: Guarded, bodies: Sequence[bytes], connections: int) -> tuple[float, list[bool]]:
    """Every body once over so many connections; uploads a second, and for each whether it was stopped."""
    stopped = [False] * len(bodies)
    waiting, taking = iter(range(len(bodies))), threading.Lock()
    clients = [door.connect(at) for _ in range(connections)]

    def work(client: Client) -> None:
        while True:
            with taking:
                which = next(waiting, None)
            if which is None:
                break
            stopped[which] = client.is_stopped(bodies[which])

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    for client in clients:
        client.close()
    return len(bodies) / took, stopped
