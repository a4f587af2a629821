"""The desk's scripts: its own, and the two of the person's page that open and seal letters."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

_SHARED = ("lockdown.js", "seal.js", "chacha.js")


@cache
def scripts() -> dict[str, bytes]:
    """Every script by its name. One that is not in here does not exist."""
    own = files("notcontent.exchange.desk").joinpath("scripts")
    found = {file.name: file.read_bytes() for file in own.iterdir() if file.name.endswith(".js")}
    page = files("notcontent.page")
    return found | {name: page.joinpath(name).read_bytes() for name in _SHARED}


@login_not_required
@require_safe
def send_script(request: HttpRequest, name: str) -> HttpResponse:
    """`GET /scripts/NAME`."""
    if name not in scripts():
        raise Http404
    return HttpResponse(scripts()[name], content_type="text/javascript; charset=utf-8")
