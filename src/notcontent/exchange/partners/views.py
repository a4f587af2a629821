"""What guards post to the partners' face."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from notcontent.exchange.answers import answer_json, check_object, read_json
from notcontent.exchange.disputes.hearing import hear_disputes
from notcontent.exchange.partners.hearing import hear_receipts, hear_reports, register_guard
from notcontent.exchange.partners.openapi import DOCUMENT
from notcontent.exchange.partners.polling import tokens
from notcontent.exchange.partners.renewing import renew_token
from notcontent.exchange.today import utc_today


@require_safe
def describe_api(request: HttpRequest) -> HttpResponse:
    """`GET /openapi.json`."""
    return answer_json(DOCUMENT)


@require_POST
async def receive_guard(request: HttpRequest) -> HttpResponse:
    """`POST /v1/guards`: the guard's public key, once."""
    bearer = await tokens.check(request, "report")
    await sync_to_async(register_guard)(bearer.feed, read_json(request))
    return answer_json({"feed": bearer.feed})


@require_POST
async def receive_receipts(request: HttpRequest) -> HttpResponse:
    """`POST /v1/receipts`: signed words, durable when this answers. Also of a partner that is suspended."""
    bearer = await tokens.check(request, "report", purpose="receipt")
    heard = await sync_to_async(hear_receipts)(bearer.feed, read_json(request))
    return answer_json({"accepted": heard.accepted, "ignored": heard.ignored})


@require_POST
async def receive_reports(request: HttpRequest) -> HttpResponse:
    """`POST /v1/reports`: matches and decisions, durable when this answers."""
    bearer = await tokens.check(request, "report")
    heard = await sync_to_async(hear_reports)(bearer.feed, read_json(request))
    return answer_json({"accepted": heard.accepted, "ignored": heard.ignored})


@require_POST
async def receive_renewal(request: HttpRequest) -> HttpResponse:
    """`POST /v1/token/renew`: the next token for the one shown, once it is due."""
    bearer = await tokens.check(request, "feed")
    check_object(read_json(request), set())
    renewed = await sync_to_async(renew_token)(bearer.digest, utc_today())
    return answer_json({"token": renewed.token, "expires": renewed.expires.isoformat()})


@require_POST
async def receive_disputes(request: HttpRequest) -> HttpResponse:
    """`POST /v1/disputes`: durable when this answers, with how each of them stands."""
    bearer = await tokens.check(request, "report")
    answers = await sync_to_async(hear_disputes)(bearer.feed, read_json(request), utc_today())
    return answer_json({"answers": [{"report": each.report, "answer": each.answer} for each in answers]})
