"""Tiers: how far people have confirmed an entry. Only a person's decision changes one."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.errors import UnknownName
from notcontent.exchange.lists.models import Entry, Listing
from notcontent.exchange.lists.scoping import owe_tier
from notcontent.feed.entry import Tier


def set_tier(entry_or_listing: str, tier: Tier, *, actor: str, reason: str, today: date) -> int:
    """Give the entry this tier, write the audit row, and owe every stream that has it the news.

    Takes the entry's own id or the id any partner knows it by. Returns how many streams will hear of it. Raises
    `UnknownName` where no live entry has this id.
    """
    with transaction.atomic():
        entry = Entry.objects.select_for_update().filter(id=entry_or_listing).first()
        if entry is None:
            listing = Listing.objects.filter(id=entry_or_listing).first()
            entry = Entry.objects.select_for_update().get(id=listing.entry_id) if listing else None
        if entry is None or entry.case.withdrawn is not None:
            raise UnknownName("No live entry has this id. Check it; a withdrawn entry has no tier any more.")
        entry.tier = tier.value
        entry.save(update_fields=["tier"])
        told = owe_tier(entry)
        write_audit(day=today, actor=actor, action=f"tier {tier.value}", subject=entry.id, reason=reason)
        return told
