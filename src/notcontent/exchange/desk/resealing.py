"""Sealing letters anew, from outside: a device of the helpline fetches them, opens them, and gives them back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from notcontent.exchange.answers import malformed
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.letters.models import Letter, Sender
from notcontent.letter import looks_sealed

#: Letters that one answer or request may hold: 20 of the largest are below 2 MB in base64.
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class StaleLetter:
    """A letter that waits to be sealed anew, to all of these keys (64 hex digits each)."""

    id: str
    sealed: bytes
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SealedAnew:
    """The same letter, sealed to the keys it should have. `was_sha256`: of the bytes it was opened from."""

    id: str
    was_sha256: str
    sealed: bytes


def waiting(after: str = "") -> tuple[list[StaleLetter], int]:
    """The next letters in the order of their ids, and how many wait after them."""
    keys = sealing_keys()
    rows = Letter.objects.filter(stale=True, id__gt=after).order_by("id").select_related("case")
    letters = [
        StaleLetter(
            row.id, bytes(row.sealed), tuple([row.case.reply_to, *keys] if row.sender == Sender.HELPLINE else keys)
        )
        for row in rows[:AT_ONCE]
    ]
    return letters, max(0, rows.count() - len(letters))


def take_back(letters: Sequence[SealedAnew], keys: Sequence[str], *, actor: str, today: date) -> int:
    """Store what was sealed anew to `keys`; how many were. Raises `Refused` 400 for what is not sealed.

    A letter that has changed meanwhile stays as it is, and so does every one if the keys have changed: they still wait.
    """
    if not all(looks_sealed(letter.sealed) for letter in letters):
        raise malformed("A letter must be a file of the age format.")
    with transaction.atomic():
        if sorted(keys) != sealing_keys():
            return 0
        offered = {letter.id: letter for letter in letters}
        taken = 0
        for row in Letter.objects.select_for_update().filter(id__in=offered, stale=True).order_by("id"):
            letter = offered[row.id]
            if hashlib.sha256(row.sealed).hexdigest() == letter.was_sha256:
                row.sealed, row.stale = letter.sealed, False
                row.save(update_fields=["sealed", "stale"])
                taken += 1
        if taken:
            write_audit(
                day=today, actor=actor, action="letters sealed anew", subject="letters", reason=f"{taken} letters"
            )
        return taken
