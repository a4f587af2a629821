"""What one person at the desk may do to a partner, each with an audit row: suspend, narrow, give and take tokens.

All of it can be undone. To add a partner takes two people (`vetting`).
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.two_people import check_reason
from notcontent.exchange.errors import UnknownName
from notcontent.exchange.lists.scoping import owe_scope
from notcontent.exchange.partners.canaries import replace_claimed
from notcontent.exchange.partners.errors import NotForThisClient
from notcontent.exchange.partners.mark import say_that_partners_changed
from notcontent.exchange.partners.models import Client, Stream, Token
from notcontent.exchange.partners.tokens import OVERLAP, make_token

#: How many digits of a token's hash name it at the desk.
NAME_DIGITS = 8


def suspend(partner_id: str, *, actor: str, reason: str, today: date) -> None:
    """From now on its stream answers nothing; only receipts are still taken. What it holds it may use until too old."""
    with transaction.atomic():
        stream = _locked(partner_id)
        stream.partner.suspended = stream.partner.suspended or today
        stream.partner.save(update_fields=["suspended"])
        _write(stream, "partner suspended", actor, reason, today)


def resume(partner_id: str, *, actor: str, reason: str, today: date) -> None:
    """End a suspension: its guard goes on where it stood."""
    with transaction.atomic():
        stream = _locked(partner_id)
        stream.partner.suspended = None
        stream.partner.save(update_fields=["suspended"])
        _write(stream, "partner resumed", actor, reason, today)


def narrow(partner_id: str, *, actor: str, reason: str, today: date, by_rule: bool = False) -> None:
    """Verified entries only from now on; the others are withdrawn from its stream, and come back if it is widened."""
    with transaction.atomic():
        stream = _locked(partner_id)
        if stream.verified_only:
            return
        stream.verified_only, stream.narrowed_by_rule = True, by_rule
        stream.save(update_fields=["verified_only", "narrowed_by_rule"])
        owe_scope(stream)
        replace_claimed(stream)
        _write(stream, "verified entries only", actor, reason, today)


def widen(partner_id: str, *, actor: str, reason: str, today: date) -> None:
    """All entries again. Holds reported until today count no more against it. Raises `NotForThisClient`."""
    with transaction.atomic():
        stream = _locked(partner_id)
        if stream.client == Client.BOT:
            raise NotForThisClient(gettext("A group's bot is sent verified entries only, whoever runs it."))
        stream.verified_only = stream.narrowed_by_rule = False
        stream.holds_excused = today
        stream.save(update_fields=["verified_only", "narrowed_by_rule", "holds_excused"])
        owe_scope(stream)
        _write(stream, "all entries", actor, reason, today)


def give_token(partner_id: str, *, actor: str, reason: str, today: date) -> tuple[str, ...]:
    """A new token, or a pair for a client in StopNCII's shape (subscription key, function key), told this once.

    Earlier ones work for a week longer.
    """
    with transaction.atomic():
        stream = _locked(partner_id)
        ends = today + OVERLAP
        stream.tokens.filter(revoked=False, expires__gt=ends).update(expires=ends)
        scopes = ("subscription", "fetch feedback") if stream.client == Client.STOPNCII else ("feed report",)
        made = tuple(make_token(stream, scope, today) for scope in scopes)
        _write(stream, "token made", actor, reason, today)
        return made


def revoke(partner_id: str, name: str, *, actor: str, reason: str, today: date) -> int:
    """Revoke the token of this name (the start of its hash), or all for "all", at once. Returns how many."""
    with transaction.atomic():
        stream = _locked(partner_id)
        chosen = stream.tokens.filter(revoked=False)
        if name != "all":
            chosen = chosen.filter(token_sha256__startswith=name) if len(name) == NAME_DIGITS else chosen.none()
        # What was given for a revoked one and never used goes too: whoever stole the one may hold the other.
        hashes = list(chosen.values_list("token_sha256", flat=True))
        Token.objects.filter(replaces__in=hashes, taken=False).delete()
        count = chosen.update(revoked=True)
        _write(stream, "token revoked", actor, reason, today)
        return int(count)


def demand_signatures(partner_id: str, demands: bool, *, actor: str, reason: str, today: date) -> None:
    """Whether its requests are refused without a good signature. Raises `NotForThisClient` where no guard signs."""
    with transaction.atomic():
        stream = _locked(partner_id)
        if demands and not stream.has_guard:
            raise NotForThisClient(
                gettext("Only a guard signs its requests. This site's program can't, and stays with tokens.")
            )
        stream.demands_signatures = demands
        stream.save(update_fields=["demands_signatures"])
        _write(stream, "signatures demanded" if demands else "signatures not demanded", actor, reason, today)


def forget_guard_key(partner_id: str, *, actor: str, reason: str, today: date) -> None:
    """The guard was set up anew: the next one that registers with a token of this stream is its guard."""
    with transaction.atomic():
        stream = _locked(partner_id)
        stream.guard_key, stream.age_key, stream.signed = "", "", None
        stream.save(update_fields=["guard_key", "age_key", "signed"])
        _write(stream, "guard's key forgotten", actor, reason, today)


def _locked(partner_id: str) -> Stream:
    stream = Stream.objects.select_for_update(of=("self",)).select_related("partner").filter(partner_id=partner_id)
    found = stream.first()
    if found is None:
        raise UnknownName(gettext("There is no such site. Look at the list of sites again."))
    return found


def _write(stream: Stream, action: str, actor: str, reason: str, today: date) -> None:
    written = check_reason(reason)
    write_audit(day=today, actor=actor, action=action, subject=stream.partner_id, reason=written)
    transaction.on_commit(say_that_partners_changed)
