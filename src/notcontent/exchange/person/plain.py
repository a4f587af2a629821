"""Pages for a browser without script: a case looked up, taken back, or sent as a file (docs/spec/person.md §9).

Only the two codes to hand on are asked for here, never her words. They travel in bodies, never in an address.
"""

from __future__ import annotations

import re
import unicodedata
from http import HTTPStatus

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from notcontent.exchange.cases.looking import find_case, status_of
from notcontent.exchange.cases.models import Case, Forget
from notcontent.exchange.cases.terms import keeping_of
from notcontent.exchange.cases.withdrawing import stop_withdrawal, withdraw_case
from notcontent.exchange.errors import Refused
from notcontent.exchange.notices.telling import notices_of
from notcontent.exchange.person.asking import hash_of_hex
from notcontent.exchange.person.beat import on_the_beat
from notcontent.exchange.person.case_file import take_case_file
from notcontent.exchange.person.kit import describe_kit
from notcontent.exchange.person.plain_pages import Asked, Notified, PlainPages
from notcontent.exchange.today import utc_now, utc_today
from notcontent.hand_on import HandOnCode, NotACode, parse_code
from notcontent.page.languages import LANGUAGES, choose_language

KEEP = "keep"


@require_safe
def show_menu(request: HttpRequest) -> HttpResponse:
    """`GET /plain/`: where they begin, and what proves the kit."""
    pages = _pages(request)
    return _answer(pages.menu(describe_kit(pages.language.tag)))


@require_http_methods(["GET", "HEAD", "POST"])
async def look(request: HttpRequest) -> HttpResponse:
    """`/plain/look`: asks for a looking code; shows the case, on the beat."""
    if request.method != "POST":
        return _answer(_pages(request).look())
    return await on_the_beat(request, _look)


@require_http_methods(["GET", "HEAD", "POST"])
async def withdraw(request: HttpRequest) -> HttpResponse:
    """`/plain/withdraw`: asks for a withdrawing code; the withdrawal is durable when this answers, on the beat."""
    if request.method != "POST":
        return _answer(_pages(request).withdraw())
    return await on_the_beat(request, _withdraw)


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    """`/plain/send`: takes in a case file; durable when this answers."""
    pages = _pages(request)
    if request.method != "POST":
        return _answer(pages.send())
    file = request.FILES.get("file")
    try:
        sealed = file.read() if isinstance(file, UploadedFile) else b""
        take_case_file(sealed, settings.FOLDER, settings.PROFILE, utc_today())
    except Refused:
        return _refuse(pages.send("plain.badFile"))
    return _answer(pages.sent())


def _look(request: HttpRequest) -> HttpResponse:
    pages = _pages(request)
    code = _read_code(request)
    if isinstance(code, str):
        return _refuse(pages.look(code))
    case = find_case(hash_of_hex(code.locator), hash_of_hex(code.key))
    if case is None:
        return _refuse(pages.look("plain.notFound"))
    asked = Asked(*(request.POST.get(name) == "yes" for name in ("often", "places")))
    return _tell(pages, case, asked)


def _withdraw(request: HttpRequest) -> HttpResponse:
    pages = _pages(request)
    code = _read_code(request)
    choice = request.POST.get("forget")
    if isinstance(code, str):
        return _refuse(pages.withdraw(code))
    if choice not in (*Forget.values, KEEP):
        return _refuse(pages.withdraw("plain.forget"))
    locator, key = hash_of_hex(code.locator), hash_of_hex(code.key)
    case = stop_withdrawal(locator, key) if choice == KEEP else withdraw_case(locator, key, Forget(choice), utc_today())
    if case is None:
        return _refuse(pages.withdraw("plain.notFound"))
    return _tell(pages, case, Asked(), kept=choice == KEEP and case.withdrawn is None)


def _read_code(request: HttpRequest) -> HandOnCode | str:
    """The code that was typed, or the key of the text that says what is wrong with it."""
    typed = request.POST.get("code", "")
    try:
        return parse_code(typed)
    except NotACode:
        return "plain.words" if looks_like_words(typed) else "plain.badCode"


def looks_like_words(typed: str) -> bool:
    """Whether this may be a passphrase: a sign that no code has, or no group that mixes letters and digits.

    Of a code's groups of five more than four in five do.
    """
    plain = unicodedata.normalize("NFKD", typed[:800])
    groups = re.findall(r"\w+", plain)
    if any(sign.isalpha() and not sign.isascii() for sign in plain):
        return True
    return bool(groups) and all(group.isalpha() or group.isnumeric() for group in groups)


def _tell(pages: PlainPages, case: Case, asked: Asked, *, kept: bool = False) -> HttpResponse:
    status = status_of(case, settings.PROFILE.hit_delay_days, utc_today())
    keeping = keeping_of(case, settings.PROFILE, utc_today())
    notices = Notified(notices_of(case, utc_now()), settings.PROFILE.answer_days)
    return _answer(pages.status(status, keeping, notices, asked, kept=kept))


def _pages(request: HttpRequest) -> PlainPages:
    language = LANGUAGES.get(request.GET.get("lang", "")) or choose_language(request.headers.get("Accept-Language", ""))
    return PlainPages(language, settings.PROFILE.name, settings.PROFILE.practice)


def _answer(page: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(
        page, status=status, content_type="text/html; charset=utf-8", headers={"Vary": "Accept-Language"}
    )


def _refuse(page: str) -> HttpResponse:
    return _answer(page, HTTPStatus.UNPROCESSABLE_ENTITY)
