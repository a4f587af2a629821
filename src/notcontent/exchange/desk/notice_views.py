"""Notices at the desk: those of a case, one notice, and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.notice_form import SENDING, NoticeForm, StartForm, begin_with
from notcontent.exchange.desk.notice_words import say_as_to_her, word_of_state
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.evidence.keeping import pieces_of
from notcontent.exchange.notices.approving import approve_notice, ask_her
from notcontent.exchange.notices.counting import count_notices, record_of, records_of_sites
from notcontent.exchange.notices.directory.reading import read_directory
from notcontent.exchange.notices.drafting import (
    change_draft,
    complete_notice,
    draft_again,
    draft_notice,
    missing_from,
    needs_her_word,
    record_evidence,
    text_of,
)
from notcontent.exchange.notices.errors import BadFacts, WorkGone
from notcontent.exchange.notices.following import News, record_news
from notcontent.exchange.notices.keeping import Work, read_work
from notcontent.exchange.notices.ladder import MAY_CLIMB, draft_letter
from notcontent.exchange.notices.looking import ask_headers, note_still_gone
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.sending import record_sent_by_form, send_by_mail, settle_handed, structure
from notcontent.exchange.notices.states import CLOCK_RUNS, OVER, REFUSALS, Origin, Refusal, State, may_become
from notcontent.exchange.notices.telling import tell
from notcontent.exchange.notices.timing import clock_of, complaint_of, ladder_of, last_day_here, standing_of
from notcontent.exchange.notices.watching import LOOK_AGAIN, WATCHED
from notcontent.exchange.notices.wording.rendering import FALLBACK, read_wordings
from notcontent.exchange.today import utc_now, utc_today

#: So many stand on one page.
SHOWN = 200


@allow(Role.DESK, Role.LEAD)
@require_safe
def show_notices(request: HttpRequest) -> HttpResponse:
    """`GET /notices`: what waits for the desk, what is overdue first; nothing of what a notice says."""
    now = utc_now()
    found = Notice.objects.exclude(state__in=[state.value for state in OVER]).order_by("drafted", "id")[:SHOWN]
    rows = sorted((_row(notice, now) for notice in found), key=lambda row: row["order"])
    return render(request, "desk/notices.html", {"rows": rows, "shown": SHOWN, "numbers": count_notices()})


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def show_case_notices(request: HttpRequest, case: str) -> HttpResponse:
    """`GET, POST /cases/CASE/notices`: hers, and a form that begins one from a pasted link."""
    found = Case.objects.filter(id=case).first()
    if found is None:
        raise Http404
    refused, form = "", StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = form.draft(settings.PROFILE)
            notice = draft_notice(case, draft, actor=request.user.get_username(), today=utc_today(), whole=False)
            return redirect("notice", notice.id)
        except ExchangeError as error:
            refused = str(error)
    now = utc_now()
    context = {
        "case": found,
        "rows": [_row(notice, now) for notice in found.notices.order_by("-drafted", "id")],
        "form": form,
        "laws": SENDING,
        "guides": [
            (regime, [wording for (law, _), wording in read_wordings().items() if law == regime.key])
            for regime in REGIMES.values()
            if not regime.sends
        ],
        "refused": refused,
    }
    return render(request, "desk/case-notices.html", context, status=422 if refused or form.errors else 200)


@allow(Role.DESK, Role.LEAD)
@require_safe
def show_record(request: HttpRequest, case: str) -> HttpResponse:
    """`GET /cases/CASE/notices/record`: what was sent for her and what came of it, to hand to a lawyer."""
    found = Case.objects.filter(id=case).first()
    if found is None:
        raise Http404
    record = record_of(found)
    rows = [(one, [(step, word_of_state(step.state)) for step in one.steps]) for one in record]
    return render(request, "desk/notice-table.html", {"case": found, "record": rows, "sites": records_of_sites(record)})


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def show_notice(request: HttpRequest, notice: str) -> HttpResponse:
    """`GET, POST /notices/NOTICE`: what it says, what it lacks, where it stands; a POST keeps the draft."""
    found = Notice.objects.filter(id=notice).select_related("case", "partner").first()
    if found is None:
        raise Http404
    refused, form = "", None
    if request.method == "POST":
        try:
            form = _form_of(found, read_work(found), request.POST)
            if form.is_valid():
                change_draft(
                    notice, form.draft(settings.PROFILE), actor=request.user.get_username(), today=utc_today(),
                    now=utc_now(),
                )  # fmt: skip
                return redirect("notice", notice)
        except ExchangeError as error:
            refused = str(error)
    return _show(request, found, refused, form)


def _form_of(notice: Notice, work: Work, told: Any = None) -> NoticeForm:
    return NoticeForm(
        told, initial=begin_with(notice, work), regime=REGIMES[notice.law], case=notice.case, rung=notice.rung
    )


@allow(Role.DESK, Role.LEAD)
@require_POST
def act_on_notice(request: HttpRequest, notice: str, act: str) -> HttpResponse:
    """`POST /notices/NOTICE/ACT`: one of `ACTS`. Shows the notice again, or the letter that it made."""
    found = Notice.objects.filter(id=notice).select_related("case", "partner").first()
    if found is None or act not in ACTS:
        raise Http404
    try:
        made = ACTS[act](notice, request.POST, request.user.get_username())
    except ExchangeError as error:
        found.refresh_from_db()
        return _show(request, found, str(error), None)
    return redirect("notice", made or notice)


def _complete(notice: str, _told: Any, actor: str) -> None:
    complete_notice(notice, actor=actor, today=utc_today(), now=utc_now())


def _evidence(notice: str, told: Any, actor: str) -> None:
    record_evidence(
        notice, record=told.get("record", "").strip(), reason=told.get("reason", ""), actor=actor, today=utc_today()
    )


def _ask(notice: str, _told: Any, actor: str) -> None:
    ask_her(notice, actor=actor, today=utc_today())


def _approve(notice: str, _told: Any, actor: str) -> None:
    approve_notice(notice, actor=actor, today=utc_today(), now=utc_now())


def _send(notice: str, _told: Any, actor: str) -> None:
    send_by_mail(notice, actor=actor, now=utc_now())


def _sent_by_form(notice: str, told: Any, actor: str) -> None:
    record_sent_by_form(notice, answer=told.get("answer", ""), actor=actor, now=utc_now())


def _settle(notice: str, told: Any, actor: str) -> None:
    settle_handed(notice, went=told.get("went") == "yes", actor=actor, now=utc_now())


def _news(notice: str, told: Any, actor: str) -> None:
    try:
        at = datetime.fromisoformat(told.get("at", "")).replace(tzinfo=UTC)
        news = News(
            State(told.get("to", "")), Origin(told.get("origin", "")), at, Refusal(told.get("reason", "")),
            told.get("rung", ""), _country(told.get("country", "")),
        )  # fmt: skip
    except ValueError:
        raise BadFacts(_("Say what happened, who says so, and when (UTC).")) from None
    record_news(notice, news, actor=actor, now=utc_now())


def _country(text: str) -> str:
    text = text.strip().upper()
    if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError("not two letters")
    return text


def _again(notice: str, _told: Any, actor: str) -> None:
    draft_again(notice, actor=actor, today=utc_today())


def _letter(notice: str, told: Any, actor: str) -> str:
    return draft_letter(notice, told.get("rung", ""), actor=actor, today=utc_today(), now=utc_now()).id


def _headers(notice: str, _told: Any, actor: str) -> None:
    ask_headers(notice, actor=actor, now=utc_now())


def _still_gone(notice: str, _told: Any, actor: str) -> None:
    note_still_gone(notice, actor=actor, now=utc_now())


ACTS: dict[str, Callable[[str, Any, str], str | None]] = {
    "complete": _complete, "evidence": _evidence, "ask": _ask, "approve": _approve, "send": _send,
    "sent-by-form": _sent_by_form, "settle": _settle, "news": _news, "again": _again,
    "letter": _letter, "headers": _headers, "still-gone": _still_gone,
}  # fmt: skip
#: After these the same can be drafted again.
_AGAIN = (State.BOUNCED, State.REFUSED, State.PARTLY, State.REAPPEARED, State.ESCALATED)
#: What somebody at the desk can note, in the order in which it usually happens.
_NOTED = (
    State.ACKNOWLEDGED, State.REMOVED, State.PARTLY, State.REFUSED, State.GONE, State.REAPPEARED, State.ESCALATED,
    State.CLOSED,
)  # fmt: skip


#: And of a letter: what came of it is noted where it happened, on the notice that it is about.
_NOTED_OF_LETTERS = (State.ACKNOWLEDGED, State.REFUSED, State.CLOSED)


def _show(request: HttpRequest, notice: Notice, refused: str, form: NoticeForm | None) -> HttpResponse:
    now, regime = utc_now(), REGIMES[notice.law]
    try:
        work: Work | None = read_work(notice)
    except WorkGone:
        work = None
    service = read_directory().get(notice.service)
    told, complaint = tell(notice, now), complaint_of(notice, now)
    if form is None and work is not None:
        form = _form_of(notice, work)
    standing = standing_of(notice, now)
    stands = State.SILENT if standing and standing.is_over else notice.stands
    changeable = notice.stands in (State.DRAFT, State.COMPLETE, State.APPROVED) and notice.handed is None
    channel = next((one for one in service.channels if one.to == work.to), None) if service and work else None
    context = {
        "channel": channel, "channel_stale": channel is not None and channel.is_stale(utc_today()),
        "notice": notice, "regime": regime, "work": work, "form": form if changeable and work else None,
        "pieces": pieces_of(notice.case_id) if changeable else (),
        "missing": missing_from(notice, work) if work and changeable else (),
        "text": text_of(notice, work, utc_today()) if work and not work.body else work,
        "english": text_of(notice, work, utc_today(), FALLBACK) if work and notice.language != FALLBACK else None,
        "structured": json.dumps(structure(notice, work), ensure_ascii=False, indent=2)
        if work and not notice.rung else "",
        "rung": regime.rung(notice.rung) if notice.rung else None, "clock": clock_of(notice),
        "service": service, "stale": service is not None and service.is_stale(utc_today()),
        "coverage": regime.covers(service) if service else None,
        "needs_her": changeable and needs_her_word(notice), "standing": standing,
        "complaint": complaint, "last_day": last_day_here(complaint) if complaint else None,
        "later": [
            (one, regime.rung(one.rung), word_of_state(one.state)) for one in notice.later.order_by("drafted", "id")
        ],
        "again": work is not None and notice.stands in _AGAIN,
        "steps": [(step, word_of_state(step.state)) for step in notice.steps.order_by("id")],
        "state": word_of_state(notice.state), "she_reads": say_as_to_her(told, settings.PROFILE.answer_days),
        "can_note": [
            (state.value, word_of_state(state))
            for state in (_NOTED_OF_LETTERS if notice.rung else _NOTED)
            if may_become(stands, state, letter=bool(notice.rung))
        ] if (notice.sent or notice.rung) and notice.case.withdrawn is None else [],
        "unclear": notice.handed is not None and notice.sent is None,
        "look": notice.stands in WATCHED and work is not None, "may_go_on": notice.looks < len(LOOK_AGAIN),
        "ladder": [(one, one.is_open(now) and work is not None) for one in ladder_of(notice, now)]
        if not notice.rung and notice.stands in MAY_CLIMB else [], "refusals": REFUSALS, "now": now, "refused": refused,
    }  # fmt: skip
    return render(request, "desk/notice.html", context, status=422 if refused or (form and form.errors) else 200)


def _row(notice: Notice, now: datetime) -> dict[str, Any]:
    standing = standing_of(notice, now)
    service = read_directory().get(notice.service)
    hours = round(standing.left.total_seconds() / 3600) if standing else None
    return {
        "notice": notice, "state": word_of_state(notice.state), "law": REGIMES[notice.law].law,
        "site": "" if service is None else service.name, "rung": REGIMES[notice.law].rung(notice.rung),
        "hours": hours, "over": standing is not None and standing.is_over,
        "near": standing is not None and standing.is_near and not standing.is_over,
        "runs": notice.stands in CLOCK_RUNS,
        "order": (hours is None, hours if hours is not None else 0, notice.drafted),
    }  # fmt: skip
