"""Her yes or no to the exact text of one notice."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from notcontent.exchange.cases.looking import NO_KEY, key_opens
from notcontent.exchange.cases.models import Case
from notcontent.exchange.notices.models import HerWord, Notice
from notcontent.exchange.notices.states import State
from notcontent.exchange.today import utc_today

#: What her device says for it; the other word is "no".
YES = "yes"


def hear_her_on_notice(locator_sha256: str, withdraw_sha256: str, notice_id: str, word: str) -> Case | None:
    """The case, with her word on the notice, if she was asked about it. A looking code does not do.

    None for a wrong key and an unknown case alike.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(locator_sha256=locator_sha256).first()
        if not key_opens(case.withdraw_sha256 if case else NO_KEY, withdraw_sha256) or case is None:
            return None
        hear_of_notice(case, notice_id, may_go=word == YES, today=utc_today())
        return case


def hear_of_notice(case: Case, notice_id: str, *, may_go: bool, today: date) -> bool:
    """Keep her word on a notice of the locked case that she was asked about; whether there is one.

    Until it is approved she may change it. It holds for this text alone: when somebody changes that, she is asked anew.
    """
    with transaction.atomic():
        notice = Notice.objects.select_for_update().filter(id=notice_id, case=case).first()
        if notice is None:
            return False
        if notice.stands is State.COMPLETE and notice.her_word != HerWord.NOT_ASKED:
            notice.her_word, notice.her_day = (HerWord.YES if may_go else HerWord.NO), today
            notice.save(update_fields=["her_word", "her_day"])
        return True
