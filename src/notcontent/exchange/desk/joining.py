"""Who joins the desk, or gets another role there: asked for by a lead, agreed to by a second person.

Whoever could do this alone could be two people, and agree with herself.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from notcontent.exchange.desk.accounts import check_account_name, make_account
from notcontent.exchange.desk.models import Account, Proposal
from notcontent.exchange.desk.roles import Role
from notcontent.exchange.desk.two_people import Act, ask, register
from notcontent.exchange.today import random_short_id

LET_IN = "invite somebody, or give roles"


def ask_to_let_in(name: str, roles: list[Role], *, with_link: bool, actor: str, reason: str, today: date) -> Proposal:
    """Ask that the account of this name, new or not, holds these roles; with a link for a new password if she needs it.

    Raises `BadAccountName`, `NotAllowed` and `ReasonMissing`.
    """
    check_account_name(name)
    account = Account.objects.filter(user__username=name).first()
    payload = {
        "account": name,
        "roles": ", ".join(sorted(roles)),
        "new_link": "yes" if with_link or account is None else "no",
    }
    subject = account.id if account else random_short_id()
    return ask(LET_IN, subject=subject, payload=payload, actor=actor, reason=reason, today=today)


def _let_in(payload: dict[str, Any], actor: str, today: date) -> None:
    roles = [Role(word) for word in payload["roles"].split(", ") if word]
    account = make_account(payload["account"], roles, actor=actor, today=today)
    if payload["new_link"] == "yes":
        account.link_allowed = True
        account.save(update_fields=["link_allowed"])


register(Act(LET_IN, frozenset({Role.LEAD}), frozenset({Role.LEAD, Role.OPERATOR}), _let_in))
