"""`/cases` and `/cases/CASE`: the list of cases, and one case with what can be done about it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language_bidi, gettext
from django.views.decorators.http import require_POST, require_safe

from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.case_facts import draw_case, read_case
from notcontent.exchange.desk.claim_acts import ANSWER, PUT_BACK, TAKE_OUT, VERIFY
from notcontent.exchange.desk.counting import SHOWN, count_all, list_days
from notcontent.exchange.desk.drawing import first_and_last
from notcontent.exchange.desk.letters import set_aside
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.templatetags.tongue import day as as_day
from notcontent.exchange.desk.two_people import ask
from notcontent.exchange.disputes.models import Answer, Kind
from notcontent.exchange.errors import ExchangeError, UnknownName
from notcontent.exchange.lists.models import Entry
from notcontent.exchange.today import utc_today

#: What a button asks for: the act, and for a dispute what is answered.
_WISHES = {
    "out": (TAKE_OUT, None),
    "stand": (PUT_BACK, None),
    "upheld": (ANSWER, Answer.UPHELD),
    "released": (ANSWER, Answer.RELEASED),
}


@allow(Role.DESK, Role.LEAD)
@require_safe
def show_cases(request: HttpRequest) -> HttpResponse:
    """`GET /cases`: cases by day, with counts and states."""
    return render(request, "desk/cases.html", {"days": list_days(), "counts": count_all(), "shown": SHOWN})


@allow(Role.DESK, Role.LEAD)
@require_safe
def show_case(request: HttpRequest, case: str) -> HttpResponse:
    """`GET /cases/CASE`: everything about it on one page, with what can be done."""
    return _show(request, _find(case))


@allow(Role.DESK, Role.LEAD)
@require_POST
def decide(request: HttpRequest, case: str) -> HttpResponse:
    """`POST /cases/CASE/decide`: asks a second person about a contested or disputed entry of it."""
    found = _find(case)
    try:
        _ask_about_entry(request, found)
    except ExchangeError as error:
        return _show(request, found, str(error))
    return redirect("proposals")


def _ask_about_entry(request: HttpRequest, case: Case) -> None:
    entry = request.POST.get("entry", "")
    wish = _WISHES.get(request.POST.get("wish", ""))
    if wish is None or not Entry.objects.filter(id=entry, case=case, case__withdrawn=None).exists():
        raise UnknownName(gettext("Nothing here has this id, or it was withdrawn. Look at the list again."))
    act, answer = wish
    payload: dict[str, Any] = {"entry": entry}
    if answer is not None:
        kind = request.POST.get("kind", "")
        if kind not in Kind.values:
            raise UnknownName(gettext("A dispute is of one of four kinds. Look at the list again."))
        payload |= {"what_was_said": kind, "answer": str(answer)}
    ask(
        act, subject=entry, payload=payload, actor=request.user.get_username(),
        reason=request.POST.get("reason", ""), today=utc_today(),
    )  # fmt: skip


@allow(Role.DESK, Role.LEAD)
@require_POST
def spoken(request: HttpRequest, case: str) -> HttpResponse:
    """`POST /cases/CASE/spoken`: asks a second person who spoke with her, so that her pictures are verified."""
    found = _find(case)
    try:
        ask(
            VERIFY, subject=found.id, payload={"case": found.id}, actor=request.user.get_username(),
            reason=request.POST.get("reason", ""), today=utc_today(),
        )  # fmt: skip
    except ExchangeError as error:
        return _show(request, found, str(error))
    return redirect("proposals")


@allow(Role.DESK, Role.LEAD)
@require_POST
def no_answer(request: HttpRequest, case: str) -> HttpResponse:
    """`POST /cases/CASE/no-answer`: what she wrote until now needs none."""
    found = _find(case)
    try:
        set_aside(found.id, actor=request.user.get_username(), today=utc_today())
    except ExchangeError as error:
        return _show(request, found, str(error))
    return redirect("case", case)


def _find(case_id: str) -> Case:
    case = Case.objects.filter(id=case_id).first()
    if case is None:
        raise Http404
    return case


def _show(request: HttpRequest, case: Case, refused: str = "") -> HttpResponse:
    today = utc_today()
    facts = read_case(case, today)
    first, last = (as_day(day) for day in first_and_last([event.day for event in facts.events], today))
    drawn = draw_case(facts, today, first=first, last=last, right_to_left=get_language_bidi())
    context = {
        "facts": facts,
        "case": case,
        # Whatever a partner or the catalogue wrote into it is escaped where it is drawn.
        "timeline": mark_safe(drawn),  # noqa: S308
        "refused": refused,
        "may_act": case.withdrawn is None,
    }
    return render(request, "desk/case.html", context, status=422 if refused else 200)
