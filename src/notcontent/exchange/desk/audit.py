"""The append-only, hash-chained record of what humans did at the helpline."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from django.db import transaction

from notcontent.exchange.desk.models import AuditRow

FIRST = "0" * 64


def hash_row(row: AuditRow) -> str:
    """SHA-256 over the row and the hash of the one before, 64 hex digits."""
    fields = [row.number, row.day.isoformat(), row.actor, row.action, row.subject, row.reason, row.previous_sha256]
    line = json.dumps(fields, ensure_ascii=True)
    return hashlib.sha256(line.encode()).hexdigest()


def write_audit(*, day: date, actor: str, action: str, subject: str, reason: str) -> AuditRow:
    """Append one row. Call it inside the transaction of the act itself, so that neither exists without the other."""
    with transaction.atomic():
        last = AuditRow.objects.select_for_update().order_by("-number").first()
        number, previous = (last.number + 1, last.row_sha256) if last else (1, FIRST)
        row = AuditRow(
            number=number,
            day=day,
            actor=actor,
            action=action,
            subject=subject,
            reason=reason,
            previous_sha256=previous,
        )
        row.row_sha256 = hash_row(row)
        row.save()
        return row


def first_broken_row() -> int | None:
    """The number of the first row whose chain does not hold, or None when all do."""
    previous, expected = FIRST, 1
    for row in AuditRow.objects.order_by("number").iterator():
        if row.number != expected or row.previous_sha256 != previous or row.row_sha256 != hash_row(row):
            return int(row.number)
        previous, expected = row.row_sha256, expected + 1
    return None
