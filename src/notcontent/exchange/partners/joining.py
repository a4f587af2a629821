"""A partner joins: its name on the page, its stream, its first token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from notcontent.exchange.lists.models import Entry, Listing
from notcontent.exchange.partners.models import Partner, Stream
from notcontent.exchange.partners.tokens import make_token


@dataclass(frozen=True, slots=True)
class Joined:
    """What the partner's guard is set up with. The token is told this once."""

    partner: str
    feed: str
    token: str
    already_there: bool


def add_partner(
    *, name: str, country: str, site: str, proves_forgetting: bool, today: date, forced_by: Sequence[str] | None = None
) -> Joined:
    """Add a partner, or make another token for the one of this name (older tokens stay valid until they expire).

    Whose cases said yes to later sites have their codes listed for it from now on. `forced_by` (None: as it was) holds
    country codes of two letters.
    """
    with transaction.atomic():
        partner, made = Partner.objects.get_or_create(
            name=name,
            defaults={
                "country": country.upper(),
                "site": site,
                "proves_forgetting": proves_forgetting,
                "joined": today,
            },
        )
        if forced_by is not None:
            partner.forced_by = [country.upper() for country in forced_by]
            partner.save(update_fields=["forced_by"])
        stream, _ = Stream.objects.get_or_create(partner=partner)
        if made:
            _list_for_later_site(stream)
        token = make_token(stream, "feed report", today)
        return Joined(partner.id, stream.feed, token, not made)


def _list_for_later_site(stream: Stream) -> None:
    """Owe the stream every entry of the cases that said yes to sites that join later."""
    entries = Entry.objects.filter(case__later_sites=True, case__withdrawn=None).values_list("id", flat=True)
    listings = [Listing(entry_id=entry, stream=stream) for entry in entries]
    # Stored in an order of their own, so that no row number tells which codes belong together.
    Listing.objects.bulk_create(sorted(listings, key=lambda listing: listing.id), batch_size=1_000)
