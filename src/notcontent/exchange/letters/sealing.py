"""Sealing what the helpline's server writes itself: from then on it can't read it either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyrage

from notcontent.letter import format_letter, format_recipient


def seal_letter(letter: dict[str, Any], keys: Sequence[str]) -> bytes:
    """A letter (docs/spec/person.md §6) as an age file that each of these keys opens, 64 hex digits each."""
    recipients = [pyrage.x25519.Recipient.from_str(format_recipient(key)) for key in dict.fromkeys(keys)]
    sealed: bytes = pyrage.encrypt(format_letter(letter), recipients)
    return sealed
