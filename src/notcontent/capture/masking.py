"""What of an answer may be kept: text, with what is packed into it left out. No picture is ever decoded. Pure.

Whatever is not surely text counts as a picture or video. What stays of it: type, length and SHA-256.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

TEXTS = frozenset(
    {
        "text/html", "text/css", "text/plain", "text/xml", "application/xhtml+xml", "application/xml",
        "application/json", "application/javascript", "text/javascript", "application/ld+json",
    }
)  # fmt: skip
#: `data:` addresses, however their letters are written; and runs so long that only packed bytes look like that.
_PACKED = re.compile(
    r"""data:[a-z0-9.+-]+/[a-z0-9.+-]+[^"'<>\s)\\]{0,200}?,[^"'<>\s)\\]*|[A-Za-z0-9+/_=-]{300,}|(?:%[0-9A-Fa-f]{2}){300,}""",
    re.I,
)
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_-]{2,30})", re.I)
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Masked:
    """A body, or a part of a text, that was left out. `url` is that of the body or of the text.

    Of a part the type and hash are of the text as it stood there.
    """

    url: str
    media_type: str
    size_bytes: int
    sha256: str

    @property
    def line(self) -> str:
        """As it stands in masked.txt."""
        return f"{self.sha256} {self.size_bytes} {self.media_type} {self.url}"


def media_type_of(content_type: str) -> str:
    """The type that an answer's header names, in small letters; `application/octet-stream` where it names none."""
    told = content_type.split(";", maxsplit=1)[0].strip().lower()
    return told if _TYPE.fullmatch(told) else "application/octet-stream"


def mask_body(url: str, content_type: str, body: bytes, *, may_be_text: bool = True) -> tuple[str | None, list[Masked]]:
    """The text that may be kept, or None; and what was left out. `may_be_text`: not where it is shown as a picture."""
    if not body:
        return "", []
    media_type = media_type_of(content_type)
    text = _read(body, content_type) if may_be_text and media_type in TEXTS else None
    if text is None:
        return None, [Masked(url, media_type, len(body), hashlib.sha256(body).hexdigest())]
    masked: list[Masked] = []

    def leave_out(found: re.Match[str]) -> str:
        packed = found[0].encode()
        kind = media_type_of(found[0][5:]) if found[0][:5].lower() == "data:" else "application/octet-stream"
        masked.append(Masked(url, kind, len(packed), hashlib.sha256(packed).hexdigest()))
        return f"about:masked-{len(masked)}"

    return _PACKED.sub(leave_out, text), masked


def _read(body: bytes, content_type: str) -> str | None:
    """The text, unless there are bytes in it that no text has: a picture that calls itself a page."""
    named = _CHARSET.search(content_type) or _CHARSET.search(body[:2048].decode("latin-1"))
    try:
        text = body.decode(named[1] if named else "utf-8")
    except (UnicodeError, LookupError, ValueError):
        return None
    return None if any(sign < " " and sign not in "\t\n\r\f" for sign in text) else text
