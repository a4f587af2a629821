"""She is told of disputes in her case, and may say whether what was said is so. Her word alone decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from notcontent.exchange.cases.looking import NO_KEY, key_opens
from notcontent.exchange.cases.models import Case
from notcontent.exchange.disputes.models import Answer, Dispute, HerWord

#: So many are told, the newest; more would be a way to make her look at nothing else.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Question:
    """One site's question to her: what somebody said there, since when, what she answered, what was decided."""

    id: str
    site: str
    kind: str
    day: date
    her_word: str
    answer: str


def questions_of(case: Case, hit_delay_days: int, today: date) -> tuple[Question, ...]:
    """The open ones, newest first; of several alike at a site the one that she can answer first. After the same delay
    as hits, since whoever has the picture can open a case with it."""
    if case.withdrawn is not None:
        return ()
    told_until = today - timedelta(days=hit_delay_days)
    open_ones = (
        Dispute.objects.filter(report__listing__entry__case=case, answer=Answer.OPEN, day__lte=told_until)
        .select_related("report__stream__partner")
        .order_by("-day", "id")
    )
    asked: dict[tuple[str, str], Question] = {}
    for dispute in open_ones:
        partner = dispute.report.stream.partner
        question = Question(dispute.id, partner.name, dispute.kind, dispute.day, dispute.her_word, dispute.answer)
        known = asked.get((partner.id, dispute.kind))
        if known is None or (known.her_word and not question.her_word):
            asked[partner.id, dispute.kind] = question
    return tuple(asked.values())[:SHOWN]


def hear_her(locator_sha256: str, withdraw_sha256: str, question: str, word: HerWord) -> Case | None:
    """The case, with her word on the question and on all open ones alike at that site.

    It needs her own words: a looking code only looks. None for a wrong key and an unknown case. A question that is not
    open, or not this case's, changes nothing.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(locator_sha256=locator_sha256).first()
        if not key_opens(case.withdraw_sha256 if case else NO_KEY, withdraw_sha256) or case is None:
            return None
        hers = Dispute.objects.filter(report__listing__entry__case=case, answer=Answer.OPEN)
        asked = hers.filter(id=question).select_related("report").first()
        if asked is None:
            return case  # It was decided meanwhile, or is another case's: nothing is said of it.
        alike = hers.filter(kind=asked.kind, report__stream_id=asked.report.stream_id).values_list("id", flat=True)
        Dispute.objects.filter(id__in=list(alike)).update(her_word=word)
        return case
