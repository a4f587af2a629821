"""The kit as it is handed out: made for its day and that day's sites, and signed with the exchange's online key."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from notcontent.exchange.person.plain_pages import KitFile
from notcontent.exchange.person.site import describe_site
from notcontent.exchange.person.word_lists import WORD_LISTS, words_of
from notcontent.exchange.today import utc_today
from notcontent.feed.signature import SigningKey
from notcontent.page.kit import render_kit
from notcontent.page.languages import LANGUAGES

NAME = "notes.html"


@require_safe
def send_kit(request: HttpRequest, tag: str) -> HttpResponse:
    """`GET /kit/LANGUAGE`: the kit, as a file to be kept."""
    return _as_file(make_kit(tag), "text/html; charset=utf-8", NAME)


@require_safe
def send_signature(request: HttpRequest, tag: str) -> HttpResponse:
    """`GET /kit/LANGUAGE.minisig`: the signature of the same bytes."""
    signed = _online_key().sign_bytes(make_kit(tag), f"kit {tag} {utc_today().isoformat()}")
    return _as_file(signed.encode(), "text/plain; charset=utf-8", f"{NAME}.minisig")


def make_kit(tag: str) -> bytes:
    """The kit in a language: the same bytes all day, unless a site joins or leaves."""
    words = words_of(tag) if tag in WORD_LISTS else ()
    return render_kit(LANGUAGES[tag], describe_site(), words, utc_today()).encode()


def describe_kit(tag: str) -> KitFile:
    """What proves a kit to be this exchange's."""
    return KitFile(hashlib.sha256(make_kit(tag)).hexdigest(), _online_key().public.text)


def _online_key() -> SigningKey:
    return SigningKey.from_text(settings.FOLDER.online_key.read_text())


def _as_file(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
