"""A photo of a screen: blackened and sealed by the page's script, so that this server only ever shows the page."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from notcontent.exchange.desk.roles import allow
from notcontent.exchange.evidence.forms import photo_form, photo_words, written_there
from notcontent.exchange.evidence.views import WORKERS, find_case
from notcontent.exchange.letters.keys import sealing_keys


@allow(*WORKERS)
@require_safe
def show_photo(request: HttpRequest, case: str) -> HttpResponse:
    """`GET /cases/CASE/photo`: the page. What it makes goes to `/cases/CASE/evidence` like every sealed record."""
    find_case(case)
    context = {
        "case": case,
        "actor": request.user.get_username(),
        "form": photo_form(),
        "words": photo_words(),
        "written_there": written_there(),
        "to": json.dumps(sealing_keys()),
        "unknown": _("not known"),
    }
    return render(request, "evidence/photo.html", context)
