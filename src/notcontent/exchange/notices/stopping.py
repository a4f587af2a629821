"""She takes back: every draft is gone, every clock stops. What was sent can't be called back, and it says so."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from notcontent.exchange.cases.models import Case
from notcontent.exchange.notices.keeping import forget_work
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.states import OVER, Origin, State
from notcontent.exchange.notices.stepping import step


def stop_notices(case: Case, now: datetime, *, partner: str | None = None) -> int:
    """Withdraw every notice of the locked case that is not over, or those for one site; how many."""
    with transaction.atomic():
        notices = (
            Notice.objects.select_for_update(of=("self",))
            .filter(case=case)
            .exclude(state__in=[state.value for state in OVER])
        )
        if partner is not None:
            # A letter about a notice to this site goes no more than the notice itself.
            notices = notices.filter(Q(partner_id=partner) | Q(previous__partner_id=partner))
        found = list(notices)
        for notice in found:
            step(notice, State.WITHDRAWN, now, Origin.HER)
        return len(found)


def forget_notices(case: Case) -> None:
    """Delete all notices of the locked case, with their keys: everything is to be forgotten."""
    with transaction.atomic():
        for notice in Notice.objects.select_for_update().filter(case=case):
            forget_work(notice)
            notice.delete()
