"""`/partners`: the sites, how each of them stands, and what people at the desk may do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notcontent.exchange.desk.partner_form import CandidateForm, ChecklistForm, answers_of
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.errors import ExchangeError, UnknownName
from notcontent.exchange.partners import changing
from notcontent.exchange.partners.holds import AGES, AT_LEAST, SHARE
from notcontent.exchange.partners.models import Client, Partner
from notcontent.exchange.partners.standing import list_partners, look_at_partner
from notcontent.exchange.partners.vetting import REVIEW_AFTER, newest_vetting, propose, vet_again
from notcontent.exchange.today import utc_today

#: Who may see canaries: the fewer know which they are, the fewer can give them away.
SEES_CANARIES = frozenset({Role.LEAD, Role.OPERATOR})


@allow(*Role)
@require_safe
def show_partners(request: HttpRequest) -> HttpResponse:
    """`GET /partners`: every site, how far it is and what it owes."""
    return render(request, "desk/partners.html", {"lines": list_partners(datetime.now(UTC))})


@allow(*Role)
@require_safe
def show_partner(request: HttpRequest, partner: str) -> HttpResponse:
    """`GET /partners/PARTNER`: one site, whole."""
    return _show(request, partner)


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def add_partner(request: HttpRequest) -> HttpResponse:
    """`GET, POST /partners/add`: the checklist of a site that asks to join; it waits for a second person then."""
    today = utc_today()
    begun = {"today": today, "review_again": today + REVIEW_AFTER}
    form = CandidateForm(request.POST if request.method == "POST" else None, initial=begun)
    refused = ""
    if form.is_valid():
        try:
            propose(form.candidate, actor=_actor(request), reason=form.cleaned_data["reason"], today=today)
            return redirect("proposals")
        except ExchangeError as error:
            refused = str(error)
    return _form(request, form, refused, {"partner": None})


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def vet_partner(request: HttpRequest, partner: str) -> HttpResponse:
    """`GET, POST /partners/PARTNER/vet`: the checklist again, of a site that takes part."""
    found, today = Partner.objects.filter(id=partner).first(), utc_today()
    if found is None:
        raise Http404
    before = newest_vetting(found)
    begun = (answers_of(before, found.forced_by) if before else {}) | {
        "today": today,
        "review_again": today + REVIEW_AFTER,
    }
    form = ChecklistForm(request.POST if request.method == "POST" else None, initial=begun)
    refused = ""
    if form.is_valid():
        try:
            vet_again(found, form.checklist, actor=_actor(request), reason=form.cleaned_data["reason"], today=today)
            return redirect("partner", partner)
        except ExchangeError as error:
            refused = str(error)
    return _form(request, form, refused, {"partner": found})


@allow(Role.LEAD, Role.OPERATOR)
@require_POST
def give_token(request: HttpRequest, partner: str) -> HttpResponse:
    """`POST /partners/PARTNER/token`: a new token, shown this once."""
    try:
        made = changing.give_token(partner, actor=_actor(request), reason=_reason(request), today=utc_today())
    except UnknownName:
        raise Http404 from None
    except ExchangeError as error:
        return _show(request, partner, str(error))
    standing = look_at_partner(partner, datetime.now(UTC))
    told = {
        "standing": standing,
        "tokens": made,
        "is_shaped": standing.line.stream.client == Client.STOPNCII,
        "url": settings.PROFILE.partners_url,
        "root_key": settings.FOLDER.root_public.read_text().strip(),
    }
    return render(request, "desk/partner-token.html", told)


@dataclass(frozen=True, slots=True)
class _Asked:
    partner: str
    actor: str
    reason: str
    today: date
    word: str


def _act(*roles: Role, carry_out: Callable[[_Asked], object]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A view that does one thing to one site, with a reason, and then shows the site."""

    @allow(*roles)
    @require_POST
    def view(request: HttpRequest, partner: str) -> HttpResponse:
        word = request.POST.get("word", "")
        try:
            carry_out(_Asked(partner, _actor(request), _reason(request), utc_today(), word))
        except UnknownName:
            raise Http404 from None
        except ExchangeError as error:
            return _show(request, partner, str(error))
        return redirect("partner", partner)

    return view


def _plainly(act: Callable[..., object]) -> Callable[[_Asked], object]:
    return lambda asked: act(asked.partner, actor=asked.actor, reason=asked.reason, today=asked.today)


#: `POST /partners/PARTNER/…`. What protects people, whoever is there may do at once.
revoke = _act(
    *(Role.DESK, Role.LEAD, Role.OPERATOR),
    carry_out=lambda asked: changing.revoke(
        asked.partner, asked.word, actor=asked.actor, reason=asked.reason, today=asked.today
    ),
)
suspend = _act(Role.DESK, Role.LEAD, Role.OPERATOR, carry_out=_plainly(changing.suspend))
narrow = _act(Role.DESK, Role.LEAD, carry_out=_plainly(changing.narrow))
resume = _act(Role.LEAD, carry_out=_plainly(changing.resume))
widen = _act(Role.LEAD, carry_out=_plainly(changing.widen))
demand_signatures = _act(
    *(Role.LEAD, Role.OPERATOR),
    carry_out=lambda asked: changing.demand_signatures(
        asked.partner, asked.word == "demand", actor=asked.actor, reason=asked.reason, today=asked.today
    ),
)
forget_guard_key = _act(Role.LEAD, Role.OPERATOR, carry_out=_plainly(changing.forget_guard_key))


def _show(request: HttpRequest, partner: str, refused: str = "") -> HttpResponse:
    try:
        standing = look_at_partner(partner, datetime.now(UTC))
    except UnknownName:
        raise Http404 from None
    context = {
        "standing": standing,
        "ages": list(zip([*AGES, None], standing.holds.open_by_age, strict=True)),
        "rule": {"at_least": AT_LEAST, "share": round(100 * SHARE)},
        "is_bot": standing.line.stream.client == Client.BOT,
        "sees_canaries": bool(request.roles & SEES_CANARIES),
        "may": {role.value for role in request.roles},
        "refused": refused,
    }
    return render(request, "desk/partner.html", context, status=422 if refused else 200)


def _form(request: HttpRequest, form: ChecklistForm, refused: str, more: dict[str, object]) -> HttpResponse:
    status = 422 if refused or form.errors else 200
    return render(request, "desk/partner-form.html", more | {"form": form, "refused": refused}, status=status)


def _actor(request: HttpRequest) -> str:
    return str(request.user.get_username())


def _reason(request: HttpRequest) -> str:
    return str(request.POST.get("reason", ""))
