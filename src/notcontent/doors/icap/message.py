"""ICAP messages on the wire: a question with the HTTP message it encloses, and the answers. Source: RFC 3507."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Final

from notcontent.errors import NotContentError
from notcontent.guard.words import Words

SERVICE: Final = "notcontent"
#: The heads of the HTTP messages inside, together.
MAX_ENCLOSED_BYTES: Final = 128 << 10
_METHODS: Final = ("OPTIONS", "REQMOD", "RESPMOD")
_REASONS: Final = {
    400: "Bad request",
    404: "ICAP Service not found",
    405: "Method not allowed for service",
    408: "Request timeout",
    505: "ICAP version not supported",
}
_REFUSAL: Final = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\n\r\n"
)


class NotUnderstood(NotContentError):
    """An ICAP message breaks the protocol. `status` travels; the connection ends."""

    def __init__(self, status: int = 400) -> None:
        """Keep the status."""
        super().__init__(f"{_REASONS[status]}. Ask the service /{SERVICE} as RFC 3507 has it.")
        self.status = status


@dataclass(frozen=True, slots=True)
class Question:
    """The head of a question. `enclosed`: the parts of the HTTP message and where each begins, the body last."""

    method: str
    allows_204: bool
    has_preview: bool
    keeps_alive: bool
    enclosed: tuple[tuple[str, int], ...]

    @property
    def enclosed_bytes(self) -> int:
        """How long the heads inside are."""
        return self.enclosed[-1][1]

    @property
    def has_body(self) -> bool:
        """Whether a body follows them."""
        return self.enclosed[-1][0] != "null-body"

    @property
    def letter(self) -> str:
        """What is to be given back: the request (`req`) or the response (`res`)."""
        return "res" if self.method == "RESPMOD" else "req"

    def own_head(self, untrusted_heads: bytes) -> bytes:
        """The head of the message that is asked about, out of all of them; empty if there is none."""
        return self._head(f"{self.letter}-hdr", untrusted_heads)

    def accept_language(self, untrusted_heads: bytes) -> str:
        """The languages that the HTTP request inside asks for; empty if it names none or is not there."""
        return field_of(self._head("req-hdr", untrusted_heads), b"accept-language").decode("latin-1")

    def _head(self, wanted: str, untrusted_heads: bytes) -> bytes:
        for (name, start), (_, end) in zip(self.enclosed, self.enclosed[1:], strict=False):
            if name == wanted:
                return untrusted_heads[start:end]
        return b""


def parse_question(untrusted_head: bytes) -> Question:
    """The head up to its empty line. Raises NotUnderstood."""
    first, *lines = untrusted_head.strip(b"\r\n").split(b"\r\n")
    words = first.decode("latin-1").split(" ")
    if len(words) != 3:
        raise NotUnderstood
    method, address, version = words
    if version != "ICAP/1.0":
        raise NotUnderstood(505)
    if method not in _METHODS:
        raise NotUnderstood(405)
    path = re.sub(r"^icaps?://[^/?]*", "", address).partition("?")[0]
    if path.strip("/") != SERVICE:
        raise NotUnderstood(404)
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise NotUnderstood
        name = name.strip().lower()
        fields[name] = f"{fields[name]}, {value.strip()}" if name in fields else value.strip()
    return Question(
        method,
        allows_204="204" in re.split(r"[,\s]+", fields.get("allow", "")),
        has_preview="preview" in fields,
        keeps_alive=fields.get("connection", "").lower() != "close",
        enclosed=_parse_enclosed(method, fields.get("encapsulated")),
    )


def _parse_enclosed(method: str, untrusted: str | None) -> tuple[tuple[str, int], ...]:
    """Source: RFC 3507 §4.4.1."""
    if untrusted is None and method == "OPTIONS":
        return (("null-body", 0),)
    names = {"OPTIONS": (), "REQMOD": ("req-hdr",), "RESPMOD": ("req-hdr", "res-hdr")}[method]
    body = {"OPTIONS": "opt-body", "REQMOD": "req-body", "RESPMOD": "res-body"}[method]
    parts = []
    for each in (untrusted or "").split(","):
        if not (found := re.fullmatch(r"\s*([a-z-]+)\s*=\s*(\d{1,7})\s*", each)):
            raise NotUnderstood
        parts.append((found[1], int(found[2])))
    starts = [start for _, start in parts]
    heads = [name for name, _ in parts[:-1]]
    if (
        parts[-1][0] not in (body, "null-body")
        or heads != [name for name in names if name in heads]
        or starts != sorted(starts)
        or starts[0] != 0
        or starts[-1] > MAX_ENCLOSED_BYTES
    ):
        raise NotUnderstood
    return tuple(parts)


def field_of(untrusted_http_head: bytes, name: bytes) -> bytes:
    """The value of a field in an HTTP head, in lower case where it does not matter here; empty if it has none."""
    found = re.findall(rb"(?im)^%s[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$" % re.escape(name), untrusted_http_head)
    return b", ".join(found)


def format_error(error: NotUnderstood | None, tag: str) -> bytes:
    """An answer after which the connection ends; None: the question took too long to arrive."""
    return _head(error.status if error else 408, tag, keeps_alive=False)


def format_options(program: str, tag: str, most_connections: int, *, keeps_alive: bool) -> bytes:
    """What this service does. No Preview is offered: whether a file is listed shows only when all of it is there."""
    more = (
        f"Methods: REQMOD, RESPMOD\r\nService: {program}\r\nAllow: 204\r\nMax-Connections: {most_connections}\r\n"
        "Options-TTL: 3600\r\nEncapsulated: null-body=0\r\n"
    )
    return _head(200, tag, more, keeps_alive=keeps_alive)


def format_unchanged(tag: str, *, keeps_alive: bool) -> bytes:
    """204: it may pass as it is. Only to a client that allowed it."""
    return _head(204, tag, "Encapsulated: null-body=0\r\n", keeps_alive=keeps_alive)


def format_echo(question: Question, own_head: bytes, tag: str, *, keeps_alive: bool) -> bytes:
    """200 with the same message again; its body, if it has one, follows in chunks."""
    letter = question.letter
    body = f"{letter}-body" if question.has_body else "null-body"
    parts = f"{letter}-hdr=0, {body}={len(own_head)}" if own_head else f"{body}=0"
    return _head(200, tag, f"Encapsulated: {parts}\r\n", keeps_alive=keeps_alive) + own_head


def format_refusal(name: str, tag: str, words: Words, *, keeps_alive: bool) -> bytes:
    """200 with a 403 inside, whose page says the neutral sentence. `name` stands where a virus's name would."""
    language, direction = words.language.tag, "rtl" if words.language.right_to_left else "ltr"
    page = (
        f'<!doctype html><html lang="{language}" dir="{direction}"><meta charset="utf-8"><title>403</title>'
        f"<p>{escape(words.say('uploader.held'))}</p></html>\n"
    ).encode()
    refusal = _REFUSAL % len(page)
    more = (
        f"X-Infection-Found: Type=0; Resolution=2; Threat={name};\r\n"
        f"Encapsulated: res-hdr=0, res-body={len(refusal)}\r\n"
    )
    return _head(200, tag, more, keeps_alive=keeps_alive) + refusal + format_chunk(page) + format_chunk(b"")


def format_chunk(block: bytes) -> bytes:
    """One chunk; an empty one ends a body."""
    return b"%x\r\n%s\r\n" % (len(block), block)


def _head(status: int, tag: str, more: str = "", *, keeps_alive: bool) -> bytes:
    reason = {200: "OK", 204: "No Content"}.get(status) or _REASONS[status]
    connection = "keep-alive" if keeps_alive else "close"
    return f'ICAP/1.0 {status} {reason}\r\nISTag: "{tag}"\r\nConnection: {connection}\r\n{more}\r\n'.encode()
