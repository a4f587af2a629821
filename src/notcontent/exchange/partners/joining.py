"""A partner joins: its name on the page, its stream, its first token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from notcontent.exchange.errors import NameTaken
from notcontent.exchange.lists.models import Contest, Entry, Listing
from notcontent.exchange.lists.scoping import new_listing
from notcontent.exchange.partners.canaries import plant_canaries
from notcontent.exchange.partners.errors import TwoPeopleAdd
from notcontent.exchange.partners.models import Client, Partner, Stream
from notcontent.exchange.partners.tokens import make_token
from notcontent.exchange.today import random_short_id

GUARD, BOT, STOPNCII = str(Client.GUARD), str(Client.BOT), str(Client.STOPNCII)


@dataclass(frozen=True, slots=True)
class Joined:
    """What the partner's program is set up with. Token and keys are told this once.

    `token` opens the signed feed. A client in StopNCII's shape has none; it sends `subscription_key` and
    `function_key`.
    """

    partner: str
    feed: str
    token: str
    already_there: bool
    subscription_key: str = ""
    function_key: str = ""


def add_partner(
    *,
    name: str,
    country: str,
    site: str,
    proves_forgetting: bool,
    today: date,
    owner: str = "",
    forced_by: Sequence[str] | None = None,
    client: str = GUARD,
    canaries: bool = False,
) -> Joined:
    """Add a partner, or make another token for the one of this name (older tokens stay valid until they expire).

    Whose cases said yes to later sites have their codes listed for it from now on. `forced_by` (None: as it was) holds
    country codes of two letters. A partner whose client is no guard never proves that it forgets; a group's bot is sent
    verified entries only. Raises `NameTaken` for a name that joined with another client.
    """
    with transaction.atomic():
        stream, made = make_stream(
            name=name, country=country, site=site, proves_forgetting=proves_forgetting, today=today, client=client,
            verified_only=client == BOT, canaries=canaries,
        )  # fmt: skip
        partner = stream.partner
        if made:
            partner.owner = owner
            partner.save(update_fields=["owner"])
        if forced_by is not None:
            partner.forced_by = [country.upper() for country in forced_by]
            partner.save(update_fields=["forced_by"])
        if stream.client != client:
            raise NameTaken("This site joined with another kind of client. Join it again under another name.")
        if client == STOPNCII:
            keys = (make_token(stream, scope, today) for scope in ("subscription", "fetch feedback"))
            return Joined(partner.id, stream.feed, "", not made, *keys)
        return Joined(partner.id, stream.feed, make_token(stream, "feed report", today), not made)


def add_partner_by_command(
    *,
    name: str,
    country: str,
    site: str,
    proves_forgetting: bool,
    today: date,
    owner: str,
    forced_by: Sequence[str] | None,
    client: str,
    practice: bool,
    reason: str | None,
) -> Joined:
    """As `add_partner`, by whoever runs the machine, which nothing here can forbid; so it is never silent.

    Outside of practice each such act is in the audit, and a new partner but the first needs a written reason. Raises
    `TwoPeopleAdd`, `ReasonMissing`, `NameTaken`.
    """
    # Their tables are not there on every face that loads this file.
    from notcontent.exchange.desk.audit import write_audit  # noqa: PLC0415
    from notcontent.exchange.desk.roles import COMMAND_LINE  # noqa: PLC0415
    from notcontent.exchange.desk.two_people import check_reason  # noqa: PLC0415

    with transaction.atomic():
        is_new = not Partner.objects.filter(name=name).exists()
        if is_new and not practice and reason is None and Partner.objects.exists():
            raise TwoPeopleAdd(
                "Two people add a site, at the desk under Sites. To add it alone, say why with --without-second-person."
            )
        joined = add_partner(
            name=name, country=country, site=site, proves_forgetting=proves_forgetting, today=today,
            owner=owner if practice else "", forced_by=forced_by, client=client, canaries=not practice,
        )  # fmt: skip
        if not practice:
            write_audit(
                day=today,
                actor=COMMAND_LINE,
                action="partner added by one person" if is_new else "token made",
                subject=joined.partner,
                reason=check_reason("by command, nothing more was said" if reason is None else reason),
            )
        return joined


def make_stream(
    *,
    name: str,
    country: str,
    site: str,
    proves_forgetting: bool,
    today: date,
    client: str,
    verified_only: bool,
    canaries: bool,
    partner_id: str | None = None,
) -> tuple[Stream, bool]:
    """The stream of the partner of this name, and whether it was made just now. Call it inside a transaction.

    A new one gets this id, 16 hex digits, or a random one.
    """
    partner, made = Partner.objects.get_or_create(
        name=name,
        defaults={
            "id": partner_id or random_short_id(),
            "country": country.upper(),
            "site": site,
            "proves_forgetting": proves_forgetting and client in (GUARD, BOT),
            "joined": today,
        },
    )
    defaults = {"client": client, "verified_only": verified_only}
    stream, _ = Stream.objects.get_or_create(partner=partner, defaults=defaults)
    if made:
        _list_for_later_site(stream)
        if canaries:
            plant_canaries(stream)
    return stream, made


def _list_for_later_site(stream: Stream) -> None:
    """Owe the stream every entry of the cases that said yes to sites that join later."""
    entries = Entry.objects.filter(case__later_sites=True, case__withdrawn=None).exclude(contest=Contest.OUT)
    listings = [
        new_listing(entry, stream.feed) for entry in entries.only("id", "kind", "contest") if stream.takes(entry.kind)
    ]
    # Stored in an order of their own, so that no row number tells which codes belong together.
    Listing.objects.bulk_create(sorted(listings, key=lambda listing: listing.id), batch_size=1_000)
