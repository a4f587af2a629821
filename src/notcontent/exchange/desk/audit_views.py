"""The audit on screen, and its newest signed head to keep elsewhere. For auditors and leads."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from notcontent.exchange.desk.audit import check_audit
from notcontent.exchange.desk.audit_head import last_head_file
from notcontent.exchange.desk.models import Account, AuditRow
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.errors import ExchangeError

ROWS_A_PAGE = 100


@allow(Role.AUDITOR, Role.LEAD)
@require_safe
def show_audit(request: HttpRequest) -> HttpResponse:
    """`GET /audit?page=N`: the newest rows first, names in place of ids where the account is still there."""
    rows = Paginator(AuditRow.objects.order_by("-number"), ROWS_A_PAGE).get_page(request.GET.get("page"))
    names = dict(Account.objects.values_list("id", "user__username"))
    head = last_head_file(settings.FOLDER)
    context = {
        "page": rows,
        "rows": [(row, names.get(row.actor) or gettext(row.actor)) for row in rows],
        "head": head.stem if head else "",
    }
    return render(request, "desk/audit.html", context)


@allow(Role.AUDITOR, Role.LEAD)
@require_safe
def verify_audit(request: HttpRequest) -> HttpResponse:
    """`GET /audit/verify`: what `notcontent exchange audit verify` says, in a sentence."""
    try:
        fault = check_audit(settings.FOLDER)
        said = fault.text if fault else ""
    except ExchangeError as error:
        said = str(error)
    return render(request, "desk/audit-verified.html", {"said": said, "count": AuditRow.objects.count()})


@allow(Role.AUDITOR, Role.LEAD)
@require_safe
def send_head(request: HttpRequest, part: str) -> HttpResponse:
    """`GET /audit/head` and `GET /audit/head.minisig`: the newest signed head, for a copy kept elsewhere."""
    head = last_head_file(settings.FOLDER)
    if head is None or part not in ("head", "head.minisig"):
        raise Http404
    path = head if part == "head" else head.with_name(head.name + ".minisig")
    name = {"Content-Disposition": f'attachment; filename="{path.name}"'}
    return HttpResponse(path.read_bytes(), content_type="text/plain; charset=utf-8", headers=name)
