"""Vetting: what people found out about a site before it is sent anything, and the two of them who let it join."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.roles import Role
from notcontent.exchange.desk.two_people import Act, ask, check_reason, register
from notcontent.exchange.errors import NameTaken
from notcontent.exchange.partners.errors import NotVetted
from notcontent.exchange.partners.joining import BOT, make_stream
from notcontent.exchange.partners.models import Client, Partner, Vetting

#: After so long it is vetted again.
REVIEW_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Checklist:
    """Every answer. Countries are two letters; `reviewers` counts human beings; `longest_hold_hours` is how long an
    upload may be held before one of them decides.
    """

    run_by: str
    runs_in: str
    forced_by: tuple[str, ...]
    reviewers: int
    reviewers_are: str
    longest_hold_hours: int
    appeal: str
    token_holder: str
    why_scope: str
    review_again: date


@dataclass(frozen=True, slots=True)
class Candidate:
    """A site that asks to join, with what was found out about it."""

    id: str
    name: str
    country: str
    site: str
    client: str
    verified_only: bool
    checklist: Checklist

    def to_json(self) -> dict[str, Any]:
        """As it waits for the second person, who is shown every name and value of it."""
        told = asdict(self)
        checklist = told.pop("checklist")
        checklist["forced_by"] = list(self.checklist.forced_by)
        checklist["review_again"] = self.checklist.review_again.isoformat()
        return told | checklist

    @classmethod
    def from_json(cls, untrusted: dict[str, Any]) -> Candidate:
        """The candidate that `to_json` would write so. Raises `NotVetted`."""
        try:
            asked = {field.name: untrusted[field.name] for field in fields(Checklist)}
            asked["forced_by"] = tuple(asked["forced_by"])
            asked["review_again"] = date.fromisoformat(asked["review_again"])
            of_site = {field.name: untrusted[field.name] for field in fields(cls) if field.name != "checklist"}
            candidate = cls(**of_site, checklist=Checklist(**asked))
        except (KeyError, TypeError, ValueError):
            raise NotVetted(gettext("The vetting checklist is not whole. Fill it in again.")) from None
        candidate.check()
        return candidate

    def check(self) -> None:
        """Raises `NotVetted` for what no site can join with."""
        if self.client not in Client.values:
            raise NotVetted(gettext("Choose what the site follows its list with."))
        if self.client == BOT and not self.verified_only:
            raise NotVetted(gettext("A group's bot is sent verified entries only."))
        if self.checklist.reviewers < 1 and not self.verified_only:
            raise NotVetted(
                gettext(
                    "Where no human being looks at held uploads, a claim would decide alone. "
                    "Send this site verified entries only, or ask it for reviewers."
                )
            )


def add_vetted_partner(payload: dict[str, Any], actor: str, today: date) -> None:
    """Let the candidate join, in the transaction of the second person's agreement. Raises `NotVetted`, `NameTaken`."""
    candidate = Candidate.from_json(payload)
    checklist = candidate.checklist
    with transaction.atomic():
        stream, made = make_stream(
            name=candidate.name,
            country=candidate.country,
            site=candidate.site,
            proves_forgetting=True,
            today=today,
            client=candidate.client,
            verified_only=candidate.verified_only,
            canaries=not settings.PROFILE.practice,
            partner_id=candidate.id,
        )
        if not made:
            raise NameTaken(gettext("A site of this name has joined meanwhile. Look at the list of sites."))
        keep_vetting(stream.partner, checklist, today)
        _set_owner({"partner": candidate.id, "owner": checklist.run_by}, actor, today)


def _set_owner(payload: dict[str, Any], _actor: str, _today: date) -> None:
    Partner.objects.filter(id=payload["partner"]).update(owner=payload["owner"])


_CASEWORK = frozenset({Role.DESK, Role.LEAD})
SAY_OWNER = "say who owns a site"
register(Act("add a partner", _CASEWORK, _CASEWORK, add_vetted_partner))
# Two sites under different owners verify an entry between them, so no one person says whose a site is.
register(Act(SAY_OWNER, _CASEWORK, _CASEWORK, _set_owner))


def propose(candidate: Candidate, *, actor: str, reason: str, today: date) -> None:
    """Ask a second person to let the candidate join. Raises `NotVetted`, `NameTaken`, `NotAllowed`, `ReasonMissing`."""
    candidate.check()
    if Partner.objects.filter(name=candidate.name).exists():
        raise NameTaken(gettext("A site of this name takes part already. Look at the list of sites."))
    ask("add a partner", subject=candidate.id, payload=candidate.to_json(), actor=actor, reason=reason, today=today)


def keep_vetting(partner: Partner, checklist: Checklist, today: date) -> None:
    """Store a vetting; the newest counts."""
    partner.forced_by = sorted({country.upper() for country in checklist.forced_by})
    partner.save(update_fields=["forced_by"])
    answers = {field.name: getattr(checklist, field.name) for field in fields(Checklist)}
    del answers["forced_by"]
    Vetting.objects.create(partner=partner, day=today, **answers)


def vet_again(partner: Partner, checklist: Checklist, *, actor: str, reason: str, today: date) -> None:
    """A vetting of a site that takes part, by one person, with an audit row.

    Where somebody else runs it now than the site's owner, as two people knew it, a second person is asked to say so.
    """
    with transaction.atomic():
        keep_vetting(partner, checklist, today)
        write_audit(
            day=today, actor=actor, action="partner vetted again", subject=partner.id, reason=check_reason(reason)
        )
        if checklist.run_by != partner.owner:
            payload = {"partner": partner.id, "owner": checklist.run_by}
            ask(SAY_OWNER, subject=partner.id, payload=payload, actor=actor, reason=reason, today=today)


def newest_vetting(partner: Partner) -> Vetting | None:
    """What counts."""
    return partner.vettings.order_by("-day", "-id").first()
