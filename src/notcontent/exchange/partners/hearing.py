"""What guards send back: their key, receipts and reports. Each may come twice and counts once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

import pyrage
from django.db import transaction

from notcontent.exchange.answers import check_hex, check_list, check_object, check_word, malformed
from notcontent.exchange.errors import Refused
from notcontent.exchange.lists.models import Listing, ListingState
from notcontent.exchange.lists.ruling import weigh
from notcontent.exchange.partners.again import AGAIN, hear_again
from notcontent.exchange.partners.canaries import hear_of_canary, was_withdrawn
from notcontent.exchange.partners.mark import say_that_partners_changed
from notcontent.exchange.partners.models import Receipt, Report, Stream
from notcontent.exchange.partners.often_stopped import STOPPED, note_often_stopped
from notcontent.exchange.today import utc_today
from notcontent.feed.receipt import Receipt as SignedReceipt
from notcontent.feed.receipt import parse_receipt
from notcontent.feed.signature import BadSignature, MalformedKey, PublicKey, Signed
from notcontent.feed.text import MalformedText, check_day

MAX_IN_BODY = 1_000
#: A copy that was uploaded before the entry came, and is found where it lies.
HERE = "here"
VERDICTS = ("hold", "block", "flag", HERE, AGAIN)
DECISIONS = ("release", "block")
REASONS = ("intimate", "not_intimate", "public_interest", "own_picture", "expired")


@dataclass(frozen=True, slots=True)
class Heard:
    """How many of a body's items counted, now or before, and how many were passed over."""

    accepted: int
    ignored: int


def register_guard(feed: str, untrusted: object) -> None:
    """Remember the guard's public key, and the age key that its snapshots are encrypted to from the next one on.

    Raises `Refused` 422 for no key, 409 when the stream already has another guard's.
    """
    offered = check_object(untrusted, {"public_key"}, frozenset({"age_key"}))
    text, age_key = offered["public_key"], _check_age_key(offered.get("age_key"))
    if not isinstance(text, str) or len(text) > 500:
        raise malformed("public_key must be the one line of a minisign public key.")
    try:
        key = PublicKey.from_text(text)
    except MalformedKey:
        raise _unusable(
            "This is not a minisign public key.", "Send its base64 line, as `minisign -G` prints it."
        ) from None
    with transaction.atomic():
        stream = Stream.objects.select_for_update().get(feed=feed)
        if not stream.has_guard:
            raise Refused(
                HTTPStatus.CONFLICT,
                "conflict",
                "This stream is not made for a guard, which would read over all of it.",
                "Ask the helpline to let the site join with a guard.",
            )
        if stream.guard_key not in ("", key.text):
            raise Refused(
                HTTPStatus.CONFLICT,
                "conflict",
                "This stream already has another guard's key.",
                "Ask the helpline for a new token if the guard was set up anew.",
            )
        if age_key not in ("", stream.age_key):
            stream.age_key = age_key
            stream.save(update_fields=["age_key"])
        if not stream.guard_key:
            stream.guard_key = key.text
            stream.save(update_fields=["guard_key"])
            transaction.on_commit(say_that_partners_changed)


def _check_age_key(untrusted: object) -> str:
    if untrusted is None:
        return ""
    try:
        return str(pyrage.x25519.Recipient.from_str(untrusted))
    except (pyrage.RecipientError, TypeError):
        raise _unusable("This is not an age public key.", "Send the line that begins with age1.") from None


def hear_receipts(feed: str, untrusted: object) -> Heard:
    """Check every receipt against the registered key, then store all. Raises `Refused` 422: none is stored."""
    offered = check_list(check_object(untrusted, {"receipts"})["receipts"], 0, MAX_IN_BODY, "receipts")
    guard_key = Stream.objects.values_list("guard_key", flat=True).get(feed=feed)
    if not guard_key:
        raise _unusable("This stream has no guard's key yet.", "Register the guard at /v1/guards first.")
    key = PublicKey.from_text(guard_key)
    checked = [_check_receipt(key, feed, item) for item in offered]
    accepted = 0
    with transaction.atomic():
        for signed, receipt in checked:
            accepted += _store_receipt(feed, signed, receipt)
    return Heard(accepted, len(checked) - accepted)


