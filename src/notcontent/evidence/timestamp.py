"""Timestamps by RFC 3161: asking an authority, and checking what it says, by openssl.

What an authority learns is a hash, and that this machine asks. Its raw reply is kept: it is what proves something.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from notcontent.errors import NotContentError

TIMEOUT_S = 10.0
MAX_REPLY_BYTES = 65_536
_TIME = re.compile(r"^Time stamp: (.+) GMT$", re.M)


class TimestampFailed(NotContentError):
    """An authority gave no timestamp that holds. What was kept stays kept: ask again, or ask another authority."""

    permanent = False


class OpensslMissing(NotContentError):
    """The program openssl is not there, or older than 3. Install it; timestamps are made and checked with it."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who timestamps. `certificates` is a PEM text: what its timestamps are checked against."""

    name: str
    url: str
    certificates: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's raw reply (a TimeStampResp in DER), and the time that it names, in UTC."""

    authority: str
    reply: bytes
    at: datetime


def ask_for_stamp(data: bytes, authority: Authority) -> Stamp:
    """A timestamp over these bytes, checked. Raises `TimestampFailed` and `OpensslMissing`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").write_bytes(data)
        query = folder / "query"
        _openssl("ts", "-query", "-data", folder / "data", "-sha256", "-cert", "-out", query)
        reply = _post(authority, query.read_bytes())
        (folder / "reply").write_bytes(reply)
        (folder / "ca").write_text(authority.certificates)
        # Against the query, so that its random number is checked too: an old reply is no answer to it.
        _openssl("ts", "-verify", "-queryfile", query, *_told(folder))
        return Stamp(authority.name, reply, _time_of(folder))


def check_stamp(data: bytes, reply: bytes, authority: Authority) -> Stamp:
    """The timestamp in a reply that was kept, if it is over these bytes. Raises `TimestampFailed`, `OpensslMissing`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in (("data", data), ("reply", reply), ("ca", authority.certificates.encode())):
            (folder / file).write_bytes(content)
        at = _time_of(folder)
        # As of its own time: an authority's certificates run out, its timestamps stand.
        then = str(int(at.timestamp()))
        _openssl("ts", "-verify", "-data", folder / "data", *_told(folder), "-attime", then)
        return Stamp(authority.name, reply, at)


def _told(folder: Path) -> tuple[object, ...]:
    return ("-in", folder / "reply", "-CAfile", folder / "ca", "-untrusted", folder / "ca")


def _time_of(folder: Path) -> datetime:
    found = _TIME.search(_openssl("ts", "-reply", "-in", folder / "reply", "-text"))
    if found is None:
        raise TimestampFailed("The authority refused, or its answer tells no time. Ask again, or ask another one.")
    # Fractions of a second stand there where an authority gives them; they are not needed.
    text = re.sub(r"\.\d+", "", found[1])
    return datetime.strptime(text, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)


def _post(authority: Authority, query: bytes) -> bytes:
    try:
        answer = httpx.post(
            authority.url, content=query, headers={"Content-Type": "application/timestamp-query"}, timeout=TIMEOUT_S
        )
    except httpx.HTTPError:
        raise TimestampFailed("The authority could not be reached. Ask again later, or ask another one.") from None
    if answer.status_code != 200 or len(answer.content) > MAX_REPLY_BYTES:
        raise TimestampFailed("The authority gave no timestamp. Ask again later, or ask another one.")
    return answer.content


def _openssl(*words: object) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - words of this file and paths that it made
            ["openssl", *map(str, words)],  # noqa: S607 - whichever the system has
            capture_output=True, text=True, errors="replace", check=False, timeout=30,
        )  # fmt: skip
    except FileNotFoundError:
        raise OpensslMissing("The program openssl is not there. Install it, in version 3 or newer.") from None
    except subprocess.TimeoutExpired:
        raise TimestampFailed("Checking a timestamp took too long. Ask again later.") from None
    if done.returncode:
        raise TimestampFailed("The timestamp does not hold for these bytes and this authority's certificates.")
    return done.stdout
