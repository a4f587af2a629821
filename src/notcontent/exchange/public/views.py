"""`/numbers` and `/root-key` on the person's face, and the same for programs: alike for everybody."""

from __future__ import annotations

from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from notcontent.exchange.answers import answer_json
from notcontent.exchange.public.counting import told_months
from notcontent.exchange.public.notices import told_notices
from notcontent.exchange.public.pages import PublicPages
from notcontent.exchange.public.root_key import read_root_key
from notcontent.page.languages import LANGUAGES, choose_language

SIGNED = "feed-keys.txt"


@require_safe
def tell_numbers(request: HttpRequest) -> HttpResponse:
    """`GET /v1/numbers`."""
    notices = [asdict(row) | {"refused_for": dict(row.refused_for)} for row in told_notices()]
    return answer_json({"v": 1, "months": [asdict(month) for month in told_months()], "notices": notices})


@require_safe
def show_numbers(request: HttpRequest) -> HttpResponse:
    """`GET /numbers`: a page without script."""
    return _answer(_pages(request).numbers(told_months(), told_notices()))


@require_safe
def tell_root_key(request: HttpRequest) -> HttpResponse:
    """`GET /v1/root-key`."""
    root = read_root_key(settings.FOLDER)
    told = {
        "root_key": root.key.text,
        "feed_keys": root.signed.to_json(),
        "issued": root.vouched.issued.isoformat(),
        "may_sign": [key.text for key in root.may_sign],
        "revoked": list(root.vouched.revoked),
    }
    return answer_json({"v": 1, **told})


@require_safe
def show_root_key(request: HttpRequest) -> HttpResponse:
    """`GET /root-key`: a page without script."""
    return _answer(_pages(request).root_key(read_root_key(settings.FOLDER)))


@require_safe
def send_feed_keys(request: HttpRequest) -> HttpResponse:
    """`GET /root-key/feed-keys.txt`: what the root key signed, byte for byte."""
    return _as_file(read_root_key(settings.FOLDER).signed.text, SIGNED)


@require_safe
def send_signature(request: HttpRequest) -> HttpResponse:
    """`GET /root-key/feed-keys.txt.minisig`: its signature, as minisign reads it."""
    return _as_file(read_root_key(settings.FOLDER).signed.signature, f"{SIGNED}.minisig")


def _pages(request: HttpRequest) -> PublicPages:
    language = LANGUAGES.get(request.GET.get("lang", "")) or choose_language(request.headers.get("Accept-Language", ""))
    return PublicPages(language, settings.PROFILE.name, settings.PROFILE.practice)


def _answer(page: str) -> HttpResponse:
    return HttpResponse(page, content_type="text/html; charset=utf-8", headers={"Vary": "Accept-Language"})


def _as_file(text: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text.encode(), content_type="text/plain; charset=utf-8", headers=headers)
