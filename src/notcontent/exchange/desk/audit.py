"""The append-only, hash-chained record of what humans did at the helpline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext

from notcontent.exchange.desk.audit_head import (
    AuditHead,
    last_head_file,
    read_head_file,
    read_signed_heads,
    write_signed_head,
)
from notcontent.exchange.desk.errors import AuditHeadUnreadable
from notcontent.exchange.desk.models import Account, AuditRow
from notcontent.exchange.folder import Folder
from notcontent.feed.keys import parse_feed_keys
from notcontent.feed.signature import PublicKey, Signed, SigningKey

FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the audit: the number of the first row that does not hold, and a sentence about it."""

    number: int
    text: str


def hash_row(row: AuditRow) -> str:
    """SHA-256 over the row and the hash of the one before, 64 hex digits."""
    return _hash([row.number, row.day.isoformat(), row.actor, row.action, row.subject, row.reason, row.previous_sha256])


def write_audit(*, day: date, actor: str, action: str, subject: str, reason: str) -> AuditRow:
    """Append one row. Call it inside the transaction of the act itself, so that neither exists without the other.

    `actor` is the name of an account, whose random id the row keeps, so that a name can be forgotten; or any other word
    for who it was. `subject` is a random id. WARNING: `reason` stays for good; no name and no address belongs into it.
    """
    with transaction.atomic():
        _one_at_a_time()
        account = Account.objects.filter(user__username=actor).only("id").first()
        last = AuditRow.objects.order_by("-number").first()
        number, previous = (last.number + 1, last.row_sha256) if last else (1, FIRST)
        row = AuditRow(
            number=number,
            day=day,
            actor=account.id if account else actor,
            action=action,
            subject=subject,
            reason=reason,
            previous_sha256=previous,
        )
        row.row_sha256 = hash_row(row)
        row.save()
        return row


def sign_head(folder: Folder, key: SigningKey, today: date) -> bool:
    """Sign how the audit stands now, one head a day. False, and nothing signed, where it no longer fits the last head.

    The publisher does this once a day; whoever rewrote rows gets no signature for it.
    """
    if (newest := last_head_file(folder)) is not None:
        try:
            before = read_head_file(newest, online_keys(folder))
        except AuditHeadUnreadable:
            return False
        if before.number and not AuditRow.objects.filter(number=before.number, row_sha256=before.sha256).exists():
            return False
    last = AuditRow.objects.order_by("-number").first()
    head = AuditHead(today, last.number, last.row_sha256) if last else AuditHead(today, 0, FIRST)
    write_signed_head(folder, key, head)
    return True


def has_head_of(folder: Folder, day: date) -> bool:
    """Whether this day's head is signed."""
    return (folder.audit / f"{day.isoformat()}.head").exists()


def first_broken_row() -> int | None:
    """The number of the first row whose chain does not hold, or None when all do."""
    fault = find_fault([])
    return fault.number if fault else None


def check_audit(folder: Folder, kept_elsewhere: list[AuditHead] | None = None) -> Fault | None:
    """The first fault by the chain, by all heads signed here and by those that somebody kept elsewhere.

    Raises `AuditHeadUnreadable`.
    """
    return find_fault([*read_signed_heads(folder, online_keys(folder)), *(kept_elsewhere or [])])


def online_keys(folder: Folder) -> tuple[PublicKey, ...]:
    """The keys that may have signed a head: those the root key vouches for."""
    signed = Signed.from_json(json.loads(folder.feed_keys.read_bytes()))
    root = PublicKey.from_text(folder.root_public.read_text())
    return parse_feed_keys(root.verify(signed)).keys


def find_fault(signed_heads: list[AuditHead]) -> Fault | None:
    """The first row that does not hold, by the chain itself and by heads whose signatures were checked before.

    A chain alone can be written anew from any row on, or cut short; a head signed since then shows it.
    """
    signed: dict[int, AuditHead] = {}
    for head in sorted(signed_heads, key=lambda head: head.day):
        if signed.setdefault(head.number, head).sha256 != head.sha256:
            return Fault(head.number, gettext("two signed heads differ about row %(row)s") % {"row": head.number})
    signed.pop(0, None)
    previous, expected, proven = FIRST, 1, 0
    for stored in _rows_as_stored():
        number, row_sha256 = stored[0], stored[-1]
        if number != expected:
            return Fault(expected, gettext("row %(row)s is missing") % {"row": expected})
        if stored[-2] != previous or row_sha256 != _hash(stored[:-1]):
            return Fault(expected, gettext("row %(row)s or the one before it was changed") % {"row": expected})
        previous, expected = row_sha256, expected + 1
        if number in signed:
            head = signed.pop(number)
            if head.sha256 != row_sha256:
                told = {"first": proven + 1, "last": number, "day": head.day.isoformat()}
                text = gettext("a row from %(first)s to %(last)s was changed after %(day)s, when it was signed")
                return Fault(proven + 1, text % told)
            proven = number
    if signed:
        head = signed[max(signed)]
        told = {"row": expected, "day": head.day.isoformat(), "count": head.number}
        return Fault(expected, gettext("row %(row)s is missing: on %(day)s there were %(count)s") % told)
    return None


COLUMNS = ("number", "day_as_stored", "actor", "action", "subject", "reason", "previous_sha256", "row_sha256")


def _rows_as_stored() -> Iterator[tuple[Any, ...]]:
    """The columns as they stand in the table: a day that is written otherwise is another day here."""
    rows = AuditRow.objects.annotate(day_as_stored=Cast("day", TextField())).order_by("number")
    reached = 0
    try:
        for row in rows.values_list(*COLUMNS).iterator(chunk_size=1000):
            yield row
            reached = row[0]
    except (DatabaseError, ValueError):
        # Bytes that are no text any more. Whole chunks are read at once, so the row is sought one by one; where none
        # has the next number, it is that number that can't be read.
        for number in count(reached + 1):
            try:
                yield rows.filter(number=number).values_list(*COLUMNS).first() or (None,) * len(COLUMNS)
            except (DatabaseError, ValueError):
                yield (number, *[None] * (len(COLUMNS) - 1))


def _hash(fields: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(list(fields), ensure_ascii=True, default=str).encode()).hexdigest()


def _one_at_a_time() -> None:
    # Two writers must never take the same number. SQLite's transactions are whole from their start (IMMEDIATE).
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE desk_auditrow IN SHARE ROW EXCLUSIVE MODE")
