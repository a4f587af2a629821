"""Capturing a page in full: a lead asks, with a reason; somebody else agrees; it is sealed to offline keys alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from notcontent.evidence.seen import is_link
from notcontent.exchange.desk.errors import NeedsSecondPerson
from notcontent.exchange.desk.keyed import keyed_hash
from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import Role, require_role
from notcontent.exchange.desk.two_people import Act, ask, check_reason, register
from notcontent.exchange.errors import UnknownName
from notcontent.exchange.evidence.capturing import capture
from notcontent.exchange.evidence.errors import CaptureRefused
from notcontent.exchange.evidence.keeping import keep_evidence
from notcontent.exchange.evidence.models import CapturePermit, Evidence
from notcontent.exchange.folder import Folder

CAPTURE_IN_FULL = "capture a page in full"
MAY_ASK = frozenset({Role.LEAD})
MAY_AGREE = frozenset({Role.DESK, Role.LEAD})
#: Today and tomorrow, so that midnight stops nobody.
PERMIT = timedelta(days=1)


def ask_to_capture(case_id: str, url: str, record: str, *, actor: str, reason: str, today: date) -> Proposal:
    """Ask for a second person's word. `record`: id of the evidence that names the address, for whoever agrees.

    Raises `CaptureRefused`, `UnknownName`, `NotAllowed` and `ReasonMissing`.
    """
    if not is_link(url):
        raise CaptureRefused(gettext("This is no address of the web. It begins with https:// or http://."))
    if not Evidence.objects.filter(id=record, case_id=case_id).exists():
        raise UnknownName(
            gettext("Keep the link as typed facts first, and choose that record: who agrees looks there.")
        )
    told = {"case": case_id, "reader": actor, "record": record, "address": _hash(url), "reason": check_reason(reason)}
    return ask(CAPTURE_IN_FULL, subject=case_id, payload=told, actor=actor, reason=reason, today=today)


def may_capture(case_id: str, *, actor: str, today: date) -> bool:
    """Whether this person may capture a page in full for this case today."""
    return bool(_permits(case_id, actor, today).exists())


def capture_in_full(folder: Folder, case_id: str, url: str, *, actor: str, now: datetime) -> Evidence:
    """The kept piece; the permit is gone with it. Raises `NeedsSecondPerson`, `NotAllowed` and `CaptureRefused`."""
    require_role(actor, MAY_ASK)
    permit = _permits(case_id, actor, now.date()).filter(address=_hash(url)).first()
    if permit is None:
        raise NeedsSecondPerson(
            gettext("A page is captured in full only when a colleague agrees, to this very address, and once.")
        )
    told = {"case": case_id, "collector": actor, "reason": permit.reason}
    record_sha256, sealed = capture(url, told, practice=settings.PROFILE.practice, full=True)
    with transaction.atomic():
        if not CapturePermit.objects.filter(id=permit.id).delete()[0]:
            raise NeedsSecondPerson(gettext("This was captured meanwhile. Look at the case again."))
        return keep_evidence(folder, case_id, record_sha256, sealed, actor=actor, now=now, offline=True)


def _hash(url: str) -> str:
    """Addresses stand nowhere unsealed; whoever has the database alone can't even try one."""
    return keyed_hash("full capture", url)


def _permits(case_id: str, actor: str, today: date) -> Any:
    return CapturePermit.objects.filter(case_id=case_id, reader=actor, begun__lte=today, until__gte=today)


def _permit(payload: dict[str, Any], _actor: str, today: date) -> None:
    CapturePermit.objects.create(
        case_id=payload["case"], reader=payload["reader"], address=payload["address"], reason=payload["reason"],
        begun=today, until=today + PERMIT,
    )  # fmt: skip


register(Act(CAPTURE_IN_FULL, MAY_ASK, MAY_AGREE, _permit))
