"""Opening a case, and adding to it. Sending the same thing again changes nothing."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Protocol

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from notcontent.exchange.answers import malformed, not_found
from notcontent.exchange.cases.famous import is_famous
from notcontent.exchange.cases.models import Case, Circumstance, Notices
from notcontent.exchange.cases.stating import no_such_site, state
from notcontent.exchange.errors import Refused
from notcontent.exchange.letters.keeping import keep_letter
from notcontent.exchange.letters.models import About, Sender
from notcontent.exchange.lists.models import FINGERPRINT_BYTES, Contest, Entry, Listing
from notcontent.exchange.lists.ruling import weigh_case
from notcontent.exchange.lists.scoping import new_listing
from notcontent.exchange.partners.models import Stream
from notcontent.feed.entry import VIDEO

#: Of all videos of one case: ten full ones. Every frame weighs on every list as much as a picture.
MAX_FRAMES = 6_000


class NewEntry(Protocol):
    """A checked picture or video: `stored` are its fingerprints, as `Entry` holds them."""

    @property
    def kind(self) -> str:
        """`pdq` or `video`."""

    @property
    def quality(self) -> int | None:
        """0 to 100; None for a video."""

    @property
    def stored(self) -> bytes:
        """What the table keeps."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case whose work, fingerprints and letter were checked. The hashes are SHA-256, 64 hex digits.

    `statements` by partner id; `wait_days` 0 or 3; `letter` and `contact` as they were sealed.
    """

    locator_sha256: str
    look_sha256: str
    withdraw_sha256: str
    circumstance: str
    entries: Sequence[NewEntry]
    partners: Sequence[str]
    reply_to: str = ""
    later_sites: bool = False
    statements: Mapping[str, Notices] = field(default_factory=dict)
    wait_days: int = 0
    letter: bytes | None = None
    contact: bytes | None = None
    #: What everybody knows (see `famous`): entries near it are marked, and nothing else says so.
    famous: NDArray[np.uint64] | None = None

    @property
    def says_something(self) -> bool:
        """Whether a case can be opened with it."""
        has_codes = bool(self.entries and self.partners)
        return (
            has_codes
            or bool(self.statements or self.letter or self.contact)
            or self.circumstance == str(Circumstance.NO_FILE)
        )


def open_case(new: NewCase, max_entries: int, today: date) -> None:
    """Store the case and what of it was not there yet; durable when this returns.

    A case that was withdrawn keeps no code: a late copy of an old request must never bring anything back. Letters and
    statements go on until everything is forgotten; then nothing is kept.
    Raises `Refused` 400 for a new case without anything in it, 404 where the keys are not the case's own, 422 `partner`
    for a partner that does not exist, 422 `entry` or `letter` for more than a case may hold.
    """
    try:
        with transaction.atomic():
            _open(new, max_entries, today)
    except IntegrityError:
        # Two devices opened the same case at the same moment: the second one now finds it.
        with transaction.atomic():
            _open(new, max_entries, today)


def _open(new: NewCase, max_entries: int, today: date) -> None:
    case = Case.objects.select_for_update().filter(locator_sha256=new.locator_sha256).first()
    if case is not None and not keys_match(case, new.look_sha256, new.withdraw_sha256):
        raise not_found()
    streams = _streams_of(new.partners)
    if case is None:
        if not new.says_something:
            raise malformed("A new case needs entries and partners, or a letter, or a statement.")
        case = Case.objects.create(
            locator_sha256=new.locator_sha256,
            look_sha256=new.look_sha256,
            withdraw_sha256=new.withdraw_sha256,
            circumstance=new.circumstance,
            reply_to=new.reply_to,
            later_sites=new.later_sites,
            wait_days=new.wait_days,
            opened=today,
        )
        _add_entries(case, new, streams, [], max_entries, today=today)
    elif case.withdrawn is None:
        case.later_sites, case.wait_days = new.later_sites, max(case.wait_days, new.wait_days)
        case.save(update_fields=["later_sites", "wait_days"])
        _add_entries(case, new, streams, list(case.entries.all()), max_entries, today=today)
    if not case.is_forgotten:
        if state(case, new.statements, today):
            weigh_case(case, today)
        if new.letter is not None:
            keep_letter(case, str(Sender.HER), new.letter, today)
        if new.contact is not None:
            keep_letter(case, str(Sender.HER), new.contact, today, str(About.CONTACT))


def keys_match(case: Case, look_sha256: str, withdraw_sha256: str) -> bool:
    """Whether both hashes are the case's, in the same time whatever they are."""
    look = hmac.compare_digest(case.look_sha256, look_sha256)
    withdraw = hmac.compare_digest(case.withdraw_sha256, withdraw_sha256)
    return look and withdraw


def _streams_of(partners: Sequence[str]) -> list[Stream]:
    active = Stream.objects.filter(partner_id__in=partners, partner__active=True)
    streams = list(active.only("feed", "client")) if partners else []
    if len(streams) != len(partners):
        raise no_such_site()
    return streams


def _add_entries(
    case: Case, opened: NewCase, streams: Sequence[Stream], before: Sequence[Entry], max_entries: int, *, today: date
) -> None:
    """`before` are the entries that the case has already."""
    held = {(entry.kind, entry.listed): entry for entry in before}
    new, listings = [], []
    meant_for: dict[str, set[str]] = {}
    if before:
        for entry_id, feed in Listing.objects.filter(entry__case=case).values_list("entry_id", "stream_id"):
            meant_for.setdefault(entry_id, set()).add(feed)
    for offer in opened.entries:
        made = Entry(case=case, kind=offer.kind, fingerprints=offer.stored, quality=offer.quality, made=today)
        entry = held.setdefault((made.kind, made.listed), made)
        if entry is made:
            made.famous = opened.famous is not None and is_famous(offer.stored, opened.famous)
            new.append(made)
        already = meant_for.setdefault(entry.id, set())
        taking = [stream for stream in streams if stream.takes(entry.kind)]
        if entry.contest != Contest.OUT:
            listings += [new_listing(entry, stream.feed) for stream in taking if stream.feed not in already]
        already.update(stream.feed for stream in taking)
    frames = sum(len(listed) // FINGERPRINT_BYTES for kind, listed in held if kind == VIDEO)
    if len(held) > max_entries:
        raise _too_many(f"A case holds at most {max_entries} picture codes.")
    if frames > MAX_FRAMES:
        raise _too_many(f"The videos of a case have at most {MAX_FRAMES} frame codes together.")
    # Stored in an order of their own, so that no row number tells which codes came together first.
    Entry.objects.bulk_create(sorted(new, key=lambda entry: entry.id))
    Listing.objects.bulk_create(sorted(listings, key=lambda listing: listing.id))


def _too_many(message: str) -> Refused:
    advice = "Open another case with new words for the others."
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "entry", message, advice, entry=0)
