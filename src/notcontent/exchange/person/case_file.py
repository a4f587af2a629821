"""Case files: a case sealed on her device for this exchange, to be brought in by any way (docs/spec/person.md §8)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyrage

from notcontent.exchange.folder import Folder
from notcontent.letter import parse_key


def public_key(folder: Folder) -> str:
    """What case files are sealed to, 64 hex digits."""
    return parse_key(str(_identity(folder.case_file_key).to_public()))


@cache
def _identity(path: Path) -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.from_str(path.read_text().strip())
