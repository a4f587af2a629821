"""The clamd door keeps the contract."""

from __future__ import annotations

import re
import socket
from typing import ClassVar

from tests.contracts.door_contract import ListeningDoor, Said
from tests.guard.running_guard import RunningGuard, free_port


def scan(address: tuple[str, int], upload: bytes, chunk_bytes: int = 1 << 16) -> str:
    """What INSTREAM answers, spoken by hand."""
    with socket.create_connection(address, 30) as connection:
        try:
            connection.sendall(b"zINSTREAM\0")
            for start in range(0, len(upload), chunk_bytes):
                chunk = upload[start : start + chunk_bytes]
                connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
            connection.sendall(bytes(4))
        except ConnectionError:
            pass  # It has answered already.
        answer = b""
        while block := connection.recv(4096):
            answer += block
    assert answer.endswith(b"\0")
    return answer[:-1].decode()


def said(answer: str) -> Said:
    if re.fullmatch(r"stream: NotContent\.Match-[0-9a-f]{32} FOUND", answer):
        return Said.STOP
    if answer in ("stream: NotContent.Not-Checked FOUND", "INSTREAM size limit exceeded. ERROR"):
        return Said.NOT_CHECKED
    assert answer == "stream: OK"
    return Said.PASS


class TestClamdDoor(ListeningDoor):
    of_no_picture: ClassVar[Said] = Said.PASS

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {"clamd_port": free_port(), "clamd_when_held": "stop", "clamd_when_unchecked": "stop"}

    @classmethod
    def settings_that_let_holds_pass(cls) -> dict[str, object]:
        return {**cls.settings(), "clamd_when_held": "pass"}

    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        return said(scan(self.address(guard), upload))

    def address(self, guard: RunningGuard) -> tuple[str, int]:
        return "127.0.0.1", int(str(guard.settings["clamd_port"]))

    def beginnings(self, guard: RunningGuard) -> list[bytes]:
        upload = b"zINSTREAM\0" + (9999).to_bytes(4, "big") + b"\xff\xd8\xff"
        return [upload, b"", b"z", b"zIDSESSION\0", b"zINSTREAM\0\0\0"]

    def is_a_pass(self, answer: bytes) -> bool:
        return b": OK" in answer
