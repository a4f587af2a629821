"""The letters of a case, and the look that every screen shares."""

from __future__ import annotations

import json
from importlib.resources import files

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.contact_views import show_why_not
from notcontent.exchange.desk.errors import NeedsSecondPerson
from notcontent.exchange.desk.letter_words import words_of_letters
from notcontent.exchange.desk.letters import answer_case, fetch_letter
from notcontent.exchange.desk.replies import reply_texts
from notcontent.exchange.desk.roles import Role, allow
from notcontent.exchange.errors import ExchangeError, UnknownName
from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.letters.models import Letter
from notcontent.exchange.today import utc_today


@allow(Role.DESK, Role.LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def show_letters(request: HttpRequest, case: str) -> HttpResponse:
    """`GET, POST /cases/CASE/letters`: a case's letters by day and size, and a form that takes a sealed answer."""
    found = Case.objects.filter(id=case).first()
    if found is None:
        raise Http404
    refused = None
    if request.method == "POST":
        answer = request.FILES.get("answer")
        try:
            answer_case(case, answer.read() if answer else b"", actor=request.user.get_username(), today=utc_today())
            return redirect("letters", case)
        except ExchangeError as error:
            refused = str(error)
    letters = found.letters.order_by("-number")
    context = {
        "case": found,
        "letters": letters,
        "refused": refused,
        # An answer is sealed to the helpline's own keys too, so that a colleague can read what she was told.
        "to": json.dumps([found.reply_to, *sealing_keys()]),
        "words": words_of_letters(),
        "replies": reply_texts(),
    }
    return render(request, "desk/letters.html", context, status=422 if refused else 200)


@allow(Role.DESK, Role.LEAD)
@require_POST
def send_letter(request: HttpRequest, letter: str) -> HttpResponse:
    """`POST /letters/LETTER`: a letter of hers as a file, sealed as it came. From now on she sees that it was read."""
    try:
        fetched = fetch_letter(letter, actor=request.user.get_username(), today=utc_today())
    except UnknownName:
        raise Http404 from None
    except NeedsSecondPerson as error:
        case = Letter.objects.get(id=letter).case_id
        return show_why_not(request, case, str(error))
    name = {"Content-Disposition": f'attachment; filename="{fetched.id}.age"'}
    return HttpResponse(bytes(fetched.sealed), content_type="application/octet-stream", headers=name)


@login_not_required
@require_safe
def send_look(request: HttpRequest) -> HttpResponse:
    """`GET /look.css`: the look that every screen of the project shares, and what only wide ones need."""
    page = files("notcontent.page")
    look = page.joinpath("look.css").read_bytes() + page.joinpath("wide", "look.css").read_bytes()
    return HttpResponse(look, content_type="text/css; charset=utf-8")
