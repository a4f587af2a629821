"""What two people at the desk decide about what was disputed. Call all of this inside a transaction."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext

from notcontent.exchange.cases.models import Case, Notices
from notcontent.exchange.disputes.models import Answer, Dispute, Kind
from notcontent.exchange.errors import NotStated, UnknownName
from notcontent.exchange.lists.ruling import take_out, weigh_case


def answer_disputes(entry_id: str, kind: Kind, answer: Answer, today: date) -> int:
    """Answer every open dispute of this kind about an entry; how many that were. The entry stays as it is.

    Raises `UnknownName` where none is open.
    """
    answered = Dispute.objects.filter(report__listing__entry_id=entry_id, kind=kind, answer=Answer.OPEN).update(
        answer=answer, answered=today
    )
    if not answered:
        raise UnknownName(gettext("No dispute of this kind about this entry is open any more. Look at the list again."))
    return int(answered)


def take_claim_out(entry_id: str, today: date) -> None:
    """Take an entry off every list, and so release whatever is disputed about it. Raises `UnknownName`."""
    take_out(entry_id)
    Dispute.objects.filter(report__listing__entry_id=entry_id, answer=Answer.OPEN).update(
        answer=Answer.RELEASED, answered=today
    )


def record_spoken(case_id: str, today: date) -> None:
    """Note that two people have spoken with her. With her statement, all that she listed is verified by it.

    Raises `UnknownName`, and `NotStated` where she has not said that it was not agreed.
    """
    case = Case.objects.select_for_update().filter(id=case_id, withdrawn=None).first()
    if case is None:
        raise UnknownName(gettext("No open case has this id. Look at the list of cases again."))
    if not case.statements.exclude(notices=Notices.REVOKED).exists():
        raise NotStated(
            gettext("She has not said on the page that it was not agreed. Ask her to, then ask for this again.")
        )
    case.spoken = today
    case.save(update_fields=["spoken"])
    weigh_case(case, today)


def misuses_of(case: Case) -> int:
    """How many entries of a case the desk has released because whoever was shown had published the picture."""
    return (
        Dispute.objects.filter(report__listing__entry__case=case, kind=Kind.PUBLISHED, answer=Answer.RELEASED)
        .values("report__listing__entry")
        .distinct()
        .count()
    )
