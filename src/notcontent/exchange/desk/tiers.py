"""How far people have confirmed an entry. Outside of practice nothing here sets a tier: only the rule of tiers does."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.errors import OnlyForPractice, UnknownName
from notcontent.exchange.lists.models import Entry, Listing, TierChange
from notcontent.exchange.lists.scoping import owe_tier
from notcontent.feed.entry import Tier

#: Who stands in the audit for a tier that rose by the rule. What people did is in the reports and proposals.
THE_RULE = "the rule of tiers"


def set_tier(entry_or_listing: str, tier: Tier, *, actor: str, reason: str, today: date) -> int:
    """Give the entry of a practice exchange this tier, write the audit row, and owe every stream that has it the news.

    Takes the entry's own id or the id any partner knows it by. Returns how many streams will hear of it. Raises
    `OnlyForPractice` on a real exchange, and `UnknownName` where no live entry has this id.
    """
    if not settings.PROFILE.practice:
        raise OnlyForPractice(
            "On a real exchange nobody sets a tier. It rises when people at sites decide about held uploads, or when "
            "two people at the desk have spoken with her: the case's page at the desk says how."
        )
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


def audit_raises() -> int:
    """Write every tier that rose by the rule into the audit, once; how many that were.

    The partners' and the person's faces, where the rule is applied, reach nothing of the desk. They leave a row in the
    same transaction, and this turns it into one of the audit.
    """
    done = 0
    for change_id in list(TierChange.objects.filter(audited=False).order_by("id").values_list("id", flat=True)[:1000]):
        with transaction.atomic():
            change = TierChange.objects.select_for_update().filter(id=change_id, audited=False).first()
            if change is None:
                continue
            write_audit(
                day=change.day, actor=THE_RULE, action=f"tier {change.tier}", subject=change.entry_id, reason=change.why
            )
            change.audited = True
            change.save(update_fields=["audited"])
            done += 1
    return done
