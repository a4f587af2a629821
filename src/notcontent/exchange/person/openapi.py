"""The OpenAPI document of the person's face."""

from __future__ import annotations

from typing import Any

from notcontent.exchange.answers import MAX_SAFE_INTEGER
from notcontent.exchange.cases.looking import SiteState
from notcontent.exchange.cases.models import Circumstance
from notcontent.exchange.openapi_parts import (
    answer,
    answers,
    asks,
    hex_text,
    maybe,
    record,
    rows,
    text_answer,
    whole,
)
from notcontent.exchange.person.asking import MAX_FRAMES_OF_A_VIDEO
from notcontent.exchange.person.work import HIGHEST_BITS, LOWEST_BITS, ROUNDS

V: dict[str, Any] = {"const": 1}
DAY = {"type": "string", "format": "date"}
PARTNER: dict[str, Any] = {
    "id": hex_text(16),
    "name": {"type": "string"},
    "country": {"type": "string"},
    "proves_forgetting": {"type": "boolean"},
}
SITE = record(
    {
        "v": V,
        "practice": {"type": "boolean"},
        "helpline": record(
            {
                "name": {"type": "string"},
                "country": {"type": "string"},
                "languages": {"type": "array", "items": {"type": "string"}},
                "answer_days": {"type": "integer"},
            }
        ),
        "partners": {"type": "array", "items": record(PARTNER)},
        "max_entries": {"type": "integer"},
    }
)
WORK = record(
    {
        "v": V,
        "challenge": {"type": "string"},
        "rounds": {"const": ROUNDS},
        "bits": whole(LOWEST_BITS, HIGHEST_BITS),
    }
)
PICTURE = record({"kind": {"const": "pdq"}, "quality": whole(0, 100), "orientations": rows(hex_text(64), 8, 8)})
VIDEO = record({"kind": {"const": "video"}, "frames": rows(hex_text(64), 1, MAX_FRAMES_OF_A_VIDEO)})
CASE = record(
    {
        "v": V,
        "locator": hex_text(32),
        "look_key": hex_text(64),
        "withdraw_key": hex_text(64),
        "circumstance": {"enum": list(Circumstance.values)},
        "entries": rows({"oneOf": [PICTURE, VIDEO]}, 1, 200),
        "partners": rows(hex_text(16), 1, 500),
        "work": record({"challenge": {"type": "string"}, "nonces": rows(whole(0, MAX_SAFE_INTEGER), 0, 64)}),
    }
)
STATUS = record(
    {
        "v": V,
        "opened": DAY,
        "circumstance": {"enum": list(Circumstance.values)},
        "entries": {"type": "integer"},
        "withdrawn": maybe(DAY),
        "erased_here": maybe(DAY),
        "sites": {
            "type": "array",
            "items": record(
                PARTNER
                | {
                    "state": {"enum": [state.value for state in SiteState]},
                    "since": DAY,
                    "hits": {"enum": ["none", "once", "a few times", "many times"]},
                    "already_there": {"type": "boolean"},
                }
            ),
        },
    }
)


def _key(name: str) -> dict[str, Any]:
    return asks(record({"v": V, "locator": hex_text(32), name: hex_text(64)}))


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "notcontent exchange, the person's face",
        "version": "1",
        "description": "No account, no cookie, no address kept. Pictures and words never come here.",
    },
    "paths": {
        "/": {"get": {"summary": "The page", "responses": answers({200: text_answer("HTML", "text/html")}, 404)}},
        "/page/{name}": {
            "get": {
                "summary": "One file of the page",
                "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": answers({200: {"description": "The file"}}, 404),
            }
        },
        "/words/{language}": {
            "get": {
                "summary": "Word list; none where a passphrase is 24 digits",
                "parameters": [{"name": "language", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": answers({200: text_answer("One word a line")}, 404),
            }
        },
        "/openapi.json": {
            "get": {"summary": "This document", "responses": answers({200: answer("OpenAPI", {"type": "object"})})}
        },
        "/v1/site": {
            "get": {"summary": "Who the helpline is", "responses": answers({200: answer("The helpline", SITE)})}
        },
        "/v1/work": {"get": {"summary": "A challenge", "responses": answers({200: answer("A challenge", WORK)})}},
        "/v1/cases": {
            "post": {
                "summary": "Open a case, or add to it",
                "requestBody": asks(CASE),
                "responses": answers(
                    {201: answer("Received", record({"v": V, "case": {"const": "received"}}))},
                    400,
                    403,
                    404,
                    413,
                    422,
                    503,
                ),
            }
        },
        "/v1/cases/look": {
            "post": {
                "summary": "See a case",
                "requestBody": _key("look_key"),
                "responses": answers({200: answer("Its status", STATUS)}, 400, 404, 413, 503),
            }
        },
        "/v1/cases/withdraw": {
            "post": {
                "summary": "Take a case back",
                "requestBody": _key("withdraw_key"),
                "responses": answers({200: answer("Its status", STATUS)}, 400, 404, 413, 503),
            }
        },
    },
}
