"""Sessions of the desk: short, kept as hashes, over when a password or second factor changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from notcontent.exchange.desk.models import Account

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
#: Written at most so often, because every page would be a write otherwise.
SEEN_EVERY = timedelta(minutes=1)


class SessionStore(DatabaseStore):
    """Django's sessions in the database, under a hash of the key: whoever copies the table can't sign in with it."""

    def _get_session_from_db(self) -> Any:
        try:
            return self.model.objects.get(session_key=_hash(self.session_key), expire_date__gt=timezone.now())
        except self.model.DoesNotExist:
            self._session_key = None
            return None

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return bool(self.model.objects.filter(session_key=_hash(session_key)).exists())

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row to write."""
        return self.model(
            session_key=_hash(self._get_or_create_session_key()),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
        )

    def delete(self, session_key: str | None = None) -> None:
        """End a session; this one when none is named."""
        if (key := session_key or self.session_key) is not None:
            self.model.objects.filter(session_key=_hash(key)).delete()


def _hash(key: str) -> str:
    # The column has room for 40 characters: 160 of the 256 bits.
    return hashlib.sha256(key.encode()).hexdigest()[:40]


@receiver(user_logged_in)
def begin_session(sender: object, request: HttpRequest, user: Any, **_: object) -> None:
    """Note when it began and under which generation of the account; drop what is over anyway."""
    now = timezone.now()
    account, _made = Account.objects.get_or_create(user=user)
    request.session["began"] = request.session["seen"] = now.timestamp()
    request.session["generation"] = account.generation
    type(request.session).clear_expired()


def end_other_sessions(request: HttpRequest, account: Account) -> None:
    """Go on with this session alone, after `account.generation` was raised."""
    request.session.cycle_key()
    request.session["generation"] = account.generation


def is_over(session: Any, account: Account, now: datetime) -> bool:
    """Whether a session has ended: idle for half an hour, eight hours old, or begun before something changed."""
    began, seen = session.get("began"), session.get("seen")
    if not isinstance(began, float) or not isinstance(seen, float):
        return True
    at = now.timestamp()
    too_late = at - seen > IDLE.total_seconds() or at - began > LONGEST.total_seconds()
    return too_late or session.get("generation") != account.generation


class CheckSession:
    """Middleware, after Django's `AuthenticationMiddleware`: ends what is over and asks for a missing second factor.

    Only practice set-ups may go without one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on, with `request.account` set for whoever is signed in."""
        request.account = None
        if request.user.is_authenticated:
            account, now = Account.objects.filter(user=request.user).first(), timezone.now()
            if account is None or is_over(request.session, account, now):
                logout(request)
            else:
                request.account = account
                if now.timestamp() - request.session["seen"] > SEEN_EVERY.total_seconds():
                    request.session["seen"] = now.timestamp()
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _arguments: Any, _words: Any
    ) -> HttpResponse | None:
        """A way to the second factor instead of the view, where it is missing."""
        if request.account is None or request.account.totp_salt or settings.PROFILE.practice:
            return None
        if not getattr(view, "login_required", True) or request.resolver_match.url_name == "second-factor":
            return None
        return redirect("second-factor")
