"""Fetching what a page asks for, instead of the browser: to pinned addresses, bounded, without cookies."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import time
import zlib
from dataclasses import dataclass

from notcontent.capture.addresses import Pins, Target
from notcontent.capture.errors import CaptureError

MAX_BODY_BYTES = 64 << 20
MAX_TEXT_BYTES = 8 << 20
TIMEOUT_S = 15.0
LONGEST_S = 40.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site answered. `body` is as it came unless it was packed by gzip or deflate; headers in their order."""

    url: str
    ip: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    asked: tuple[tuple[str, str], ...]
    certificate_sha256: str | None

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next((value for each, value in self.headers if each.lower() == name), "")


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked up, whatever the name leads to by now."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT_S)
        self._target = target
        self.certificate_sha256: str | None = None

    def connect(self) -> None:
        """Connect; with https, to whoever proves to be the host."""
        plain = socket.create_connection((self._target.ip, self._target.port), TIMEOUT_S)
        if self._target.scheme == "http":
            self.sock = plain
            return
        wrapped = ssl.create_default_context().wrap_socket(plain, server_hostname=self._target.host)
        self.certificate_sha256 = hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()
        self.sock = wrapped


def fetch(url: str, pins: Pins, asked: tuple[tuple[str, str], ...]) -> Answer:
    """One answer, no redirect followed. `asked`: the headers that say what is wanted. Raises `CaptureError`."""
    target = pins.find(url)
    headers = (*asked, ("Accept-Encoding", "gzip"))
    connection = _Pinned(target)
    try:
        connection.request("GET", target.path, headers=dict(headers))
        answer = connection.getresponse()
        body = _read(answer)
    except (OSError, http.client.HTTPException, ValueError):
        raise CaptureError("The site did not answer as it should. Try again later.") from None
    finally:
        connection.close()
    told = tuple((name, value) for name, value in answer.getheaders())
    packing = (answer.getheader("Content-Encoding") or "").strip().lower()
    return Answer(
        url,
        target.ip,
        answer.status,
        answer.reason,
        told,
        unpack(body, packing),
        headers,
        connection.certificate_sha256,
    )


def _read(answer: http.client.HTTPResponse) -> bytes:
    pieces, size, end = [], 0, time.monotonic() + LONGEST_S
    while piece := answer.read(65_536):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BODY_BYTES or time.monotonic() > end:
            raise CaptureError("The site sends more than is captured. Write down typed facts instead.")
    return b"".join(pieces)


def unpack(body: bytes, packing: str) -> bytes:
    """What is packed otherwise, or grows larger than a text may be, stays as it came, and so counts as no text."""
    if packing not in {"gzip", "x-gzip", "deflate"}:
        return body
    try:
        opened = zlib.decompressobj(wbits=47)
        text = opened.decompress(body, MAX_TEXT_BYTES)
    except zlib.error:
        return body
    return text if opened.eof else body
