"""The HTTP door keeps the contract."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.contracts.door_contract import ListeningDoor, Said
from tests.guard.running_guard import RunningGuard


class TestHttpDoor(ListeningDoor):
    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        status = guard.check(upload).status_code
        if status >= 500:
            assert status == 503
        return {200: Said.PASS, 451: Said.STOP}.get(status, Said.NOT_CHECKED)

    def ask_letting_holds_pass(self, guard: RunningGuard, upload: bytes) -> Said:
        return {200: Said.PASS, 451: Said.STOP}[guard.check(upload, hold="allow").status_code]

    def address(self, guard: RunningGuard) -> tuple[str, int]:
        parts = urlsplit(guard.url)
        return str(parts.hostname), int(parts.port or 0)

    def beginnings(self, guard: RunningGuard) -> list[bytes]:
        head = f"Host: guard\r\nAuthorization: Bearer {guard.token}\r\nContent-Length: 9999\r\n".encode()
        return [
            b"POST /v1/check HTTP/1.1\r\n" + head + b"\r\n\xff\xd8\xff",
            b"",
            b"POST /v1/ch",
            b"POST /v1/check HTTP/1.1\r\n" + head,
            b"POST /v1/match HTTP/1.1\r\n" + head + b'Content-Type: application/json\r\n\r\n{"pdq": ["',
            b"POST /v1/uploads/1/decision HTTP/1.1\r\n" + head + b'\r\n{"decision": ',
            b"POST /v1/check HTTP/1.1\r\n" + head + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n",
            # The review door, where people sign in.
            b"POST /review/sign-in HTTP/1.1\r\nHost: guard\r\nContent-Length: 99\r\n\r\ntoken=ncg",
        ]
