"""The HTTP door keeps the contract."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.contracts.door_contract import DoorContract, Said
from tests.guard.running_guard import RunningGuard


class TestHttpDoor(DoorContract):
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

    def beginning_of_an_upload(self, guard: RunningGuard) -> bytes:
        return (
            f"POST /v1/check HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer {guard.token}\r\n"
            "Content-Length: 9999\r\n\r\n"
        ).encode() + b"\xff\xd8\xff"
