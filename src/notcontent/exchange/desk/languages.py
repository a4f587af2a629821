"""The languages of the desk: chosen by the browser's, or by a button that works without script.

`locale/desk.pot` holds the English texts and `locale/TAG.po` another language's, as for the page and the review. Babel
reads them, and Django's own gettext, by which templates and forms speak, is given what they say. Only the desk's face
does that: commands and the other faces speak English through the same calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import trans_real
from django.views.decorators.http import require_POST

from notcontent.page import languages
from notcontent.page.languages import ENGLISH, Language, choose_language

SOURCE = "desk.pot"
LANGUAGES = {tag: languages.LANGUAGES[tag] for tag in ("en", "zh-Hans", "zh-Hant", "ko")}
COOKIE = "desk_language"
KEPT_S = 365 * 24 * 3600


class SpeakLanguage:
    """Middleware: everything that is said meanwhile is in `request.language`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        for tag in LANGUAGES.keys() - {ENGLISH.tag}:
            trans_real.translation(tag.lower()).merge(_translations(tag))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on in the language that was chosen, else in the one that the browser asks for."""
        chosen = LANGUAGES.get(request.COOKIES.get(COOKIE, ""))
        language = chosen or choose_language(request.headers.get("Accept-Language", ""), LANGUAGES)
        request.language = language
        with translation.override(language.tag.lower()):
            response = self.get_response(request)
        response.headers["Content-Language"] = language.tag
        return response


@login_not_required
@require_POST
def keep_language(request: HttpRequest) -> HttpResponse:
    """`POST /language`: this browser reads this language from now on. A language that is not ours changes nothing."""
    after = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    answer = redirect(after if is_ours else "/")
    tag = request.POST.get("language", "")
    if tag in LANGUAGES:
        secure = settings.SESSION_COOKIE_SECURE
        answer.set_cookie(COOKIE, tag, max_age=KEPT_S, secure=secure, httponly=True, samesite="Strict")
    return answer


def language_now() -> Language:
    """The language that is spoken now."""
    spoken = translation.get_language() or ENGLISH.tag
    return next((language for tag, language in LANGUAGES.items() if tag.lower() == spoken), ENGLISH)


def locale_now() -> Locale:
    """How days and numbers are written now."""
    tag = language_now().tag
    # British days, as on the person's page.
    return Locale.parse("en-GB" if tag == ENGLISH.tag else tag, sep="-")


@cache
def _translations(tag: str) -> GNUTranslations:
    with files("notcontent.exchange.desk").joinpath("locale", f"{tag}.po").open("rb") as file:
        catalog = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)
