"""The evidence of one case: kept, opened, stamped again, captured, and captured in full or taken out by two."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from notcontent.errors import NotContentError
from notcontent.evidence.seen import is_link
from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.desk.two_people import check_reason
from notcontent.exchange.errors import UnknownName
from notcontent.exchange.evidence.capturing import capture
from notcontent.exchange.evidence.errors import CaptureRefused
from notcontent.exchange.evidence.exporting import EXPORT, ask_to_export, export_evidence, may_export
from notcontent.exchange.evidence.forms import forms, words
from notcontent.exchange.evidence.full_capture import (
    CAPTURE_IN_FULL,
    ask_to_capture,
    capture_in_full,
    may_capture,
)
from notcontent.exchange.evidence.keeping import fetch_evidence, keep_evidence, pieces_of
from notcontent.exchange.evidence.stamping import authorities, stamp_case, stamp_evidence
from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.today import utc_now, utc_today

WORKERS = (Role.DESK, Role.LEAD)


@allow(*WORKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def show_evidence(request: HttpRequest, case: str) -> HttpResponse:
    """`GET, POST /cases/CASE/evidence`: what is kept, and forms; takes a record that the browser sealed."""
    if request.method != "POST":
        return _show(request, case)
    sealed = request.FILES.get("sealed")
    return _act(
        request, case, lambda: _keep(request, case, request.POST.get("record", ""), sealed.read() if sealed else b"")
    )


@allow(*WORKERS)
@require_POST
def send_evidence(request: HttpRequest, evidence: str) -> HttpResponse:
    """`POST /evidence/EVIDENCE`: a piece as it is sealed. The touch is written down."""
    try:
        piece = fetch_evidence(evidence, actor=request.user.get_username(), now=utc_now())
    except UnknownName:
        raise Http404 from None
    return _file(f"{piece.id}.age", bytes(piece.sealed))


@allow(*WORKERS)
@require_POST
def change_evidence(request: HttpRequest, case: str, act: str) -> HttpResponse:
    """`POST /cases/CASE/evidence/ACT`: stamp, capture, ask for an export or a full capture, and carry them out."""
    actor, reason = request.user.get_username(), request.POST.get("reason", "")
    match act:
        case "stamp":
            return _act(request, case, lambda: stamp_case(settings.FOLDER, case, utc_now()))
        case "capture":
            return _act(request, case, lambda: _capture(request, case))
        case "ask-full":
            return _act(request, case, lambda: _ask_for_full(request, case))
        case "full":
            return _act(request, case, lambda: _capture_in_full(request, case))
        case "ask":
            return _act(request, case, lambda: ask_to_export(case, actor=actor, reason=reason, today=utc_today()))
        case "package":
            try:
                package = export_evidence(settings.FOLDER, case, actor=actor, now=utc_now())
            except NotContentError as error:
                return _show(request, case, _(str(error)), HTTPStatus.FORBIDDEN)
            return _file(f"evidence-{case[:8]}.zip", package)
    raise Http404


def _keep(request: HttpRequest, case: str, record_sha256: str, sealed: bytes) -> None:
    piece = keep_evidence(
        settings.FOLDER, case, record_sha256, sealed, actor=request.user.get_username(), now=utc_now()
    )
    stamp_evidence(piece.id, authorities(settings.FOLDER), utc_now())


def _check_adult(request: HttpRequest) -> None:
    if request.POST.get("adult") != "yes":
        raise CaptureRefused(
            _(
                "Where she may be under 18 nothing is captured: not even a copy that proves it may be held. Report the "
                "link to your country's hotline (inhope.org lists them) and to the police, and keep it as typed facts."
            )
        )


def _capture(request: HttpRequest, case: str) -> None:
    _check_adult(request)
    reason, url = check_reason(request.POST.get("reason", "")), request.POST.get("url", "").strip()
    if not is_link(url):
        raise CaptureRefused(_("This is no address of the web. It begins with https:// or http://."))
    find_case(case)
    told = {"case": case, "collector": request.user.get_username(), "reason": reason}
    record_sha256, sealed = capture(url, told, practice=settings.PROFILE.practice)
    _keep(request, case, record_sha256, sealed)


def _ask_for_full(request: HttpRequest, case: str) -> None:
    _check_adult(request)
    find_case(case)
    url, record, reason = (request.POST.get(name, "").strip() for name in ("url", "record", "reason"))
    ask_to_capture(case, url, record, actor=request.user.get_username(), reason=reason, today=utc_today())


def _capture_in_full(request: HttpRequest, case: str) -> None:
    find_case(case)
    url, actor = request.POST.get("url", "").strip(), request.user.get_username()
    piece = capture_in_full(settings.FOLDER, case, url, actor=actor, now=utc_now())
    stamp_evidence(piece.id, authorities(settings.FOLDER), utc_now())


def _act(request: HttpRequest, case: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except NotContentError as error:
        # Sentences of rooms below the exchange are English in themselves, and stand in `words_below`.
        return _show(request, case, _(str(error)))
    return redirect("evidence", case)


def find_case(case: str) -> Case:
    """The case, or 404 where everything in it was forgotten."""
    found = Case.objects.filter(id=case).first()
    if found is None or found.is_forgotten:
        raise Http404
    return found


def _show(
    request: HttpRequest, case: str, refused: str = "", status: int = HTTPStatus.UNPROCESSABLE_ENTITY
) -> HttpResponse:
    find_case(case)
    actor, wanted = request.user.get_username(), len(settings.PROFILE.timestamp_authorities)
    pieces = [(piece, piece.told, piece.stamps.count()) for piece in pieces_of(case)]
    context = {
        "case": case,
        "actor": actor,
        "pieces": pieces,
        "wanted": wanted,
        "waiting": any(stamps < wanted for _piece, _told, stamps in pieces),
        "forms": forms(),
        "words": words(),
        "to": json.dumps(sealing_keys()),
        "may_export": may_export(case, actor=actor, today=utc_today()),
        "may_capture": may_capture(case, actor=actor, today=utc_today()),
        "asked": _has_asked(EXPORT, case, actor),
        "asked_in_full": _has_asked(CAPTURE_IN_FULL, case, actor),
        "refused": refused,
        "unknown": _("not known"),
    }
    return render(request, "evidence/evidence.html", context, status=status if refused else 200)


def _has_asked(act: str, case: str, actor: str) -> bool:
    return bool(Proposal.objects.filter(act=act, subject=case, asked_by=actor, decided=None).exists())


def _file(name: str, data: bytes) -> HttpResponse:
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="application/octet-stream", headers=told)
