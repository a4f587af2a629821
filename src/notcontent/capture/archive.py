"""A capture as WARC 1.1 (ISO 28500) in a WACZ 1.1.1, made in memory.

What was masked is told by metadata records; of a full capture bodies stand there as they came.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from notcontent.capture.masking import media_type_of
from notcontent.capture.page import Capture, Kept
from notcontent.feed.text import format_time

#: Headers that were true of the body as it travelled, and are not of the text as it is kept.
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})
_WARC = "data.warc.gz"


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the index."""

    key: str
    url: str
    media_type: str
    status: int
    digest: str
    offset: int
    length: int
    at: datetime

    def __str__(self) -> str:
        told = {
            "url": self.url, "mime": self.media_type, "status": str(self.status), "digest": self.digest,
            "length": str(self.length), "offset": str(self.offset), "filename": _WARC,
        }  # fmt: skip
        return f"{self.key} {self.at:%Y%m%d%H%M%S} {json.dumps(told)}\n"


def write_wacz(capture: Capture, tool: str) -> bytes:
    """The WACZ file: the WARC, its index, the list of pages and the hashes of them."""
    warc, lines = _write_warc(capture, tool)
    index = "".join(sorted(map(str, lines))).encode()
    packed = _pack(index)
    first = index.split(b" {", 1)[0].decode()
    block = {"offset": 0, "length": len(packed), "digest": _digest(packed), "filename": "index.cdx.gz"}
    meta = {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    page = {
        "id": uuid.uuid4().hex,
        "url": capture.url,
        "ts": format_time(capture.began),
        "title": capture.title or capture.url,
    }
    pages = [{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}, page]
    files = {
        f"archive/{_WARC}": warc,
        "indexes/index.cdx.gz": packed,
        "indexes/index.idx": f"!meta 0 {json.dumps(meta)}\n{first} {json.dumps(block)}\n".encode(),
        "pages/pages.jsonl": "".join(f"{json.dumps(each)}\n" for each in pages).encode(),
    }
    package = json.dumps(
        {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "created": format_time(capture.ended),
            "software": tool,
            "resources": [
                {"name": path.rsplit("/", 1)[1], "path": path, "hash": _digest(data), "bytes": len(data)}
                for path, data in files.items()
            ],
        },
        indent=2,
    ).encode()
    files["datapackage.json"] = package
    told = {"path": "datapackage.json", "hash": _digest(package)}
    files["datapackage-digest.json"] = json.dumps(told).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as wacz:
        for path, data in files.items():
            wacz.writestr(zipfile.ZipInfo(path, capture.ended.timetuple()[:6]), data)
    return out.getvalue()


def _write_warc(capture: Capture, tool: str) -> tuple[bytes, list[_Line]]:
    out = io.BytesIO()
    about = f"software: {tool}\r\nformat: WARC File Format 1.1\r\n"
    out.write(_record("warcinfo", capture.began, "application/warc-fields", about.encode(), filename=_WARC))
    lines = []
    for kept in capture.kept:
        answer = kept.answer
        asked = _head(f"GET {_path(answer.url)} HTTP/1.1", (("Host", urlsplit(answer.url).netloc), *answer.asked))
        out.write(_record("request", kept.at, "application/http; msgtype=request", asked, url=answer.url))
        body = answer.body or (None if kept.text is None else kept.text.encode())
        if body is not None:
            offset = out.tell()
            record, digest = _response(kept, body)
            out.write(record)
            media_type = media_type_of(answer.header("content-type"))
            length = out.tell() - offset
            lines.append(
                _Line(_key(answer.url), answer.url, media_type, answer.status, digest, offset, length, kept.at)
            )
        if kept.masked and not answer.body:
            told = "".join(f"masked: {each.line}\r\n" for each in kept.masked)
            status = f"status: {answer.status}\r\n"
            told_bytes = (status + told).encode()
            out.write(_record("metadata", kept.at, "application/warc-fields", told_bytes, url=answer.url))
    return out.getvalue(), lines


def _response(kept: Kept, body: bytes) -> tuple[bytes, str]:
    answer = kept.answer
    named = tuple(
        (f"X-Archive-Orig-{name}" if name.lower() in _OF_THE_BODY else name, text) for name, text in answer.headers
    )
    if not answer.body:
        # The text was read by its own character set and is written in one.
        named = tuple((name, _as_utf8(text) if name.lower() == "content-type" else text) for name, text in named)
    head = _head(f"HTTP/1.1 {answer.status} {answer.reason}", (*named, ("Content-Length", str(len(body)))))
    digest = _digest(body)
    record = _record(
        "response",
        kept.at,
        "application/http; msgtype=response",
        head + body,
        url=answer.url,
        payload=digest,
        ip=answer.ip,
    )
    return record, digest


def _record(
    kind: str,
    at: datetime,
    media_type: str,
    block: bytes,
    *,
    url: str = "",
    payload: str = "",
    ip: str = "",
    filename: str = "",
) -> bytes:
    """One record, packed by itself so that it can be found by its place."""
    fields: Sequence[tuple[str, str]] = (
        ("WARC-Type", kind), ("WARC-Record-ID", f"<urn:uuid:{uuid.uuid4()}>"), ("WARC-Date", format_time(at)),
        ("WARC-Target-URI", url), ("WARC-IP-Address", ip), ("WARC-Filename", filename),
        ("WARC-Block-Digest", _digest(block)), ("WARC-Payload-Digest", payload), ("Content-Type", media_type),
        ("Content-Length", str(len(block))),
    )  # fmt: skip
    return _pack(_head("WARC/1.1", tuple(field for field in fields if field[1])) + block + b"\r\n\r\n")


def _head(first: str, fields: Sequence[tuple[str, str]]) -> bytes:
    lines = (first, *(f"{name}: {value}" for name, value in fields), "", "")
    return "\r\n".join(line.replace("\r", " ").replace("\n", " ") for line in lines).encode()


def _key(url: str) -> str:
    """The address in the order of an index: the parts of its host from the end, then the rest."""
    parts = urlsplit(url.lower())
    host = ",".join(reversed((parts.hostname or "").split(".")))
    port = f":{parts.port}" if parts.port else ""
    return f"{host}{port}){_path(url.lower())}"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _as_utf8(content_type: str) -> str:
    return f"{media_type_of(content_type)}; charset=utf-8"


def _pack(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
