"""`/demands`: what states demanded, and the form that asks a second person to publish one more."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from notcontent.exchange.desk.claim_acts import PUBLISH, check_demand
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.two_people import ask
from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.public.models import Demand
from notcontent.exchange.today import utc_today


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
@require_POST
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
