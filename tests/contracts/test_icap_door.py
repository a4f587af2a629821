"""The ICAP door keeps the contract: for uploads alone, for uploads in a form, and for what a site sends out."""

from __future__ import annotations

import contextlib
import re
import socket
from dataclasses import dataclass
from typing import ClassVar

from tests.contracts.door_contract import ListeningDoor, Said
from tests.guard.running_guard import RunningGuard, free_port

PLAIN = b"POST /upload HTTP/1.1\r\nHost: site.test\r\nContent-Type: application/octet-stream\r\n\r\n"
FORM = b"POST /upload HTTP/1.1\r\nHost: site.test\r\nContent-Type: multipart/form-data; boundary=nEvEr\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"


@dataclass
class IcapAnswer:
    status: int
    fields: dict[str, str]
    enclosed: bytes
    body: bytes


def form_of(*files: bytes) -> bytes:
    parts = (
        b'--nEvEr\r\nContent-Disposition: form-data; name="f%d"; filename="x"\r\n\r\n%s\r\n' % (number, file)
        for number, file in enumerate(files)
    )
    return (
        b'--nEvEr\r\nContent-Disposition: form-data; name="title"\r\n\r\nA day out\r\n'
        + b"".join(parts)
        + b"--nEvEr--\r\n"
    )


def chunked(body: bytes, chunk_bytes: int = 50_000) -> bytes:
    pieces = [body[start : start + chunk_bytes] for start in range(0, len(body), chunk_bytes)]
    return b"".join(b"%X\r\n%s\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"


def question(method: str, *heads: bytes, more: str = "Allow: 204\r\n", has_body: bool = True) -> bytes:
    """The head of a question with these HTTP heads inside; RESPMOD takes the request's and the response's."""
    names, starts = ["req-hdr", "res-hdr"][: len(heads)], [0]
    for head in heads:
        starts.append(starts[-1] + len(head))
    names.append(("res-body" if method == "RESPMOD" else "req-body") if has_body else "null-body")
    enclosed = ", ".join(f"{name}={start}" for name, start in zip(names, starts, strict=True))
    top = f"{method} icap://127.0.0.1/notcontent ICAP/1.0\r\nHost: 127.0.0.1\r\n{more}Encapsulated: {enclosed}\r\n\r\n"
    return top.encode() + b"".join(heads)


class IcapClient:
    """One connection, spoken by hand."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, 30)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> IcapClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # It may have answered already.
            self.socket.sendall(data)

    def answer(self) -> IcapAnswer:
        status = int(self.file.readline().split()[1])
        fields = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            fields[name.lower()] = value.strip()
        parts = re.findall(r"([a-z-]+)=(\d+)", fields.get("encapsulated", ""))
        enclosed, body = b"", b""
        if parts:
            enclosed = self.file.read(int(parts[-1][1]))
            if parts[-1][0] != "null-body":
                while size := int(self.file.readline(), 16):
                    body += self.file.read(size)
                    self.file.readline()
                self.file.readline()
        return IcapAnswer(status, fields, enclosed, body)


def said(answer: IcapAnswer) -> Said:
    if answer.status == 204:
        return Said.PASS
    assert answer.status == 200
    name = answer.fields.get("x-infection-found")
    if name is None:
        return Said.PASS
    assert (
        answer.enclosed.startswith(b"HTTP/1.1 403 Forbidden\r\n") and b"This upload is held for a check." in answer.body
    )
    if name == "Type=0; Resolution=2; Threat=NotContent.Not-Checked;":
        return Said.NOT_CHECKED
    assert re.fullmatch(r"Type=0; Resolution=2; Threat=NotContent\.Match-[0-9a-f]{32};", name)
    return Said.STOP


class TestIcapDoor(ListeningDoor):
    """An upload that is the whole body."""

    of_no_picture: ClassVar[Said] = Said.PASS

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {"icap_port": free_port(), "icap_when_held": "stop", "icap_when_unchecked": "stop"}

    @classmethod
    def settings_that_let_holds_pass(cls) -> dict[str, object]:
        return {**cls.settings(), "icap_when_held": "pass"}

    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        with IcapClient(self.address(guard)) as client:
            client.send(self.asked(upload))
            return said(client.answer())

    def asked(self, upload: bytes) -> bytes:
        return question("REQMOD", PLAIN) + chunked(upload)

    def address(self, guard: RunningGuard) -> tuple[str, int]:
        return "127.0.0.1", int(str(guard.settings["icap_port"]))

    def beginnings(self, guard: RunningGuard) -> list[bytes]:
        upload = question("REQMOD", PLAIN) + b"ffff\r\n\xff\xd8\xff"
        return [upload, b"", b"REQMOD icap", question("REQMOD", PLAIN)[:-20]]

    def is_a_pass(self, answer: bytes) -> bool:
        return b" 204 " in answer or b" 200 " in answer
