"""Sealing letters and evidence anew, from outside: a device of the helpline fetches, opens and gives them back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from notcontent.exchange.answers import malformed
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.evidence.custody import write_touch
from notcontent.exchange.evidence.keeping import looks_sealed as looks_like_evidence
from notcontent.exchange.evidence.models import Evidence
from notcontent.exchange.letters.keys import offline_keys, sealing_keys
from notcontent.exchange.letters.models import Letter, Sender
from notcontent.letter import looks_sealed

#: Letters or pieces of evidence that one answer or request may hold: 20 of the largest letters are below 2 MB.
AT_ONCE = 20
#: Evidence is larger: as many pieces as stay below this, and at least one.
EVIDENCE_BYTES_AT_ONCE = 1 << 20
LETTER_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Stale:
    """A letter or a piece of evidence that waits to be sealed anew, to all of these keys (64 hex digits each)."""

    id: str
    sealed: bytes
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SealedAnew:
    """The same, sealed to the keys it should have. `was_sha256`: of the bytes it was opened from."""

    id: str
    was_sha256: str
    sealed: bytes


def mark_stale(*, is_recovery: bool) -> None:
    """The keys have changed: everything waits. What is sealed to the offline keys alone, only if one of those did."""
    Letter.objects.update(stale=True)
    Evidence.objects.filter(**({} if is_recovery else {"offline": False})).update(stale=True)


def anything_waits() -> bool:
    """Whether anything does."""
    return bool(Letter.objects.filter(stale=True).exists() or Evidence.objects.filter(stale=True).exists())


def count_waiting() -> int:
    """How many letters and pieces of evidence wait."""
    return int(Letter.objects.filter(stale=True).count()) + int(Evidence.objects.filter(stale=True).count())


def waiting(after: str = "") -> tuple[list[Stale], int]:
    """The next that wait, and how many after them: letters in the order of their ids, then evidence in that of its."""
    keys = sealing_keys()
    in_letters = len(after) <= LETTER_ID_DIGITS
    evidence = Evidence.objects.filter(stale=True, id__gt="" if in_letters else after).order_by("id")
    left = evidence.count()
    if in_letters:
        rows = Letter.objects.filter(stale=True, id__gt=after).order_by("id").select_related("case")
        letters = [Stale(row.id, bytes(row.sealed), _readers(row, keys)) for row in rows[:AT_ONCE]]
        if letters:
            return letters, rows.count() - len(letters) + left
    pieces = list(_that_fit(evidence.values_list("id", flat=True)[:AT_ONCE], keys))
    return pieces, left - len(pieces)


def take_back(offered: Sequence[SealedAnew], keys: Sequence[str], *, actor: str, now: datetime) -> int:
    """Store what was sealed anew to `keys`; how many were. Raises `Refused` 400 for what is not sealed.

    What has changed meanwhile stays as it is, and so does everything if the keys have changed: it still waits.
    """
    anew = {one.id: one for one in offered}
    letters = {id_: one for id_, one in anew.items() if len(id_) == LETTER_ID_DIGITS}
    if not all((looks_sealed if one.id in letters else looks_like_evidence)(one.sealed) for one in offered):
        raise malformed("A letter, and evidence, must be a file of the age format.")
    with transaction.atomic():
        if sorted(keys) != sealing_keys():
            return 0
        taken = 0
        for row in Letter.objects.select_for_update().filter(id__in=letters, stale=True).order_by("id"):
            taken += _replace(row, anew[row.id])
        if taken:
            told = f"{taken} letters"
            write_audit(day=now.date(), actor=actor, action="letters sealed anew", subject="letters", reason=told)
        pieces = Evidence.objects.select_for_update().filter(id__in=anew.keys() - letters.keys(), stale=True)
        for piece in pieces.order_by("id"):
            if _replace(piece, anew[piece.id]):
                taken += 1
                write_touch(piece.id, "sealed anew", actor=actor, now=now)
        return taken


def _readers(letter: Letter, keys: list[str]) -> tuple[str, ...]:
    return tuple([letter.case.reply_to, *keys] if letter.sender == Sender.HELPLINE else keys)


def _that_fit(ids: Sequence[str], keys: list[str]) -> Iterator[Stale]:
    size = 0
    for id_ in ids:
        piece = Evidence.objects.get(id=id_)
        size += len(piece.sealed)
        if size > EVIDENCE_BYTES_AT_ONCE and size > len(piece.sealed):
            return
        yield Stale(id_, bytes(piece.sealed), tuple(offline_keys() if piece.offline else keys))


def _replace(row: Letter | Evidence, anew: SealedAnew) -> bool:
    """Whether it is still what was opened, and was replaced."""
    if hashlib.sha256(row.sealed).hexdigest() != anew.was_sha256:
        return False
    row.sealed, row.stale = anew.sealed, False
    row.save(update_fields=["sealed", "stale"])
    return True
