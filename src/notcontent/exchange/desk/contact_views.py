"""Who may read how to reach her: asking for a second person, marking danger, reading alone, signing off."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.sealed_contact import (
    READ_CONTACT,
    ask_to_read,
    clear_danger,
    danger_is_marked,
    mark_danger,
    may_read,
    read_alone,
    sign_off,
)
from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.today import utc_today

ACTS: dict[str, Callable[..., object]] = {
    "ask": ask_to_read,
    "danger": mark_danger,
    "no-danger": clear_danger,
    "alone": read_alone,
}


@allow(Role.DESK, Role.LEAD)
@require_safe
def show_contact(request: HttpRequest, case: str) -> HttpResponse:
    """`GET /cases/CASE/contact`: who may read it, and the ways to it."""
    return _show(request, case)


@allow(Role.DESK, Role.LEAD)
@require_POST
def change_contact(request: HttpRequest, case: str, act: str) -> HttpResponse:
    """`POST /cases/CASE/contact/ACT`: ask, danger, no-danger or alone, with a reason."""
    if act not in ACTS:
        raise Http404
    try:
        ACTS[act](case, actor=request.user.get_username(), reason=request.POST.get("reason", ""), today=utc_today())
    except ExchangeError as error:
        return _show(request, case, refused=str(error))
    return redirect("contact", case)


@allow(Role.DESK, Role.LEAD)
@require_POST
def sign_off_reading(request: HttpRequest, permit: str) -> HttpResponse:
    """`POST /read-alone/PERMIT/sign-off`: was it right, and why."""
    try:
        sign_off(
            permit,
            was_right=request.POST.get("was_right") == "yes",
            reason=request.POST.get("reason", ""),
            actor=request.user.get_username(),
            today=utc_today(),
        )
    except ExchangeError as error:
        return render(request, "desk/not-done.html", {"refused": str(error)}, status=422)
    return redirect("proposals")


def show_why_not(request: HttpRequest, case: str, refused: str) -> HttpResponse:
    """403 with the ways to it, for whoever wants to read it and may not."""
    return _show(request, case, refused, HTTPStatus.FORBIDDEN)


def _show(
    request: HttpRequest, case: str, refused: str = "", status: int = HTTPStatus.UNPROCESSABLE_ENTITY
) -> HttpResponse:
    if not Case.objects.filter(id=case).exists():
        raise Http404
    actor, today = request.user.get_username(), utc_today()
    context = {
        "case": case,
        "may_read": may_read(case, actor=actor, today=today),
        "danger": danger_is_marked(case),
        "asked": Proposal.objects.filter(act=READ_CONTACT, subject=case, asked_by=actor, decided=None).exists(),
        "refused": refused,
    }
    return render(request, "desk/contact.html", context, status=status if refused else 200)
