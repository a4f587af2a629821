"""Answers that leave on the beat of a clock, so that how long they took to find tells nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse

from notcontent.exchange.answers import answer_refusal
from notcontent.exchange.errors import Refused

BEAT_S = 0.1


async def on_the_beat(request: HttpRequest, work: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """What `work` answers, or its refusal, on the next tenth of a second."""
    try:
        response = await sync_to_async(work)(request)
    except Refused as refused:
        response = answer_refusal(refused)
    await asyncio.sleep(BEAT_S - time.time() % BEAT_S)
    return response
