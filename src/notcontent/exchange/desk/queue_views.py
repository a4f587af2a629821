"""`/`: the desk's home, what needs a human today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from notcontent.exchange.desk.drawing import draw_clock
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.waiting import SHOWN, Kind, Waiting, read_queue


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is shown: with its clock, and how long it has or how long it is late in words."""

    waiting: Waiting
    clock: SafeString
    left: str
    late: bool


@allow(Role.DESK, Role.LEAD)
@require_safe
def show_queue(request: HttpRequest) -> HttpResponse:
    """`GET /`: what waits, danger first and then by its clock; `?only=KIND` for one kind alone."""
    now = datetime.now(UTC)
    wanted = request.GET.get("only", "")
    only = Kind(wanted) if wanted in set(Kind) else None
    queue = read_queue(request.user.get_username(), request.roles, now, only)
    context = {
        "rows": [_row(waiting, now.date()) for waiting in queue.rows],
        "counts": queue.counts,
        "more": queue.more,
        "shown": SHOWN,
        "only": only.value if only else "",
    }
    return render(request, "desk/queue.html", context)


def _row(waiting: Waiting, today: date) -> Row:
    passed, whole = (today - waiting.since).days, (waiting.due - waiting.since).days
    # The drawing holds numbers of ours alone.
    clock = mark_safe(draw_clock(passed, whole))  # noqa: S308
    return Row(waiting, clock, _left(waiting.due, today), waiting.due < today)


def _left(due: date, today: date) -> str:
    days = (due - today).days
    if days < 0:
        return ngettext("overdue for %(n)d day", "overdue for %(n)d days", -days) % {"n": -days}
    if days == 0:
        return _("today")
    return _("tomorrow") if days == 1 else ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
