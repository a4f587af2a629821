"""The desk's accounts, for leads: asking for one, making its link, taking roles away, closing."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from notcontent.exchange.desk.accounts import close_account, take_role
from notcontent.exchange.desk.errors import NeedsSecondPerson
from notcontent.exchange.desk.invitations import invite
from notcontent.exchange.desk.joining import LET_IN, ask_to_let_in
from notcontent.exchange.desk.models import Account, Proposal
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.two_people import check_reason
from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.today import utc_now, utc_today


@allow(Role.LEAD)
@require_safe
def show_accounts(request: HttpRequest) -> HttpResponse:
    """`GET /accounts`."""
    return _show(request)


@allow(Role.LEAD)
@require_POST
def ask_for_account(request: HttpRequest) -> HttpResponse:
    """`POST /accounts/ask`: a proposal that somebody joins, or holds another role."""
    form = request.POST
    roles = [role for role in Role if role.value in form.getlist("role")]
    return _do(
        request,
        lambda: ask_to_let_in(
            form.get("name", ""),
            roles,
            with_link="link" in form,
            actor=request.user.get_username(),
            reason=form.get("reason", ""),
            today=utc_today(),
        ),
    )


@allow(Role.LEAD)
@require_POST
def make_link(request: HttpRequest, account: str) -> HttpResponse:
    """`POST /accounts/ACCOUNT/link`: the invitation's link, shown once, after two people agreed to it."""
    found = _find(account)
    if not found.link_allowed:
        return _show(request, NeedsSecondPerson(gettext("Nobody agreed to a link for this account. Ask for it first.")))
    code = invite(found, actor=request.user.get_username(), now=utc_now())
    scheme = "https" if settings.PROFILE.desk_https else "http"
    link = f"{scheme}://{request.get_host()}{reverse('invitation')}#{code}"
    return render(request, "desk/link.html", {"name": found.user.username, "link": link})


@allow(Role.LEAD)
@require_POST
def take_role_away(request: HttpRequest, account: str) -> HttpResponse:
    """`POST /accounts/ACCOUNT/take-role`: with a reason."""
    found, role = _find(account), request.POST.get("role", "")
    if role not in list(Role):
        raise Http404
    actor = request.user.get_username()
    return _do(request, lambda: take_role(found, Role(role), actor=actor, reason=_reason(request), today=utc_today()))


@allow(Role.LEAD)
@require_POST
def close(request: HttpRequest, account: str) -> HttpResponse:
    """`POST /accounts/ACCOUNT/close`: with a reason."""
    found, actor = _find(account), request.user.get_username()
    return _do(request, lambda: close_account(found, actor=actor, reason=_reason(request), today=utc_today()))


def _do(request: HttpRequest, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except ExchangeError as error:
        return _show(request, error)
    return redirect("accounts")


def _reason(request: HttpRequest) -> str:
    return check_reason(request.POST.get("reason", ""))


def _find(account: str) -> Account:
    found = Account.objects.filter(id=account).first()
    if found is None:
        raise Http404
    return found


def _show(request: HttpRequest, refused: ExchangeError | None = None) -> HttpResponse:
    accounts = Account.objects.select_related("user").prefetch_related("held")
    context = {
        "open": [
            (account, sorted(held.role for held in account.held.all()))
            for account in accounts.filter(user__is_active=True).order_by("user__username")
        ],
        "closed": accounts.filter(user__is_active=False).order_by("user__username"),
        "asked": Proposal.objects.filter(act=LET_IN, decided=None).exists(),
        "every_role": list(Role),
        "refused": str(refused) if refused else "",
    }
    return render(request, "desk/accounts.html", context, status=422 if refused else 200)
