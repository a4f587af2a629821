"""The desk's screens: a sign-in and a bare list."""

from __future__ import annotations

from importlib.resources import files

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notcontent.exchange.desk.counting import SHOWN, count_all, list_days
from notcontent.exchange.desk.signing_in import SignInForm
from notcontent.exchange.partners.models import Partner

sign_in = LoginView.as_view(
    template_name="desk/sign-in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)
sign_out = LogoutView.as_view()


@require_safe
def show_cases(request: HttpRequest) -> HttpResponse:
    """`GET /`: cases by day, with counts and states."""
    partners = Partner.objects.filter(active=True).order_by("name").select_related("stream")
    context = {"days": list_days(), "counts": count_all(), "partners": partners, "shown": SHOWN}
    return render(request, "desk/cases.html", context)


@login_not_required
@require_safe
def send_look(request: HttpRequest) -> HttpResponse:
    """`GET /look.css`: the look that every screen of the project shares, and what only wide ones need."""
    page = files("notcontent.page")
    look = page.joinpath("look.css").read_bytes() + page.joinpath("wide", "look.css").read_bytes()
    return HttpResponse(look, content_type="text/css; charset=utf-8")
