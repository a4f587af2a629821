"""Notices that wait for the desk after a site's word, and those of which nobody knows whether they went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import OuterRef, Subquery

from notcontent.exchange.notices.models import Notice, Step
from notcontent.exchange.notices.states import State


def refused_or_partly(now: datetime, most: int) -> Iterator[tuple[Notice, date]]:
    """Notices that a site refused or did in part, and the day of its word; the oldest, so many of each.

    Not those that somebody has written again about since, or has to look at now.
    """
    said = Step.objects.filter(notice=OuterRef("pk"), state=OuterRef("state")).order_by("-id").values("at")[:1]
    for state in (State.REFUSED, State.PARTLY):
        found = Notice.objects.filter(state=state.value, later=None).defer("work").annotate(said=Subquery(said))
        for notice in found.exclude(look_at__lte=now).order_by("drafted", "id")[:most]:
            yield notice, notice.said.date() if notice.said else notice.drafted


def perhaps_sent(most: int) -> Iterator[tuple[Notice, date]]:
    """Notices that she took back while the relay had them, and the day on which it got them.

    She is told no more than that until somebody has looked what became of them.
    """
    unclear = Notice.objects.filter(handed__isnull=False, sent=None, state=State.WITHDRAWN.value).defer("work")
    for notice in unclear.order_by("handed", "id")[:most]:
        yield notice, notice.handed.date()
