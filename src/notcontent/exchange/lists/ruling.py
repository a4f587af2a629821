"""The rule of tiers, applied in the transaction that makes something true which it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.utils.translation import gettext

from notcontent.exchange.cases.models import Case, Notices
from notcontent.exchange.errors import UnknownName
from notcontent.exchange.lists.models import Contest, Entry, Listing, ListingState, TierChange
from notcontent.exchange.lists.scoping import owe_tier
from notcontent.exchange.lists.tier_rule import INTIMATE, NEGATIVE, Decision, Ruling, find_tier
from notcontent.exchange.partners.models import Client, Report
from notcontent.feed.entry import Tier

_STRENGTH = {tier: strength for strength, tier in enumerate(Tier)}
#: What an upload must have met for a decision about it to speak of the entry: a near miss may be another picture.
_STOPPED = ("hold", "block")


def weigh_case(case: Case, today: date) -> None:
    """Apply the rule to every entry of a case: something about herself is new."""
    for entry in case.entries.order_by("id"):
        weigh(entry.id, today)


def weigh(entry_id: str, today: date) -> None:
    """Apply the rule to one entry. Call it inside a transaction. A tier rises here and never falls.

    A tier that rose is owed to every stream that has the entry. Nothing happens to one that was withdrawn or taken out.
    """
    entry = Entry.objects.select_for_update().select_related("case").get(id=entry_id)
    if entry.case.withdrawn is not None or entry.contest == Contest.OUT:
        return
    ruling = find_tier(
        read_decisions(entry_id),
        stated=entry.case.statements.exclude(notices=Notices.REVOKED).exists(),
        spoken=entry.case.spoken is not None,
    )
    if not entry.famous and _STRENGTH[ruling.tier] > _STRENGTH[Tier(entry.tier)]:
        entry.tier = ruling.tier.value
        entry.save(update_fields=["tier"])
        owe_tier(entry)
        TierChange.objects.create(entry=entry, tier=entry.tier, why=ruling.why.value, day=today)
    if ruling.before_desk:
        _rest(entry, ruling)
    entry.save(update_fields=["tier", "contest"])


def take_out(entry_id: str) -> None:
    """Take an entry off every list for good: two people at the desk have decided so. Call it inside a transaction.

    It stays in her case, where she is told, and is withdrawn with it. Raises `UnknownName`.
    """
    entry = _entry_of_the_desk(entry_id)
    entry.contest = str(Contest.OUT)
    entry.save(update_fields=["contest"])
    listings = Listing.objects.filter(entry=entry)
    # Locked before they are told apart: the publisher may be sending one of them at this very moment.
    list(listings.select_for_update().values_list("id", flat=True))
    listings.filter(state=ListingState.WAITING).update(state=ListingState.CANCELLED, due=False)
    listings.filter(state=ListingState.LIVE).update(state=ListingState.LEAVING, due=True)


def put_back(entry_id: str, today: date) -> None:
    """Let an entry match again wherever it rested, and count what was decided against it until now no more.

    One near a picture that everybody knows is an entry like any other from then on. Call it inside a transaction.
    Raises `UnknownName`.
    """
    entry = _entry_of_the_desk(entry_id)
    Report.objects.filter(listing__entry=entry, decision="release").update(weighed=True)
    entry.contest, entry.famous = str(Contest.NONE), False
    entry.save(update_fields=["contest", "famous"])
    set_paused(Listing.objects.filter(entry=entry), paused=False)
    weigh(entry.id, today)


def _entry_of_the_desk(entry_id: str) -> Entry:
    entry = Entry.objects.select_for_update().filter(id=entry_id, case__withdrawn=None).first()
    if entry is None or entry.contest == Contest.OUT:
        raise UnknownName(
            gettext("No entry of this id can be decided about: it was withdrawn or taken out. Look at the list.")
        )
    return entry


def read_decisions(entry_id: str) -> list[Decision]:
    """What people at sites recorded about uploads that this entry held or blocked; see `decisions_of`."""
    return decisions_of([entry_id]).get(entry_id, [])


def decisions_of(entry_ids: Collection[str]) -> dict[str, list[Decision]]:
    """What people at sites recorded about uploads that these entries held or blocked, by entry.

    Only guards count: a client in StopNCII's shape says neither which upload it speaks of nor whether anybody looked.
    Sites that no longer take part, or are suspended, do not; nor does a group's bot, where nobody is known to look.
    """
    rows = Report.objects.filter(
        listing__entry_id__in=entry_ids,
        stream__client=Client.GUARD,
        stream__partner__active=True,
        stream__partner__suspended=None,
        verdict__in=_STOPPED,
        decision__isnull=False,
    ).values_list("listing__entry_id", "stream__partner_id", "stream__partner__owner", "decision", "reason", "weighed")
    read: dict[str, list[Decision]] = {}
    for entry, partner, owner, decision, reason, weighed in rows:
        if (decision, reason) == ("block", INTIMATE):
            read.setdefault(entry, []).append(Decision(partner, owner, True, weighed))
        elif decision == "release" and reason in NEGATIVE:
            read.setdefault(entry, []).append(Decision(partner, owner, False, weighed))
    return read


def _rest(entry: Entry, ruling: Ruling) -> None:
    """Put it before the desk, and let it match nothing where the ruling says so, until the desk has decided."""
    everywhere = ruling.rests_everywhere or entry.contest == Contest.ALL
    listings = Listing.objects.filter(entry=entry)
    if not everywhere:
        listings = listings.filter(stream__partner_id__in=ruling.rests_at)
    # It may be confirmed by now; what already rests then goes on resting until the desk decides.
    if ruling.rests_everywhere or ruling.rests_at:
        set_paused(listings, paused=True)
    entry.contest = str(Contest.ALL if everywhere else Contest.SITE)


def set_paused(listings: Iterable[Listing], *, paused: bool) -> None:
    """Let these match nothing, or match again. What was never sent waits, and nobody hears of it."""
    ids = [listing.id for listing in listings]
    chosen = Listing.objects.filter(id__in=ids).exclude(paused=paused)
    chosen.filter(state=ListingState.LIVE).update(paused=paused, due=True)
    chosen.filter(state=ListingState.WAITING).update(paused=paused, due=not paused)
