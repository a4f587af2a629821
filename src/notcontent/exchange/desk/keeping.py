"""Closing a case, legal holds, and the daily job that deletes what has been kept long enough."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.cases.models import Case, LegalHold
from notcontent.exchange.cases.terms import CONTACT, LETTERS, delete_what_is_due
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import NotAHold
from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import Role, require_role
from notcontent.exchange.desk.two_people import Act, ask, check_reason, register
from notcontent.exchange.errors import UnknownName

HOLD = "keep data under a legal hold"
CASEWORK = frozenset({Role.DESK, Role.LEAD})
#: From the day on which it is agreed to; to go on it takes two people again.
LONGEST_HOLD = timedelta(days=365)
#: Of each kind of letters; whoever sends a case meanwhile waits for it.
_DELETED_TOGETHER = 500
#: Who stands in the audit for what a term deleted.
THE_TERMS = "the terms of keeping"


def close_case(case_id: str, *, actor: str, reason: str, today: date) -> None:
    """Let the terms of this case begin: nothing is left to do for her. Closing it again changes nothing.

    Her codes stay with the sites. Raises `NotAllowed`, `ReasonMissing`, and `UnknownName` where there is no open case.
    """
    require_role(actor, CASEWORK)
    reason = check_reason(reason)
    with transaction.atomic():
        case = _locked(case_id)
        if case.closed is None:
            case.closed = today
            case.save(update_fields=["closed"])
            case.letters.filter(waits=True).update(waits=False)
            # Rows that are never erased name no case.
            write_audit(day=today, actor=actor, action="case closed", subject="a case", reason=reason)


def ask_to_hold(
    case_id: str, *, untrusted_until: str, keeps: frozenset[str], actor: str, reason: str, today: date
) -> Proposal:
    """Ask a second person to keep the named kinds of data (`cases.terms`) until the end of that day.

    It takes the place of a hold that there is: so one is made longer or ended early. She is shown the reason. Raises
    `NotAHold`, `NotAllowed`, `ReasonMissing` and `UnknownName`.
    """
    case = Case.objects.filter(id=case_id).first()
    if case is None or case.is_forgotten:
        raise _no_case()
    until = _check_end(untrusted_until, today)
    if not keeps or keeps - {CONTACT, LETTERS}:
        raise NotAHold(
            gettext("A legal hold names what it keeps: how to reach her, links and messages, or both. Choose.")
        )
    payload = {
        "case": case_id, "until": until.isoformat(), "keeps": sorted(keeps), "reason_shown_to_her": check_reason(reason)
    }  # fmt: skip
    return ask(HOLD, subject=case_id, payload=payload, actor=actor, reason=reason, today=today)


def delete_and_audit(today: date) -> None:
    """Delete what the terms no longer keep, and write down how much it was: counts alone."""
    while _delete_some(today):
        pass
    gone = Case.objects.filter(withdrawn__isnull=False, forget="everything").values("id")
    Proposal.objects.filter(act=HOLD, subject__in=gone).delete()


def _delete_some(today: date) -> bool:
    """Delete a few hundred and write it down, in one transaction; whether there may be more."""
    with transaction.atomic():
        deleted = delete_what_is_due(settings.PROFILE, today, _DELETED_TOGETHER)
        if deleted.contact or deleted.letters:
            said = f"ways to reach somebody: {deleted.contact}; links and messages: {deleted.letters}"
            # What a table gave up may lie in the file a while; the publisher rebuilds it once this is committed.
            settings.FOLDER.erase_request.touch(mode=0o600)
            write_audit(day=today, actor=THE_TERMS, action="term over, deleted", subject="a day's letters", reason=said)
    return _DELETED_TOGETHER in (deleted.contact, deleted.letters)


def _hold(payload: dict[str, Any], _actor: str, today: date) -> None:
    until = _check_end(payload["until"], today)
    case = _locked(payload["case"])
    LegalHold.objects.update_or_create(
        case=case,
        defaults={
            "contact": CONTACT in payload["keeps"],
            "letters": LETTERS in payload["keeps"],
            "reason": payload["reason_shown_to_her"],
            "since": today,
            "until": until,
        },
    )


def _locked(case_id: str) -> Case:
    case = Case.objects.select_for_update().filter(id=case_id).first()
    if case is None or case.is_forgotten:
        raise _no_case()
    return case


def _check_end(untrusted_until: str, today: date) -> date:
    try:
        until = date.fromisoformat(untrusted_until)
    except ValueError:
        until = date.min
    if not today <= until <= today + LONGEST_HOLD:
        raise NotAHold(
            gettext(
                "A legal hold ends on a day from today on, at most %(n)s days away. Choose that day; it can be "
                "asked for again before it is over."
            )
            % {"n": LONGEST_HOLD.days}
        )
    return until


def _no_case() -> UnknownName:
    return UnknownName(
        gettext("There is no such case, or everything in it was forgotten. Look at the list of cases again.")
    )


register(Act(HOLD, CASEWORK, CASEWORK, _hold))
