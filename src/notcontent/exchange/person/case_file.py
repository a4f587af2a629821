"""Case files: a case sealed on her device for this exchange, to be brought in by any way (docs/spec/person.md §8)."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pyrage

from notcontent.exchange.answers import decode_json, malformed
from notcontent.exchange.folder import Folder
from notcontent.exchange.person.asking import parse_case
from notcontent.exchange.person.receiving import take_case
from notcontent.exchange.person.work import check_work_of_file
from notcontent.exchange.profile import Profile
from notcontent.letter import parse_key

#: As large as a body may be, and what sealing adds.
MAX_BYTES = (1 << 20) + 4_096


def public_key(folder: Folder) -> str:
    """What case files are sealed to, 64 hex digits."""
    return parse_key(str(_identity(folder.case_file_key).to_public()))


def take_case_file(untrusted_sealed: bytes, folder: Folder, profile: Profile, today: date) -> None:
    """Open a case file and take in its case; durable when this returns. Raises `Refused` as for any case."""
    try:
        if len(untrusted_sealed) > MAX_BYTES:
            raise ValueError
        body = pyrage.decrypt(untrusted_sealed, [_identity(folder.case_file_key)])
    except (pyrage.DecryptError, ValueError):
        raise malformed("This is no case file for this helpline.") from None
    offered = parse_case(decode_json(body), profile.max_entries)
    check_work_of_file(offered.untrusted_challenge, offered.nonces, offered.locator, today)
    take_case(offered, profile, today)


@cache
def _identity(path: Path) -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.from_str(path.read_text().strip())
