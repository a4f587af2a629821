"""What guards say of disputes, and what they are answered. It may be said again and again and counts once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from notcontent.exchange.answers import check_hex, check_list, check_object, check_word
from notcontent.exchange.disputes.models import Dispute, Kind
from notcontent.exchange.lists.models import ListingState
from notcontent.exchange.partners.models import Report

MAX_IN_BODY = 1_000
#: A near miss or a copy from before was never stopped, so there is nothing to dispute.
_STOPPED = ("hold", "block")


@dataclass(frozen=True, slots=True)
class Answered:
    """One report's dispute as it stands: `open`, `upheld` or `released`."""

    report: str
    answer: str


@dataclass(frozen=True, slots=True)
class _Offered:
    report: str
    kind: str


def hear_disputes(feed: str, untrusted: object, today: date) -> list[Answered]:
    """Keep what is new, and answer each as it stands. Raises `Refused` 400.

    A report that this stream never made, that stopped nothing, or whose entry is gone is passed over and not answered.
    The first kind that is said of a report stays.
    """
    offered = check_list(check_object(untrusted, {"disputes"})["disputes"], 0, MAX_IN_BODY, "disputes")
    checked = [_check(item) for item in offered]
    answers = []
    with transaction.atomic():
        for each in checked:
            report = (
                Report.objects.select_for_update(of=("self",))
                .filter(stream_id=feed, report=each.report, verdict__in=_STOPPED)
                .select_related("listing", "dispute")
                .first()
            )
            if report is None:
                continue
            dispute = getattr(report, "dispute", None)
            if dispute is None and report.listing.state == ListingState.LIVE:
                dispute = Dispute.objects.create(report=report, kind=each.kind, day=today)
            if dispute is not None:
                answers.append(Answered(each.report, dispute.answer))
    return answers


def _check(untrusted: object) -> _Offered:
    item = check_object(untrusted, {"report", "kind"})
    return _Offered(check_hex(item["report"], 32, "report"), check_word(item["kind"], Kind.values, "kind"))
