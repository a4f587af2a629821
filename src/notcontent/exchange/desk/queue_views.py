"""`/`: the desk's home, what needs a human today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from notcontent.exchange.desk.drawing import draw_clock
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.templatetags.tongue import day
from notcontent.exchange.desk.waiting import SHOWN, Kind, Waiting, read_queue

#: Filled in here, since a template takes a fifth of a millisecond for each of a hundred rows.
_ROW = """<tr{late}>
    <td class="whole">{clock} {left}</td>
    <td>{danger}<a href="{link}"><bdi>{what}</bdi></a>
      <span class="narrow small quiet"><bdi class="code">{about}</bdi> · {since}</span></td>
    <td class="whole"><bdi class="code">{about}</bdi></td>
    <td class="whole">{since}</td>
  </tr>"""


@allow(Role.DESK, Role.LEAD)
@require_safe
def show_queue(request: HttpRequest) -> HttpResponse:
    """`GET /`: what waits, danger first and then by its clock; `?only=KIND` for one kind alone."""
    now = datetime.now(UTC)
    wanted = request.GET.get("only", "")
    only = Kind(wanted) if wanted in set(Kind) else None
    queue = read_queue(request.user.get_username(), request.roles, now, only)
    context = {
        "rows": _draw_rows(queue.rows, now.date()),
        "counts": queue.counts,
        "more": queue.more,
        "shown": SHOWN,
        "only": only.value if only else "",
    }
    return render(request, "desk/queue.html", context)


def _draw_rows(rows: Iterable[Waiting], today: date) -> SafeString:
    """The rows of the table. What many of them have in common is written once."""
    when, left, clock = cache(_when), cache(_left), cache(draw_clock)
    danger = format_html('<span class="state state-stop">{}</span> ', _("Danger"))
    drawn = []
    for row in rows:
        late = row.due < today
        drawn.append(
            format_html(
                _ROW,
                late=mark_safe(' class="late"') if late else "",
                # The drawing holds numbers of ours alone.
                clock=mark_safe(clock((today - row.since).days, (row.due - row.since).days)),  # noqa: S308
                left=format_html("<strong>{}</strong>", left(row.due, today)) if late else left(row.due, today),
                danger=danger if row.danger else "",
                link=row.link,
                what=row.what,
                about=row.about,
                since=when(row.since),
            )
        )
    return mark_safe("\n  ".join(drawn))  # noqa: S308


def _when(since: date) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', since.isoformat(), day(since))


def _left(due: date, today: date) -> str:
    days = (due - today).days
    if days < 0:
        return ngettext("overdue for %(n)d day", "overdue for %(n)d days", -days) % {"n": -days}
    if days == 0:
        return _("today")
    return _("tomorrow") if days == 1 else ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
