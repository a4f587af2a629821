"""`/numbers` and `/v1/numbers` on the person's face: the same for everybody."""

from __future__ import annotations

from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from notcontent.exchange.answers import answer_json
from notcontent.exchange.notices.states import REFUSALS
from notcontent.exchange.public.counting import FEWER, Demanded, told_months
from notcontent.exchange.public.notices import told_notices

_HEADINGS = (
    "Month", "Listed", "Held", "Released as not intimate", "Disputed", "Median hold", "Withdrawn", "In new places",
    "By states",
)  # fmt: skip

_HEADINGS_OF_NOTICES = (
    "Quarter", "Site", "Law", "Sent", "Confirmed", "Removed, says the site", "Refused", "Why", "Time over",
    "Median hours",
)  # fmt: skip


@require_safe
def tell_numbers(request: HttpRequest) -> HttpResponse:
    """`GET /v1/numbers`."""
    notices = [asdict(row) | {"refused_for": dict(row.refused_for)} for row in told_notices()]
    return answer_json({"v": 1, "months": [asdict(month) for month in told_months()], "notices": notices})


@require_safe
def show_numbers(request: HttpRequest) -> HttpResponse:
    """`GET /numbers`: a page without script."""
    name = settings.PROFILE.name
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td>'
        '<td class="number">{}</td><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td>'
        "<td>{}</td></tr>",
        (
            (
                month.month, month.listed, month.held, month.released_as_not_intimate, month.disputed,
                _days(month.median_hold_days), month.withdrawn, month.seen_again,
                _demands(month.demands_by_states),
            )
            for month in told_months()
        ),
    )  # fmt: skip
    heads = format_html_join("", '<th scope="col">{}</th>', ((heading,) for heading in _HEADINGS))
    table = format_html(
        '<div class="table-wrap" tabindex="0" role="region" aria-label="Numbers by month"><table class="table"><thead>'
        "<tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        heads,
        rows,
    )
    empty = SafeString('<p class="empty">No month has been counted yet.</p>')
    practice = SafeString('<p class="practice">Practice only. Nothing here reaches a real site.</p>')
    page = format_html(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><title>Numbers · {}</title>'
        '<link rel="stylesheet" href="/page/look.css"><link rel="stylesheet" href="/page/numbers.css"></head><body>'
        '{}<header class="top"><span class="mark"><bdi>{}</bdi></span></header><main class="main">'
        "<h1>Numbers by month</h1><p>Picture codes that people listed, "
        "uploads that sites held for them, and what came of it. Every month is counted once, when it is over. A count "
        "below ten is not told, so that no month speaks of one person. What states demanded is told as it is. “In new "
        "places”: codes that sites, so far as they look for it and tell, saw again where a group that they closed "
        "seems to have gone. It does not show who posted, owns or joined these places."
        "</p>{}<h2>Notices to sites</h2><p>What became of notices that were sent in each quarter, as it stood a month "
        "after its end. Hours are the median from sending to the site’s word that it is removed.</p>{}"
        '<p><a href="/v1/numbers">The same for programs</a></p></main></body></html>\n',
        name,
        practice if settings.PROFILE.practice else "",
        name,
        table if rows else empty,
        _notices(),
    )
    return HttpResponse(page, content_type="text/html; charset=utf-8")


def _notices() -> SafeString:
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td><bdi>{}</bdi></td><td>{}</td><td class="number">{}</td><td class="number">{}'
        '</td><td class="number">{}</td><td class="number">{}</td><td>{}</td><td class="number">{}</td>'
        '<td class="number">{}</td></tr>',
        (
            (
                row.quarter, row.site, row.law, row.sent, _told(row.acknowledged), _told(row.removed),
                _told(row.refused), _reasons(row.refused_for), _told(row.overdue), _told(row.median_hours),
            )
            for row in told_notices()
        ),
    )  # fmt: skip
    if not rows:
        return SafeString('<p class="empty">No quarter has enough notices to tell of yet.</p>')
    heads = format_html_join("", '<th scope="col">{}</th>', ((heading,) for heading in _HEADINGS_OF_NOTICES))
    return format_html(
        '<div class="table-wrap" tabindex="0" role="region" aria-label="Notices to sites"><table class="table"><thead>'
        "<tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        heads,
        rows,
    )


def _told(count: float | None) -> str:
    return FEWER if count is None else f"{count:g}"


def _reasons(reasons: tuple[tuple[str, int], ...]) -> str:
    words = dict(REFUSALS)
    return "; ".join(f"{words.get(reason, reason)}: {count}" for reason, count in reasons) or "–"


def _days(median: float | None) -> str:
    if median is None:
        return FEWER
    return "1 day" if median == 1 else f"{median:g} days"


def _demands(demands: tuple[Demanded, ...]) -> str:
    told = (f"{escape(each.country)}: {each.demands}, obeyed {each.obeyed}" for each in demands)
    return "; ".join(told) or "none"
