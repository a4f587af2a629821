"""Carrying out what the ledger of withdrawals says and the tables do not: after a sudden end, and after a restore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from notcontent.exchange.cases.models import Case, Forget
from notcontent.exchange.cases.withdrawing import carry_out
from notcontent.exchange.ledger import Contents, Word

_TOGETHER = 500
#: Backups are dated in UTC too; a day more for whoever deletes them in the evening.
_ONE_DAY_MORE = 1


def replay(contents: Contents, today: date, *, after: int = 0) -> int:
    """Withdraw every case that a line after this number names and that is not withdrawn yet. Returns how many.

    Each in a transaction of its own, under the lock under which a withdrawal writes its line: one that is about to
    commit is waited for. What the tables don't know is passed over.
    """
    lines = [line for line in contents.lines if line.number > after]
    forgotten = [line.subject for line in lines if line.word is Word.FORGOTTEN]
    entries = [line.subject for line in lines if line.word is Word.WITHDRAWN]
    done = 0
    for part in _parts(forgotten):
        named = Case.objects.filter(id__in=part).exclude(forget=Forget.EVERYTHING, withdrawn__isnull=False)
        for case_id in list(named.values_list("id", flat=True)):
            done += _withdraw(case_id, str(Forget.EVERYTHING), today)
    for part in _parts(entries):
        holding = Case.objects.filter(entries__id__in=part, withdrawn=None).distinct()
        for case_id in list(holding.values_list("id", flat=True)):
            done += _withdraw(case_id, str(Forget.MATCHING), today)
    return done


def drop_old_lines(today: date) -> int:
    """Drop the ledger's lines from which no backup may be left any more; how many."""
    days = settings.PROFILE.keep_backups_days + _ONE_DAY_MORE
    return settings.LEDGER.drop_before(today - timedelta(days=days))


def _withdraw(case_id: str, wanted: str, today: date) -> int:
    forget = Forget(wanted)
    with transaction.atomic():
        case = Case.objects.select_for_update().get(id=case_id)
        if case.is_forgotten or (case.withdrawn is not None and forget == Forget.MATCHING):
            return 0
        carry_out(case, forget, today, noted=True)
    return 1


def _parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + _TOGETHER] for start in range(0, len(ids), _TOGETHER)]
