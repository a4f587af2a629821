"""The HMA door keeps the contract, for a host that looks its uploads up as files."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.contracts.door_contract import ListeningDoor, Said
from tests.guard.running_guard import RunningGuard


class TestHmaDoor(ListeningDoor):
    @classmethod
    def settings(cls) -> dict[str, object]:
        return {"hma": "on", "hma_when_held": "stop", "hma_when_unchecked": "stop"}

    @classmethod
    def settings_that_let_holds_pass(cls) -> dict[str, object]:
        return cls.settings() | {"hma_when_held": "pass"}

    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        answer = guard.client.post("/hma/m/lookup", files={"photo": ("x", upload)})
        if answer.status_code == 200:
            return Said.STOP if answer.json()["pdq"] else Said.PASS
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.status_code in (400, 408, 413, 415, 503), answer.text
        return Said.NOT_CHECKED

    def is_a_pass(self, answer: bytes) -> bool:
        return b'"pdq"' in answer

    def address(self, guard: RunningGuard) -> tuple[str, int]:
        parts = urlsplit(guard.url)
        return str(parts.hostname), int(parts.port or 0)

    def beginnings(self, guard: RunningGuard) -> list[bytes]:
        head = f"POST /hma/{guard.token}//m/lookup HTTP/1.1\r\nHost: guard\r\nContent-Length: 9999\r\n".encode()
        form = head + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        part = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="x"\r\n'
        compare = head.replace(b"/m/lookup", b"/m/compare") + b'Content-Type: application/json\r\n\r\n{"pdq": ['
        return [form + part + b"\r\n\xff\xd8\xff", head, form, form + part, compare]