def _check_receipt(key: PublicKey, feed: str, untrusted: object) -> tuple[Signed, SignedReceipt]:
    try:
        signed = Signed.from_json(untrusted)
        receipt = parse_receipt(key.verify(signed))
    except (BadSignature, MalformedText):
        raise _unusable("A receipt is not one that this guard's key signed.", "Send what the guard wrote.") from None
    if receipt.feed != feed:
        raise _unusable("A receipt belongs to another stream.", "Send it with that stream's token.")
    return signed, receipt


def _store_receipt(feed: str, signed: Signed, receipt: SignedReceipt) -> bool:
    """Whether it counts: only for a withdrawal that was sent on this stream."""
    listing = Listing.objects.filter(id=receipt.entry, stream_id=feed, state=ListingState.GONE).first()
    if listing is None:
        # The same answer as for an entry, so that none of these ids can be told from the others.
        return was_withdrawn(feed, receipt.entry, receipt.number)
    if listing.withdrawn_number is None or receipt.number < listing.withdrawn_number:
        return False
    Receipt.objects.get_or_create(
        listing=listing,
        state=receipt.state.value,
        defaults={"text": signed.text, "signature": signed.signature, "day": utc_today()},
    )
    return True


@dataclass(frozen=True, slots=True)
class _OfferedReport:
    report: str
    entry: str
    verdict: str
    decision: str | None
    reason: str | None
    day: date


def hear_reports(feed: str, untrusted: object) -> Heard:
    """Store reports, each id once; a later copy may add the decision, once. Unknown entries are ignored."""
    offered = check_list(check_object(untrusted, {"reports"})["reports"], 0, MAX_IN_BODY, "reports")
    checked = [_check_report(item) for item in offered]
    accepted = 0
    with transaction.atomic():
        for report in checked:
            accepted += _store_report(feed, report)
        note_often_stopped({report.entry for report in checked if report.verdict in STOPPED}, utc_today())
    return Heard(accepted, len(checked) - accepted)


def _check_report(untrusted: object) -> _OfferedReport:
    item = check_object(untrusted, {"id", "entry", "verdict", "decision", "reason", "day"})
    try:
        day = check_day(item["day"]) if isinstance(item["day"], str) else None
    except MalformedText:
        day = None
    if day is None:
        raise malformed("day must be a day of the form YYYY-MM-DD.")
    return _OfferedReport(
        report=check_hex(item["id"], 32, "id"),
        entry=check_hex(item["entry"], 32, "entry"),
        verdict=check_word(item["verdict"], VERDICTS, "verdict"),
        decision=None if item["decision"] is None else check_word(item["decision"], DECISIONS, "decision"),
        reason=None if item["reason"] is None else check_word(item["reason"], REASONS, "reason"),
        day=day,
    )


def _store_report(feed: str, offered: _OfferedReport) -> bool:
    live = Listing.objects.filter(id=offered.entry, stream_id=feed, state=ListingState.LIVE).first()
    if live is not None and offered.verdict == AGAIN:
        hear_again(live, offered.day, utc_today())
        return True
    known = (
        Report.objects.select_for_update(of=("self",))
        .filter(stream_id=feed, report=offered.report)
        .select_related("listing", "dispute")
        .first()
    )
    if known is not None:
        said = (offered.decision, offered.reason)
        # Whoever looks again after a dispute may see it otherwise; else a decision counts once.
        open_again = hasattr(known, "dispute") and said != (known.decision, known.reason)
        if offered.decision is not None and (known.decision is None or open_again):
            known.decision, known.reason, known.decided = offered.decision, offered.reason, utc_today()
            known.save(update_fields=["decision", "reason", "decided"])
            weigh(known.listing.entry_id, utc_today())
        return True
    if live is None:
        return hear_of_canary(feed, offered.entry, offered.report)
    Report.objects.create(
        stream_id=feed,
        report=offered.report,
        listing=live,
        verdict=offered.verdict,
        decision=offered.decision,
        reason=offered.reason,
        # A guard's clock may be wrong, and a day ahead would hide the report from her for good.
        day=min(offered.day, utc_today()),
        decided=None if offered.decision is None else utc_today(),
    )
    if offered.decision is not None:
        weigh(live.entry_id, utc_today())
    return True


def _unusable(message: str, do: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "unusable", message, do)
