"""One's own account: password, second factor, security keys, sessions."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import SignInFailed, WeakPassword
from notcontent.exchange.desk.home import home_of
from notcontent.exchange.desk.invitations import set_password
from notcontent.exchange.desk.models import Account
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.second_factor import draw_secret, find_step, new_salt, secret_of, set_totp
from notcontent.exchange.desk.security_keys import begin_registration, finish_registration, remove_key
from notcontent.exchange.desk.sessions import end_other_sessions
from notcontent.exchange.desk.signing_in import check_password
from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.today import utc_today

METHODS = ["GET", "HEAD", "POST"]


@allow(*Role)
@require_safe
def show_account(request: HttpRequest) -> HttpResponse:
    """`GET /account`."""
    return _show(request)


@allow(*Role)
@require_http_methods(METHODS)
def set_up_second_factor(request: HttpRequest) -> HttpResponse:
    """`GET, POST /account/second-factor`: a new secret for an app, in use once she typed a code of it.

    Where there is a second factor already, the password has to be typed too.
    """
    account, refused = request.account, ""
    salt = request.session.setdefault("new_totp", new_salt())
    if request.method == "POST":
        now = timezone.now()
        try:
            if account.totp_salt:
                _ask_password(request, account)
            step = find_step(salt, request.POST.get("code", ""), now)
            if step is None:
                raise SignInFailed(gettext("That code is not of this secret. Wait for the next one, and type it."))
        except ExchangeError as error:
            refused = str(error)
        else:
            del request.session["new_totp"]
            codes = set_totp(account, salt, step, today=utc_today())
            end_other_sessions(request, account)
            return render(request, "desk/recovery-codes.html", {"codes": codes, "home": home_of(request.roles)})
    context: dict[str, Any] = {
        # Made by segno from letters and digits of ours alone.
        "picture": mark_safe(draw_secret(salt, account, settings.PROFILE.name)),  # noqa: S308
        "secret": secret_of(salt),
        "again": bool(account.totp_salt),
        "refused": refused,
    }
    return render(request, "desk/second-factor.html", context, status=422 if refused else 200)


@allow(*Role)
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """`POST /account/password`: with the old one. Every other session of hers is over."""
    try:
        account = _ask_password(request, request.account)
        if request.POST.get("new", "") != request.POST.get("again", ""):
            raise WeakPassword(gettext("The two passwords differ. Type the same one twice."))
        set_password(account, request.POST.get("new", ""))
    except ExchangeError as error:
        return _show(request, refused=str(error))
    name = account.user.username
    write_audit(day=utc_today(), actor=name, action="password changed", subject=account.id, reason="by herself")
    # Its hash is part of what Django checks a session by.
    request.session["_auth_user_hash"] = account.user.get_session_auth_hash()
    end_other_sessions(request, account)
    return _show(request, done=gettext("The password is changed. Every other session of yours is over."))


@allow(*Role)
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """`POST /account/sign-out-everywhere`: this session goes on, all others of hers are over."""
    account = request.account
    account.generation += 1
    account.save(update_fields=["generation"])
    end_other_sessions(request, account)
    return _show(request, done=gettext("Every other session of yours is over."))


@allow(*Role)
@require_POST
def add_security_key(request: HttpRequest) -> HttpResponse:
    """`POST /account/keys`: what the browser made."""
    account = request.account
    try:
        finish_registration(
            request, account, request.POST.get("key", ""), request.POST.get("name", ""), today=utc_today()
        )
    except ExchangeError as error:
        return _show(request, refused=str(error))
    end_other_sessions(request, account)
    return redirect("account")


@allow(*Role)
@require_POST
def remove_security_key(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /account/keys/KEY/remove`."""
    remove_key(request.account, key, today=utc_today())
    end_other_sessions(request, request.account)
    return redirect("account")


@login_not_required
@require_safe
def send_script(request: HttpRequest) -> HttpResponse:
    """`GET /account.js`: invitations from a link's fragment, and security keys; everything else works without."""
    script = files("notcontent.exchange.desk").joinpath("account.js").read_bytes()
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


def _ask_password(request: HttpRequest, account: Account) -> Account:
    return check_password(request, account.user.username, request.POST.get("password", ""), timezone.now())


def _show(request: HttpRequest, *, refused: str = "", done: str = "") -> HttpResponse:
    account = request.account
    context = {
        "account": account,
        "roles": sorted(request.roles),
        "keys": account.security_keys.order_by("added", "id"),
        "codes_left": account.recovery_codes.count(),
        "options": begin_registration(request, account) if account.totp_salt else "",
        "refused": refused,
        "done": done,
    }
    return render(request, "desk/account.html", context, status=422 if refused else 200)
