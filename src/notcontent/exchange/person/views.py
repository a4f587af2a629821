"""The few routes of the person's face (docs/spec/person.md). No answer tells one case of another."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST, require_safe

from notcontent.exchange.answers import answer_json, answer_refusal, not_found, read_json
from notcontent.exchange.cases.looking import Status, find_case, status_of
from notcontent.exchange.cases.opening import NewCase, open_case
from notcontent.exchange.cases.withdrawing import withdraw_case
from notcontent.exchange.errors import Refused
from notcontent.exchange.partners.models import Partner
from notcontent.exchange.person.asking import check_entries, parse_case, parse_key
from notcontent.exchange.person.openapi import DOCUMENT
from notcontent.exchange.person.page_files import PageFile, page_files
from notcontent.exchange.person.word_lists import word_file
from notcontent.exchange.person.work import ROUNDS, Load, check_work, make_challenge
from notcontent.exchange.today import utc_today

#: Answers to look and withdraw leave on the next tenth of a second, so that how long they took to find tells nothing.
BEAT_S = 0.1

_load = Load()


@require_safe
def show_page(request: HttpRequest) -> HttpResponse:
    """`GET /`: the page."""
    return _send_file(page_files().get("index.html"))


@require_safe
def send_page_file(request: HttpRequest, name: str) -> HttpResponse:
    """`GET /page/NAME`: one of its modules."""
    return _send_file(page_files().get(name))


@require_safe
def send_words(request: HttpRequest, language: str) -> HttpResponse:
    """`GET /words/LANGUAGE`: the word list, one a line."""
    return _send_file(word_file(language))


def _send_file(file: PageFile | None) -> HttpResponse:
    if file is None:
        return answer_refusal(not_found())
    return HttpResponse(file.content, content_type=file.content_type)


@require_safe
def describe_api(request: HttpRequest) -> HttpResponse:
    """`GET /openapi.json`."""
    return answer_json(DOCUMENT)


@require_GET
def tell_site(request: HttpRequest) -> HttpResponse:
    """`GET /v1/site`: who the helpline is and which sites take part."""
    profile = settings.PROFILE
    return answer_json(
        {
            "v": 1,
            "practice": profile.practice,
            "helpline": {
                "name": profile.name,
                "country": profile.country,
                "languages": list(profile.languages),
                "answer_days": profile.answer_days,
            },
            "partners": [_name_partner(partner) for partner in Partner.objects.filter(active=True).order_by("name")],
            "max_entries": profile.max_entries,
        }
    )


def _name_partner(partner: Partner) -> dict[str, Any]:
    return {
        "id": partner.id,
        "name": partner.name,
        "country": partner.country,
        "proves_forgetting": partner.proves_forgetting,
    }


@require_GET
def give_work(request: HttpRequest) -> HttpResponse:
    """`GET /v1/work`: a challenge that is as hard as the moment asks for."""
    bits = _load.bits(time.monotonic())
    challenge = make_challenge(settings.SECRET_KEY, bits, time.time())
    return answer_json({"v": 1, "challenge": challenge, "rounds": ROUNDS, "bits": bits})


@require_POST
def receive_case(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases`: the same answer whether or not the case, or the picture, was here before."""
    profile = settings.PROFILE
    offered = parse_case(read_json(request), profile.max_entries)
    check_work(settings.SECRET_KEY, offered.untrusted_challenge, offered.nonces, offered.locator, time.time())
    _load.count_case(time.monotonic(), sum(len(entry.codes) for entry in offered.entries))
    check_entries(offered.entries)
    new = NewCase(
        locator_sha256=offered.locator_sha256,
        look_sha256=offered.look_sha256,
        withdraw_sha256=offered.withdraw_sha256,
        circumstance=offered.circumstance,
        entries=offered.entries,
        partners=offered.partners,
    )
    open_case(new, profile.max_entries, utc_today())
    return answer_json({"v": 1, "case": "received"}, 201)


@require_POST
async def look(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases/look`: the status, on the beat."""
    return await _on_the_beat(request, _look)


@require_POST
async def withdraw(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases/withdraw`: the withdrawal is durable when this answers, on the beat."""
    return await _on_the_beat(request, _withdraw)


async def _on_the_beat(request: HttpRequest, work: Any) -> HttpResponse:
    try:
        response: HttpResponse = await sync_to_async(work)(request)
    except Refused as refused:
        response = answer_refusal(refused)
    await asyncio.sleep(BEAT_S - time.time() % BEAT_S)
    return response


def _look(request: HttpRequest) -> HttpResponse:
    key = parse_key(read_json(request), "look_key")
    case = find_case(key.locator_sha256, key.key_sha256)
    if case is None:
        raise not_found()
    return answer_json(_tell(status_of(case, settings.PROFILE.hit_delay_days, utc_today())))


def _withdraw(request: HttpRequest) -> HttpResponse:
    key = parse_key(read_json(request), "withdraw_key")
    case = withdraw_case(key.locator_sha256, key.key_sha256, utc_today())
    if case is None:
        raise not_found()
    return answer_json(_tell(status_of(case, settings.PROFILE.hit_delay_days, utc_today())))


def _tell(status: Status) -> dict[str, Any]:
    case = status.case
    return {
        "v": 1,
        "opened": case.opened.isoformat(),
        "circumstance": case.circumstance,
        "entries": status.entries,
        "withdrawn": case.withdrawn and case.withdrawn.isoformat(),
        "erased_here": case.erased_here and case.erased_here.isoformat(),
        "sites": [
            _name_partner(site.partner)
            | {
                "state": site.state,
                "since": site.since.isoformat(),
                "hits": site.hits,
                "already_there": site.already_there,
            }
            for site in status.sites
        ],
    }
