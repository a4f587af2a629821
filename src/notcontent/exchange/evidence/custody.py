"""Who touched which piece of evidence, when: append-only, chained, and bound to the audit with its signed heads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from notcontent.evidence.manifest import Touch
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.models import Account
from notcontent.exchange.evidence.models import CustodyRow
from notcontent.feed.text import NO_HASH, format_time


def write_touch(evidence_id: str, what: str, *, actor: str, now: datetime) -> Touch:
    """Append a row. Call it inside the transaction of the touch itself, with the evidence locked.

    `what` is a few words that name no person, at most 40 characters.
    """
    with transaction.atomic():
        last = CustodyRow.objects.filter(evidence=evidence_id).order_by("-number").first()
        number, previous = (last.number + 1, last.row_sha256) if last else (1, NO_HASH)
        touch = Touch(evidence_id, number, now.replace(microsecond=0), id_of(actor), what, previous)
        CustodyRow.objects.create(
            evidence=touch.evidence, number=touch.number, at=format_time(touch.at), actor=touch.actor, what=touch.what,
            previous_sha256=touch.previous_sha256, row_sha256=touch.sha256,
        )  # fmt: skip
        told = f"row {touch.number} of its custody (sha256: {touch.sha256})"
        write_audit(day=now.date(), actor=actor, action=f"evidence {what}", subject=evidence_id, reason=told)
        return touch


def custody_of(evidence_ids: Sequence[str]) -> list[Touch]:
    """Every row of these pieces, piece by piece, oldest first."""
    rows = CustodyRow.objects.filter(evidence__in=evidence_ids).order_by("evidence", "number")
    return [row.touch for row in rows]


def id_of(actor: str) -> str:
    """The random id of the actor's account, as the audit has it; the word itself for whoever has none."""
    account = Account.objects.filter(user__username=actor).only("id").first()
    return str(account.id) if account else actor
