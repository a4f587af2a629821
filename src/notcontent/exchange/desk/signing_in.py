"""Signing in at the desk: a password, then a second factor, both slower with every wrong try."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from notcontent.exchange.desk.errors import SignInFailed
from notcontent.exchange.desk.models import Account
from notcontent.exchange.desk.second_factor import check_code
from notcontent.exchange.desk.throttle import begin_try, forgive

BACKEND = "django.contrib.auth.backends.ModelBackend"
HALF_WAY = timedelta(minutes=10)
KNOWN_FOR = timedelta(days=180)


def check_password(request: HttpRequest, name: str, password: str, now: datetime) -> Account:
    """The account that name and password belong to. Raises `TooManyTries` and `SignInFailed`."""
    account = Account.objects.filter(user__username=name).first()
    tried = begin_try("password", name, _known_device(request, account), now)
    user = authenticate(request, username=name, password=password)
    if user is None:
        raise SignInFailed(gettext("That name and password don't go together. Both are case-sensitive."))
    forgive(tried)
    return account or Account.objects.create(user=user)


def go_half_way(request: HttpRequest, account: Account, now: datetime) -> None:
    """Remember that the password was right, until the second factor is, for ten minutes at most."""
    request.session.flush()
    request.session["half"] = [account.id, account.generation, now.timestamp()]


def half_way(request: HttpRequest, now: datetime) -> Account | None:
    """Whose password was right a moment ago."""
    account_id, generation, at = request.session.get("half") or ("", 0, 0.0)
    if now.timestamp() - at > HALF_WAY.total_seconds():
        return None
    return Account.objects.filter(id=account_id, generation=generation, user__is_active=True).first()


def check_second_factor(request: HttpRequest, account: Account, untrusted_code: str, now: datetime) -> None:
    """Raises `TooManyTries`, and `SignInFailed` unless the code is right and was not used before."""
    tried = begin_try("code", account.id, _known_device(request, account), now)
    if not check_code(account, untrusted_code, now=now):
        raise SignInFailed(
            gettext("That code is not right, or was used already. Wait for the next one your app shows.")
        )
    forgive(tried)


def finish(request: HttpRequest, account: Account, answer: HttpResponse) -> None:
    """Signed in: a new session, and a cookie by which this browser is known to the account from now on."""
    request.session.pop("half", None)
    login(request, User.objects.get(id=account.user_id), backend=BACKEND)
    if _known_device(request, account) is None:
        answer.set_cookie(
            _cookie_name(account),
            signing.dumps(secrets.token_hex(8), salt=_cookie_name(account)),
            max_age=KNOWN_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )


def _cookie_name(account: Account) -> str:
    return f"desk_known_{account.id}"


def _known_device(request: HttpRequest, account: Account | None) -> str | None:
    if account is None:
        return None
    try:
        known: str = signing.loads(
            request.COOKIES.get(_cookie_name(account), ""), salt=_cookie_name(account), max_age=KNOWN_FOR
        )
    except signing.BadSignature:
        return None
    return known
