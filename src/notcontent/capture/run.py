"""The process: `python -m notcontent.capture.run` reads what to capture as JSON and writes one sealed record.

In: {"url", "keys": [64 hex digits …], "case", "collector", "reason", "practice", "full"}. Out: the record's hash,
a line feed, and the record sealed to the keys; with exit code 2 a sentence instead. It has no database and writes
nothing to a disk.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - whatever is loaded late has to be there before rights are given up
import json
import os
import resource
import secrets
import sys
from importlib.metadata import version
from typing import Any

import pyrage

from notcontent.capture.addresses import Pins
from notcontent.capture.archive import write_wacz
from notcontent.capture.errors import CaptureError
from notcontent.capture.page import Capture, capture_page
from notcontent.errors import NotContentError
from notcontent.evidence.record import FileOf, Record, join, make_record
from notcontent.feed.text import format_time
from notcontent.letter import format_recipient

_NOBODY = 65534
_HOW = {
    False: "Chromium without scripts and without a network; pictures and videos fetched, hashed and left out",
    True: "Chromium without scripts and without a network; bodies kept in the archive as they came, shown to nobody",
}


def main() -> int:
    """Capture one page."""
    tool = f"notcontent {version('notcontent')}"
    give_up_rights()
    try:
        asked: dict[str, Any] = json.load(sys.stdin)
        is_full = bool(asked.get("full"))
        capture = capture_page(asked["url"], Pins(practice=asked["practice"]), is_full=is_full)
        told = {name: asked[name] for name in ("case", "collector", "reason") if asked.get(name)}
        record, files = make_evidence(capture, tool, told, is_full=is_full)
        recipients = [pyrage.x25519.Recipient.from_str(format_recipient(key)) for key in asked["keys"]]
        sealed = pyrage.encrypt(join(record, files), recipients)
    except (NotContentError, CaptureError) as error:
        print(error)
        return 2
    sys.stdout.buffer.write(f"{record.sha256}\n".encode() + sealed)
    return 0


def give_up_rights() -> None:
    """No memory of this process becomes a file when it dies; and where it is root's, it goes on as nobody."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def make_evidence(
    capture: Capture, tool: str, more: dict[str, str], *, is_full: bool = False
) -> tuple[Record, list[bytes]]:
    """The record of a capture and its files: the page in grey boxes, the WACZ and the list of what was masked.

    In a full capture the WACZ holds what the list names.
    """
    first = capture.kept[0].answer
    masked = "".join(f"{each.line}\n" for each in capture.masked)
    files = [
        ("page.png", "image/png", capture.screenshot),
        ("page.wacz", "application/wacz", write_wacz(capture, tool)),
        ("masked.txt", "text/plain", masked.encode()),
    ]
    values = [
        ("kind", "full_capture" if is_full else "capture"),
        ("url", capture.url),
        ("page_title", capture.title),
        ("address_asked", first.ip),
        ("status", str(first.status)),
        ("certificate_sha256", first.certificate_sha256 or ""),
        ("began_at", format_time(capture.began)),
        ("ended_at", format_time(capture.ended)),
        ("masked", str(len(capture.masked))),
        ("how", _HOW[is_full]),
        ("tool", tool),
        *more.items(),
        *(("file", str(FileOf.of(data, media_type, name))) for name, media_type, data in files),
    ]
    record = make_record([pair for pair in values if pair[1]], lambda: secrets.token_hex(16))
    return record, [data for _, _, data in files]


if __name__ == "__main__":
    sys.exit(main())
