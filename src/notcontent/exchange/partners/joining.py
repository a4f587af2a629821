"""A partner joins: its name on the page, its stream, its first token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from notcontent.exchange.partners.models import Partner, Stream
from notcontent.exchange.partners.tokens import make_token


@dataclass(frozen=True, slots=True)
class Joined:
    """What the partner's guard is set up with. The token is told this once."""

    partner: str
    feed: str
    token: str
    already_there: bool


def add_partner(*, name: str, country: str, site: str, proves_forgetting: bool, today: date) -> Joined:
    """Add a partner, or make another token for the one of this name (older tokens stay valid until they expire)."""
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
        stream, _ = Stream.objects.get_or_create(partner=partner)
        token = make_token(stream, "feed report", today)
        return Joined(partner.id, stream.feed, token, not made)
