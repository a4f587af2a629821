"""Her yes or no to the exact text of one notice."""

from __future__ import annotations

from datetime import date

from notcontent.exchange.cases.models import Case
from notcontent.exchange.notices.models import HerWord, Notice
from notcontent.exchange.notices.states import State


def hear_of_notice(case: Case, notice_id: str, *, may_go: bool, today: date) -> bool:
    """Keep her word on a notice of the locked case that she was asked about; whether there is one.

    Until it is approved she may change it. It holds for this text alone: when somebody changes that, she is asked anew.
    """
    notice = Notice.objects.select_for_update().filter(id=notice_id, case=case).first()
    if notice is None:
        return False
    if notice.stands is State.COMPLETE and notice.her_word != HerWord.NOT_ASKED:
        notice.her_word, notice.her_day = (HerWord.YES if may_go else HerWord.NO), today
        notice.save(update_fields=["her_word", "her_day"])
    return True
