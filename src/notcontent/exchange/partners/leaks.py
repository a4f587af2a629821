"""Where a leaked list came from: whose canaries are in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import transaction

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.roles import COMMAND_LINE
from notcontent.exchange.partners.canaries import nearest_bits, rows_of
from notcontent.exchange.partners.models import CanaryState, Stream
from notcontent.feed.snapshot import HEADER, MAGIC, RECORD

#: A leaked fingerprint may have been altered on purpose. Unrelated pictures are never as near as this.
FOUND_WITHIN_BITS = 31
_DIGITS = re.compile(rb"[0-9a-fA-F]{64,}")


@dataclass(frozen=True, slots=True)
class LeakedFrom:
    """A partner whose canaries are in a leak: so many of those that its stream was ever sent."""

    partner_id: str
    name: str
    found: int
    sent: int


@dataclass(frozen=True, slots=True)
class Leak:
    """What a leak says. `fingerprints`: how many were read in it."""

    fingerprints: int
    sources: tuple[LeakedFrom, ...]


def read_leak(untrusted: bytes) -> bytes:
    """The fingerprints in a file, 32 bytes each: those of a snapshot, or every run of 64 hex digits or a multiple."""
    runs = [run[: len(run) // 64 * 64] for run in _DIGITS.findall(untrusted)]
    found = b"".join(bytes.fromhex(run.decode("ascii")) for run in runs)
    if untrusted.startswith(MAGIC):
        whole = (len(untrusted) - HEADER.size) // RECORD.itemsize
        count = min(whole, int.from_bytes(untrusted[40:48], "little"))
        if count > 0:
            records = np.frombuffer(untrusted, RECORD, count, HEADER.size)
            found += np.ascontiguousarray(records["value"]).tobytes()
    return found


def trace_leak(fingerprints: bytes, today: date) -> Leak:
    """Whose canaries are among these fingerprints, also turned, mirrored or altered a little. Writes an audit row."""
    leaked, sources = rows_of(fingerprints), []
    for stream in Stream.objects.select_related("partner").order_by("partner__name"):
        sent = stream.canaries.exclude(state=CanaryState.WAITING)
        near = [nearest_bits(rows_of(bytes(canary.fingerprints)), leaked) <= FOUND_WITHIN_BITS for canary in sent]
        if any(near):
            sources.append(LeakedFrom(stream.partner_id, stream.partner.name, sum(near), len(near)))
    with transaction.atomic():
        for source in sources or [LeakedFrom("", "", 0, 0)]:
            write_audit(
                day=today,
                actor=COMMAND_LINE,
                action="canaries looked for in a leak",
                subject=source.partner_id or "nobody",
                reason=f"{source.found} of {source.sent} canaries are among {len(leaked)} fingerprints",
            )
    return Leak(len(leaked), tuple(sources))
