"""Sign-in, second step and invitation: the screens for whoever is not signed in yet."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from notcontent.exchange.desk.errors import NoSuchInvitation, WeakPassword
from notcontent.exchange.desk.home import home_of
from notcontent.exchange.desk.invitations import accept_invitation, find_invited
from notcontent.exchange.desk.roles import roles_of
from notcontent.exchange.desk.security_keys import begin_sign_in, check_sign_in
from notcontent.exchange.desk.signing_in import (
    check_password,
    check_second_factor,
    finish,
    go_half_way,
    half_way,
)
from notcontent.exchange.desk.throttle import begin_try, forgive
from notcontent.exchange.errors import ExchangeError

METHODS = ["GET", "HEAD", "POST"]


@login_not_required
@require_http_methods(METHODS)
def sign_in(request: HttpRequest) -> HttpResponse:
    """`GET, POST /sign-in`: name and password."""
    if request.user.is_authenticated:
        return redirect(home_of(request.roles))
    after = request.POST.get("next", request.GET.get("next", ""))
    name, refused = request.POST.get("username", ""), ""
    if request.method == "POST":
        now = timezone.now()
        try:
            account = check_password(request, name, request.POST.get("password", ""), now)
        except ExchangeError as error:
            refused = str(error)
        else:
            if account.totp_salt:
                go_half_way(request, account, now)
                request.session["after"] = after
                return redirect("second-step")
            answer = redirect(_where_to(request, after, name))
            finish(request, account, answer)
            return answer
    return render(request, "desk/sign-in.html", {"refused": refused, "name": name, "next": after})


@login_not_required
@require_http_methods(METHODS)
def second_step(request: HttpRequest) -> HttpResponse:
    """`GET, POST /sign-in/second`: a code, a recovery code or a security key."""
    now = timezone.now()
    account = half_way(request, now)
    if account is None:
        return redirect("sign-in")
    refused = ""
    if request.method == "POST":
        try:
            if "key" in request.POST:
                check_sign_in(request, account, request.POST["key"])
            else:
                check_second_factor(request, account, request.POST.get("code", ""), now)
        except ExchangeError as error:
            refused = str(error)
        else:
            answer = redirect(_where_to(request, request.session.pop("after", ""), account.user.username))
            finish(request, account, answer)
            return answer
    context = {"refused": refused, "options": begin_sign_in(request, account)}
    return render(request, "desk/second-step.html", context)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """`POST /sign-out`: end this session."""
    logout(request)
    return redirect("sign-in")


@login_not_required
@require_http_methods(METHODS)
def take_invitation(request: HttpRequest) -> HttpResponse:
    """`GET, POST /invitation`: the code of the link, which the page reads from its fragment, then a new password.

    A fragment reaches no server and no log; whoever has no script pastes the code.
    """
    code, refused, account, now = request.POST.get("code", ""), "", None, timezone.now()
    if request.method == "POST":
        try:
            tried = begin_try("invitation", code, None, now)
            account = find_invited(code, now)
            forgive(tried)
            if "password" in request.POST:
                if request.POST["password"] != request.POST.get("again", ""):
                    raise WeakPassword(gettext("The two passwords differ. Type the same one twice."))
                account = accept_invitation(code, request.POST["password"], now=now)
                answer = redirect("second-factor")
                finish(request, account, answer)
                return answer
        except NoSuchInvitation as error:
            account, refused = None, str(error)
        except ExchangeError as error:
            refused = str(error)
    return render(request, "desk/invitation.html", {"code": code, "invited": account, "refused": refused})


def _where_to(request: HttpRequest, untrusted_after: str, name: str) -> str:
    if url_has_allowed_host_and_scheme(untrusted_after, {request.get_host()}, require_https=request.is_secure()):
        return untrusted_after
    return reverse(home_of(roles_of(name)))
