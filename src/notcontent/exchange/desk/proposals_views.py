"""`/proposals`: what somebody asked for and somebody else has to agree to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.two_people import OPEN_DAYS, agree, may_decide, turn_down
from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.today import utc_today

DECIDED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """One open proposal, as one person sees it."""

    asked: Proposal
    details: tuple[tuple[str, str], ...]
    hers: bool
    hers_to_decide: bool
    last_day: date


@allow(*Role)
@require_safe
def show_proposals(request: HttpRequest) -> HttpResponse:
    """`GET /proposals`: open ones, oldest first, then those decided lately."""
    return _show(request)


@allow(*Role)
@require_POST
def agree_to_proposal(request: HttpRequest, proposal: str) -> HttpResponse:
    """`POST /proposals/PROPOSAL/agree`."""
    try:
        agree(proposal, actor=request.user.get_username(), today=utc_today())
    except ExchangeError as error:
        return _show(request, refused=str(error))
    return redirect("proposals")


@allow(*Role)
@require_POST
def turn_down_proposal(request: HttpRequest, proposal: str) -> HttpResponse:
    """`POST /proposals/PROPOSAL/turn-down`: with a reason."""
    reason = request.POST.get("reason", "")
    try:
        turn_down(proposal, actor=request.user.get_username(), reason=reason, today=utc_today())
    except ExchangeError as error:
        return _show(request, refused=str(error))
    return redirect("proposals")


def _details(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """What the payload says, without what is said above it already."""
    said, told = json.loads(proposal.payload).items(), (proposal.subject, proposal.reason)
    return tuple((name.replace("_", " "), _plainly(value)) for name, value in said if value not in told)


def _plainly(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(gettext(str(one)) for one in value) if isinstance(value, list) else str(value)


def _show(request: HttpRequest, refused: str = "") -> HttpResponse:
    actor, today = request.user.get_username(), utc_today()
    waiting = Proposal.objects.filter(decided=None, asked__gte=today - timedelta(days=OPEN_DAYS))
    context = {
        "open": [
            OpenProposal(
                proposal,
                _details(proposal),
                proposal.asked_by == actor,
                may_decide(proposal, actor),
                proposal.asked + timedelta(days=OPEN_DAYS),
            )
            for proposal in waiting.order_by("asked", "id")
        ],
        "decided": Proposal.objects.exclude(decided=None).order_by("-decided", "id")[:DECIDED_SHOWN],
        "refused": refused,
    }
    return render(request, "desk/proposals.html", context, status=422 if refused else 200)
