"""How to reach her: sealed like every letter, and handed out to one person only when another agreed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from notcontent.exchange.desk.errors import NeedsSecondPerson
from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import Role
from notcontent.exchange.desk.two_people import Act, ask, register
from notcontent.exchange.letters.models import Letter

#: How long the one who asked may fetch it once another agreed.
HANDED_OUT_FOR = timedelta(days=7)

_READERS = frozenset({Role.DESK, Role.LEAD})


def _nothing_more(payload: dict[str, Any], agreed_by: str, today: date) -> None:
    """That it was agreed to is all that the fetching asks for."""


READ_CONTACT = Act("read how to reach her", _READERS, _READERS, _nothing_more)
register(READ_CONTACT)


def ask_to_read(letter: Letter, *, actor: str, reason: str, today: date) -> Proposal:
    """Ask a colleague. Raises `NotAllowed` and `ReasonMissing`."""
    return ask(
        READ_CONTACT.name, subject=letter.id, payload={"letter": letter.id}, actor=actor, reason=reason, today=today
    )


def check_may_read(letter: Letter, *, actor: str, today: date) -> None:
    """Raises `NeedsSecondPerson` unless somebody agreed lately that this person reads it."""
    agreed = Proposal.objects.filter(
        act=READ_CONTACT.name, subject=letter.id, asked_by=actor, agreed=True, decided__gte=today - HANDED_OUT_FOR
    )
    if not agreed.exists():
        raise NeedsSecondPerson("How to reach her is read only when a colleague agrees. Ask for it, with the reason.")
