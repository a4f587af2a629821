"""Who may do what at the desk. A view says it with `allow`; a view that says nothing is refused for everybody."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from notcontent.exchange.desk.errors import NotAllowed
from notcontent.exchange.desk.models import Account

#: The actor of whatever is done with `notcontent exchange …`. It may ask as an operator and never agree to anything.
COMMAND_LINE = "command line"

View = TypeVar("View", bound=Callable[..., HttpResponse])


class Role(StrEnum):
    """What somebody at the helpline does. One person may hold several; see `two_people` for what she can't do alone."""

    DESK = "desk"
    LEAD = "lead"
    AUDITOR = "auditor"
    OPERATOR = "operator"


def allow(*roles: Role) -> Callable[[View], View]:
    """Decorator of a view: who holds one of these roles may open it. `allow(*Role)` is everybody with a role."""
    if not roles:
        raise TypeError("allow needs at least one role; allow(*Role) stands for every account that has one")

    def mark(view: View) -> View:
        view.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def roles_of(actor: str) -> frozenset[Role]:
    """The roles of the open account of this name; none where there is no such account or it is closed."""
    if actor == COMMAND_LINE:
        return frozenset({Role.OPERATOR})
    account = Account.objects.filter(user__username=actor, user__is_active=True).first()
    return frozenset(Role(held.role) for held in account.held.all()) if account else frozenset()


def require_role(actor: str, allowed: frozenset[Role]) -> None:
    """Raises `NotAllowed` unless the actor holds one of these roles now."""
    if not roles_of(actor) & allowed:
        words = " / ".join(gettext(role) for role in sorted(allowed))
        raise NotAllowed(
            gettext("This needs the role %(roles)s. Ask somebody who holds it, or a lead to give it to you.")
            % {"roles": words}
        )


class CheckRoles:
    """Middleware, after Django's `LoginRequiredMiddleware`: 403 unless the view allows one of the account's roles."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on; the check comes once the view is known."""
        request.roles = frozenset()
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _arguments: Any, _words: Any
    ) -> HttpResponse | None:
        """The refusal, or None to go on. `request.roles` is set for views and templates."""
        if request.user.is_authenticated:
            request.roles = roles_of(request.user.get_username())
        if not getattr(view, "login_required", True):
            return None
        if request.roles & getattr(view, "allowed_roles", frozenset()):
            return None
        return render(request, "desk/refused.html", status=403)
