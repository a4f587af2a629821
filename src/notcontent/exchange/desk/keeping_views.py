"""`/cases/CASE/keeping`: how long what she wrote is kept, closing the case, and asking for a legal hold."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from notcontent.exchange.cases.models import Case
from notcontent.exchange.cases.terms import keeping_of
from notcontent.exchange.desk.keeping import LONGEST_HOLD, ask_to_hold, close_case
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.today import utc_today


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def show_keeping(request: HttpRequest, case: str) -> HttpResponse:
    """`GET, POST /cases/CASE/keeping`: the days of this case; a form asks a second person for a legal hold."""
    if request.method != "POST":
        return _show(request, case)
    try:
        ask_to_hold(
            case,
            untrusted_until=request.POST.get("until", ""),
            keeps=frozenset(request.POST.getlist("keeps")),
            actor=request.user.get_username(),
            reason=request.POST.get("reason", ""),
            today=utc_today(),
        )
    except ExchangeError as error:
        return _show(request, case, hold_refused=str(error))
    return redirect("proposals")


@allow(Role.DESK, Role.LEAD)
@require_POST
def close(request: HttpRequest, case: str) -> HttpResponse:
    """`POST /cases/CASE/close`: nothing is left to do for her, so the terms begin."""
    try:
        close_case(
            case, actor=request.user.get_username(), reason=request.POST.get("reason", ""), today=utc_today()
        )  # fmt: skip
    except ExchangeError as error:
        return _show(request, case, close_refused=str(error))
    return redirect("keeping", case)


def _show(request: HttpRequest, case: str, *, hold_refused: str = "", close_refused: str = "") -> HttpResponse:
    found = Case.objects.filter(id=case).first()
    if found is None:
        raise Http404
    today, profile = utc_today(), settings.PROFILE
    context = {
        "case": found,
        "keeping": keeping_of(found, profile, today),
        "contact_days": profile.keep_contact_days,
        "letters_days": profile.keep_letters_days,
        "first": today.isoformat(),
        "last": (today + LONGEST_HOLD).isoformat(),
        "hold_refused": hold_refused,
        "close_refused": close_refused,
    }
    return render(request, "desk/keeping.html", context, status=422 if hold_refused or close_refused else 200)
