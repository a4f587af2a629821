"""The few routes of the person's face (docs/spec/person.md). No answer tells one case of another.

What is the same for everybody goes out compressed; what tells of a case never does, since its length would tell more.
"""

from __future__ import annotations

import base64
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST, require_safe

from notcontent.exchange.answers import answer_json, answer_refusal, not_found, read_json
from notcontent.exchange.cases.looking import Status, find_case, status_of
from notcontent.exchange.cases.models import Case
from notcontent.exchange.cases.terms import Keeping, keeping_of
from notcontent.exchange.cases.withdrawing import stop_withdrawal, withdraw_case
from notcontent.exchange.disputes.asking_her import Question, hear_her, questions_of
from notcontent.exchange.letters.models import Letter, Sender
from notcontent.exchange.notices.hearing_her import hear_her_on_notice
from notcontent.exchange.notices.telling import Told, notices_of
from notcontent.exchange.person.asking import NOTICE_DIGITS, parse_case, parse_key, parse_withdrawal, parse_word
from notcontent.exchange.person.beat import on_the_beat
from notcontent.exchange.person.openapi import DOCUMENT
from notcontent.exchange.person.page_files import PageFile, page_files
from notcontent.exchange.person.receiving import load, take_case
from notcontent.exchange.person.site import describe_site, name_partner
from notcontent.exchange.person.word_lists import word_file
from notcontent.exchange.person.work import ROUNDS, check_work, make_challenge
from notcontent.exchange.today import utc_now, utc_today
from notcontent.page.languages import LANGUAGES, Language, choose_language
from notcontent.page.rendering import render_later_texts, render_page


@require_safe
@gzip_page
def show_page(request: HttpRequest) -> HttpResponse:
    """`GET /`: the page, in the language that the browser asks for first."""
    answer = _page(choose_language(request.headers.get("Accept-Language", "")))
    answer.headers["Vary"] = "Accept-Language"
    return answer


@require_safe
@gzip_page
def show_page_in(request: HttpRequest, tag: str) -> HttpResponse:
    """`GET /LANGUAGE`: the page in this language."""
    return _page(LANGUAGES[tag])


def _page(language: Language) -> HttpResponse:
    return HttpResponse(render_page(language, describe_site()), content_type="text/html; charset=utf-8")


@require_safe
@gzip_page
def send_page_file(request: HttpRequest, name: str) -> HttpResponse:
    """`GET /page/NAME`: one of its modules."""
    return _send_file(page_files().get(name))


@require_safe
@gzip_page
def send_words(request: HttpRequest, language: str) -> HttpResponse:
    """`GET /words/LANGUAGE`: the word list, one a line."""
    return _send_file(word_file(language))


@require_safe
@gzip_page
def send_texts(request: HttpRequest, tag: str) -> HttpResponse:
    """`GET /texts/LANGUAGE`: the texts of what most ways through the page never come to."""
    return HttpResponse(render_later_texts(LANGUAGES[tag]), content_type="application/json")


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
    return answer_json(describe_site())


@require_GET
def give_work(request: HttpRequest) -> HttpResponse:
    """`GET /v1/work`: a challenge that is as hard as the moment asks for."""
    bits = load.bits(time.monotonic())
    challenge = make_challenge(settings.SECRET_KEY, bits, time.time())
    return answer_json({"v": 1, "challenge": challenge, "rounds": ROUNDS, "bits": bits})


