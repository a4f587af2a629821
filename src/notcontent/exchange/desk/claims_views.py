"""`/claims`: what is contested, disputed or alarming, and the forms that ask a second person. `/demands` beside it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from notcontent.exchange.cases.models import Case, Notices
from notcontent.exchange.desk.before_desk import brakes, contested_claims, many_copies, open_disputes
from notcontent.exchange.desk.claim_acts import ANSWER, PUBLISH, PUT_BACK, TAKE_OUT, VERIFY, check_demand
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.two_people import ask
from notcontent.exchange.disputes.deciding import misuses_of
from notcontent.exchange.disputes.models import Answer, Kind
from notcontent.exchange.errors import ExchangeError, UnknownName
from notcontent.exchange.lists.models import Entry
from notcontent.exchange.public.models import Demand
from notcontent.exchange.today import utc_today

#: What a button asks for: the act, and for a dispute what is answered.
_WISHES = {
    "out": (TAKE_OUT, None),
    "stand": (PUT_BACK, None),
    "upheld": (ANSWER, Answer.UPHELD),
    "released": (ANSWER, Answer.RELEASED),
}


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def show_claims(request: HttpRequest) -> HttpResponse:
    """`GET, POST /claims`: what waits for two people; a form asks a second one."""
    refused = None
    if request.method == "POST":
        try:
            _ask_about_entry(request)
            return redirect("proposals")
        except ExchangeError as error:
            refused = str(error)
    today = utc_today()
    context = {
        "contested": contested_claims(),
        "disputes": open_disputes(),
        "brakes": brakes(today),
        "many": many_copies(today),
        "refused": refused,
    }
    return render(request, "desk/claims.html", context, status=422 if refused else 200)


def _ask_about_entry(request: HttpRequest) -> None:
    entry = request.POST.get("entry", "")
    wish = _WISHES.get(request.POST.get("wish", ""))
    if wish is None or not Entry.objects.filter(id=entry, case__withdrawn=None).exists():
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
@require_http_methods(["GET", "HEAD", "POST"])
def show_speaking(request: HttpRequest, case: str) -> HttpResponse:
    """`GET, POST /cases/CASE/spoken`: how far her pictures are confirmed; asks a second person who spoke with her."""
    found = Case.objects.filter(id=case).first()
    if found is None:
        raise Http404
    refused = None
    if request.method == "POST":
        try:
            ask(
                VERIFY, subject=found.id, payload={"case": found.id}, actor=request.user.get_username(),
                reason=request.POST.get("reason", ""), today=utc_today(),
            )  # fmt: skip
            return redirect("proposals")
        except ExchangeError as error:
            refused = str(error)
    context = {
        "case": found,
        "entries": found.entries.order_by("id").values_list("id", "tier", "contest"),
        "stated": found.statements.exclude(notices=Notices.REVOKED).order_by("day").first(),
        "misuses": misuses_of(found),
        "refused": refused,
    }
    return render(request, "desk/spoken.html", context, status=422 if refused else 200)


@allow(Role.DESK, Role.LEAD, Role.AUDITOR)
@require_safe
def show_demands(request: HttpRequest) -> HttpResponse:
    """`GET /demands`: what states demanded, as it is told to everybody, and a form to tell one more."""
    context = {
        "demands": Demand.objects.order_by("-month", "country", "id"),
        "may_ask": bool(getattr(request, "roles", frozenset()) & {Role.DESK, Role.LEAD}),
    }
    return render(request, "desk/demands.html", context)


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["POST"])
def tell_demand(request: HttpRequest) -> HttpResponse:
    """`POST /demands/new`: asks a second person to publish that a state demanded something."""
    try:
        month, country = check_demand(request.POST.get("month", ""), request.POST.get("country", ""), utc_today())
        payload = {
            "month": f"{month:%Y-%m}",
            "country": country,
            "obeyed": "yes" if request.POST.get("obeyed") == "yes" else "no",
        }
        ask(
            PUBLISH, subject=f"{month:%Y-%m}", payload=payload, actor=request.user.get_username(),
            reason=request.POST.get("reason", ""), today=utc_today(),
        )  # fmt: skip
    except ExchangeError as error:
        context = {"demands": Demand.objects.order_by("-month", "country", "id"), "may_ask": True, "refused": error}
        return render(request, "desk/demands.html", context, status=422)
    return redirect("proposals")
