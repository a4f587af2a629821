"""Who may read how to reach her: somebody with a second person's word, or one person alone when danger is marked.

Screens that show or hand out sealed contact ask `may_read` first. Reading alone is told to all others at once, on every
screen of the desk, until one of them has signed it off; after a day it is said to be overdue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.cases.models import Case, Forget
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import NeedsSecondPerson, NotAllowed, NothingToDecide
from notcontent.exchange.desk.models import ContactPermit, DangerMark, Proposal
from notcontent.exchange.desk.roles import Role, require_role
from notcontent.exchange.desk.two_people import KEPT, Act, ask, check_reason, register
from notcontent.exchange.errors import UnknownName

READ_CONTACT = "read sealed contact"
READERS = frozenset({Role.DESK, Role.LEAD})
#: A permit is for today and tomorrow, so that midnight stops nobody who is on the phone.
PERMIT = timedelta(days=1)
SIGN_OFF_WITHIN = timedelta(days=1)


def mark_danger(case_id: str, *, actor: str, reason: str, today: date) -> None:
    """Mark that she may be in danger. Raises `NotAllowed`, `ReasonMissing` and `UnknownName`."""
    require_role(actor, READERS)
    reason = check_reason(reason)
    _require_case(case_id)
    with transaction.atomic():
        mark, new = DangerMark.objects.get_or_create(case_id=case_id, defaults={"day": today, "marked_by": actor})
        if new:
            write_audit(day=today, actor=actor, action="danger marked", subject=mark.id, reason=reason)


def clear_danger(case_id: str, *, actor: str, reason: str, today: date) -> None:
    """Take the mark away. Raises as `mark_danger` does."""
    require_role(actor, READERS)
    reason = check_reason(reason)
    with transaction.atomic():
        for mark in DangerMark.objects.filter(case_id=case_id):
            write_audit(day=today, actor=actor, action="danger cleared", subject=mark.id, reason=reason)
            mark.delete()


def danger_is_marked(case_id: str) -> bool:
    """Whether somebody marked danger for this case."""
    return bool(DangerMark.objects.filter(case_id=case_id).exists())


def ask_to_read(case_id: str, *, actor: str, reason: str, today: date) -> Proposal:
    """Ask for a second person's word. Raises as `mark_danger` does."""
    _require_case(case_id)
    return ask(
        READ_CONTACT,
        subject=case_id,
        payload={"case": case_id, "reader": actor},
        actor=actor,
        reason=reason,
        today=today,
    )


def read_alone(case_id: str, *, actor: str, reason: str, today: date) -> ContactPermit:
    """May read from now on, because she is in danger and nobody else is there; the others are told at once.

    Raises `NeedsSecondPerson` where no danger is marked, and as `mark_danger` does.
    """
    require_role(actor, READERS)
    reason = check_reason(reason)
    _require_case(case_id)
    if not danger_is_marked(case_id):
        raise NeedsSecondPerson(
            gettext("No danger is marked for this case, so a second person has to agree. Ask for it.")
        )
    with transaction.atomic():
        permit = _permit(case_id, actor, reason, alone=True, today=today)
        write_audit(day=today, actor=actor, action="contact read alone", subject=permit.id, reason=reason)
        return permit


def may_read(case_id: str, *, actor: str, today: date) -> bool:
    """Whether this person may read the sealed contact of this case today."""
    permits = ContactPermit.objects.filter(case_id=case_id, reader=actor, begun__lte=today, until__gte=today)
    return bool(permits.exists())


def check_may_read(case_id: str, *, actor: str, today: date) -> None:
    """Raises `NeedsSecondPerson` unless this person may read the sealed contact of this case today."""
    if not may_read(case_id, actor=actor, today=today):
        raise NeedsSecondPerson(
            gettext("How to reach her is read only when a colleague agrees. Ask for it, with the reason.")
        )


def to_sign_off() -> Sequence[ContactPermit]:
    """What was read alone and nobody signed off yet, oldest first."""
    return list(ContactPermit.objects.filter(alone=True, signed_off=None).order_by("begun", "id"))


def is_overdue(permit: ContactPermit, today: date) -> bool:
    """Whether the day for signing it off has passed."""
    return bool(today > permit.begun + SIGN_OFF_WITHIN)


def sign_off(permit_id: str, *, was_right: bool, reason: str, actor: str, today: date) -> None:
    """Write down that somebody else looked at it, and whether it was right.

    Raises `NeedsSecondPerson` for the reader herself, `NothingToDecide`, `NotAllowed` and `ReasonMissing`.
    """
    require_role(actor, READERS)
    reason = check_reason(reason)
    with transaction.atomic():
        permit = ContactPermit.objects.select_for_update().filter(id=permit_id, alone=True, signed_off=None).first()
        if permit is None:
            raise NothingToDecide(gettext("This was signed off already. Look at the list again."))
        if actor == permit.reader:
            raise NeedsSecondPerson(
                gettext("You read it yourself, so somebody else at the helpline has to sign it off.")
            )
        permit.signed_off, permit.signed_off_by, permit.was_right = today, actor, was_right
        permit.save()
        action = "read alone: was right" if was_right else "read alone: was not right"
        write_audit(day=today, actor=actor, action=action, subject=permit.id, reason=reason)


def forget_with_cases(today: date) -> None:
    """Delete what says something about cases that were forgotten, and permits of three months ago."""
    gone = Case.objects.filter(withdrawn__isnull=False, forget=Forget.EVERYTHING).values("id")
    DangerMark.objects.filter(case_id__in=gone).delete()
    Proposal.objects.filter(act=READ_CONTACT, subject__in=gone).delete()
    settled = ContactPermit.objects.exclude(alone=True, signed_off=None)
    settled.filter(case_id__in=gone).delete()
    settled.filter(until__lt=today - KEPT).delete()


def _permit(case_id: str, reader: str, reason: str, *, alone: bool, today: date) -> ContactPermit:
    made: ContactPermit = ContactPermit.objects.create(
        case_id=case_id, reader=reader, reason=reason, begun=today, until=today + PERMIT, alone=alone
    )
    return made


def _require_case(case_id: str) -> None:
    if not Case.objects.filter(id=case_id).exists():
        raise UnknownName(gettext("There is no such case. Look at the list of cases again."))


def _let_read(payload: dict[str, Any], _actor: str, today: date) -> None:
    if set(payload) != {"reader", "case"}:
        raise NotAllowed(gettext("This proposal names no reader and case. Turn it down and ask again."))
    _permit(payload["case"], payload["reader"], "agreed to by another", alone=False, today=today)


register(Act(READ_CONTACT, may_ask=READERS, may_agree=READERS, carry_out=_let_read))