@require_POST
def receive_case(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases`: the same answer whether or not the case, or the picture, was here before."""
    offered = parse_case(read_json(request), settings.PROFILE.max_entries)
    check_work(settings.SECRET_KEY, offered.untrusted_challenge, offered.nonces, offered.locator, time.time())
    take_case(offered, settings.PROFILE, utc_today())
    return answer_json({"v": 1, "case": "received"}, 201)


@require_POST
async def look(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases/look`: the status, on the beat."""
    return await on_the_beat(request, _look)


@require_POST
async def withdraw(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases/withdraw`: the withdrawal, or the day it waits for, is durable when this answers, on the beat."""
    return await on_the_beat(request, _withdraw)


@require_POST
async def keep(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases/keep`: stops a withdrawal that waits; durable when this answers, on the beat."""
    return await on_the_beat(request, _keep)


@require_POST
async def hear(request: HttpRequest) -> HttpResponse:
    """`POST /v1/cases/answer`: her word on a site's question; durable when this answers, on the beat."""
    return await on_the_beat(request, _hear)


def _look(request: HttpRequest) -> HttpResponse:
    key = parse_key(read_json(request), "look_key")
    return _answer(find_case(key.locator_sha256, key.key_sha256))


def _withdraw(request: HttpRequest) -> HttpResponse:
    key, forget = parse_withdrawal(read_json(request))
    return _answer(withdraw_case(key.locator_sha256, key.key_sha256, forget, utc_today()))


def _keep(request: HttpRequest) -> HttpResponse:
    key = parse_key(read_json(request), "withdraw_key")
    return _answer(stop_withdrawal(key.locator_sha256, key.key_sha256))


def _hear(request: HttpRequest) -> HttpResponse:
    key, question, word = parse_word(read_json(request))
    hear_word = hear_her_on_notice if len(question) == NOTICE_DIGITS else hear_her
    return _answer(hear_word(key.locator_sha256, key.key_sha256, question, word))


def _answer(case: Case | None) -> HttpResponse:
    if case is None:
        raise not_found()
    profile, today = settings.PROFILE, utc_today()
    status = status_of(case, profile.hit_delay_days, today)
    questions = questions_of(case, profile.hit_delay_days, today)
    notices = [_tell_notice(notice) for notice in notices_of(case, utc_now())]
    kept = _tell_kept(keeping_of(case, profile, today))
    return answer_json(_tell(status, questions) | {"kept": kept, "notices": notices})


def _tell(status: Status, questions: tuple[Question, ...]) -> dict[str, Any]:
    case = status.case
    return {
        "v": 1,
        "opened": case.opened.isoformat(),
        "circumstance": case.circumstance or None,
        "entries": status.entries,
        "later_sites": "yes" if case.later_sites else "ask",
        "wait_days": case.wait_days,
        "withdrawn": case.withdrawn and case.withdrawn.isoformat(),
        "withdraws_on": case.withdraws_on and case.withdraws_on.isoformat(),
        "forgotten": case.forget if case.withdrawn else None,
        "erased_here": case.erased_here and case.erased_here.isoformat(),
        "sites": [
            name_partner(site.partner)
            | {
                "state": site.state,
                "since": site.since.isoformat(),
                "hits": site.hits,
                "already_there": site.already_there,
                "seen_again": site.seen_again and site.seen_again.isoformat(),
                "statement": site.statement
                and {"day": site.statement.day.isoformat(), "notices": site.statement.notices},
                "note": site.note,
            }
            for site in status.sites
        ],
        "letters": [_tell_letter(letter) for letter in status.letters],
        "looked_at": status.resting,
        "taken_out": status.taken_out,
        "questions": [
            {
                "id": question.id,
                "site": question.site,
                "kind": question.kind,
                "day": question.day.isoformat(),
                "answer": question.her_word or None,
            }
            for question in questions
        ],
    }


def _tell_kept(keeping: Keeping) -> dict[str, Any]:
    hold = keeping.hold
    return {
        "closed": keeping.closed and keeping.closed.isoformat(),
        "contact_days": keeping.contact_days,
        "letters_days": keeping.letters_days,
        "contact_deleted": keeping.contact_deleted and keeping.contact_deleted.isoformat(),
        "letters_deleted": keeping.letters_deleted and keeping.letters_deleted.isoformat(),
        "hold": hold
        and {
            "since": hold.since.isoformat(),
            "until": hold.until.isoformat(),
            "keeps": list(hold.keeps),
            "reason": hold.reason,
        },
    }


def _tell_notice(notice: Told) -> dict[str, Any]:
    return {
        "id": notice.id,
        "site": notice.site,
        "law": notice.law,
        "word": notice.word,
        "since": notice.since and notice.since.isoformat(timespec="minutes"),
        "due": notice.due and notice.due.isoformat(timespec="minutes"),
        "country": notice.country,
        "letter": notice.letter or None,
        "asks": notice.asks,
        "answer": notice.answer or None,
    }


def _tell_letter(letter: Letter) -> dict[str, Any]:
    told = {"id": letter.id, "from": letter.sender, "day": letter.day.isoformat()}
    if letter.sender == Sender.HER:
        return told | {"read": letter.read}
    return told | {"sealed": base64.b64encode(letter.sealed).decode()}
