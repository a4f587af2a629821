"""The OpenAPI document of the person's face."""

from __future__ import annotations

from typing import Any

from notcontent.exchange.answers import MAX_SAFE_INTEGER
from notcontent.exchange.cases.looking import SiteNote, SiteState
from notcontent.exchange.cases.models import Circumstance, Forget, Notices
from notcontent.exchange.cases.terms import CONTACT, LETTERS
from notcontent.exchange.disputes.models import Kind
from notcontent.exchange.letters.models import Sender
from notcontent.exchange.notices.telling import Word
from notcontent.exchange.openapi_parts import (
    Schema,
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
from notcontent.exchange.person.asking import LATER_SITES, MAX_FRAMES_OF_A_VIDEO, MAX_PARTNERS, WAIT_DAYS
from notcontent.exchange.person.work import HIGHEST_BITS, LOWEST_BITS, ROUNDS
from notcontent.exchange.public.counting import FEWER, SMALLEST_TOLD
from notcontent.letter import MAX_SEALED_BYTES
from notcontent.page.languages import LANGUAGES

V: dict[str, Any] = {"const": 1}
DAY = {"type": "string", "format": "date"}
PARTNER: dict[str, Any] = {
    "id": hex_text(16),
    "name": {"type": "string"},
    "country": {"type": "string"},
    "forced_by": {"type": "array", "items": {"type": "string"}},
    "proves_forgetting": {"type": "boolean"},
}
LATER = {"enum": list(LATER_SITES)}
NOTICES = {"enum": list(Notices.values)}
SEALED = {
    "type": "string",
    "contentEncoding": "base64",
    "description": "A file of the age format",
    "maxLength": -(-MAX_SEALED_BYTES // 3) * 4,
}
SITE = record(
    {
        "v": V,
        "practice": {"type": "boolean"},
        "max_entries": {"type": "integer"},
        "case_file_key": hex_text(64),
        "helpline": record(
            {
                "name": {"type": "string"},
                "country": {"type": "string"},
                "languages": {"type": "array", "items": {"type": "string"}},
                "answer_days": {"type": "integer"},
                "keys": {"type": "array", "items": hex_text(64)},
            }
        ),
        "partners": {"type": "array", "items": record(PARTNER)},
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
        "reply_to": hex_text(64),
        "circumstance": {"enum": list(Circumstance.values)},
        "entries": rows({"oneOf": [PICTURE, VIDEO]}, 0, 200),
        "partners": rows(hex_text(16), 0, MAX_PARTNERS),
        "later_sites": LATER,
        "statements": rows(record({"partner": hex_text(16), "notices": NOTICES}), 0, MAX_PARTNERS),
        "wait_days": {"enum": list(WAIT_DAYS)},
        "letter": maybe(SEALED),
        "work": record({"challenge": {"type": "string"}, "nonces": rows(whole(0, MAX_SAFE_INTEGER), 0, 64)}),
    }
)
# Kits and case files of before don't have it.
CASE["properties"]["contact"] = maybe(SEALED)
HER_LETTER = record({"id": hex_text(16), "from": {"const": str(Sender.HER)}, "day": DAY, "read": {"type": "boolean"}})
ANSWER = record({"id": hex_text(16), "from": {"const": str(Sender.HELPLINE)}, "day": DAY, "sealed": SEALED})
QUESTION = record(
    {
        "id": hex_text(32),
        "site": {"type": "string"},
        "kind": {"enum": list(Kind.values)},
        "day": DAY,
        "answer": maybe({"enum": ["yes", "no"]}),
    }
)
HOLD = record(
    {
        "since": DAY,
        "until": DAY,
        "keeps": rows({"enum": [CONTACT, LETTERS]}, 1, 2),
        "reason": {"type": "string"},
    }
)
KEPT = record(
    {
        "closed": maybe(DAY),
        "contact_days": {"type": "integer"},
        "letters_days": {"type": "integer"},
        "contact_deleted": maybe(DAY),
        "letters_deleted": maybe(DAY),
        "hold": maybe(HOLD),
    }
)
MINUTE = {"type": "string", "format": "date-time"}
NOTICE = record(
    {
        "id": hex_text(16),
        "site": {"type": "string"},
        "law": {"type": "string"},
        "word": {"enum": [word.value for word in Word]},
        "since": maybe(MINUTE),
        "due": maybe(MINUTE),
        "country": {"type": "string"},
        "letter": maybe(hex_text(16)),
        "asks": {"type": "boolean"},
        "answer": maybe({"enum": ["yes", "no"]}),
    }
)
STATUS = record(
    {
        "v": V,
        "opened": DAY,
        "circumstance": maybe({"enum": list(Circumstance.values)}),
        "entries": {"type": "integer"},
        "later_sites": LATER,
        "wait_days": {"enum": list(WAIT_DAYS)},
        "withdrawn": maybe(DAY),
        "withdraws_on": maybe(DAY),
        "forgotten": maybe({"enum": list(Forget.values)}),
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
                    "seen_again": maybe(DAY),
                    "note": maybe({"enum": [note.value for note in SiteNote]}),
                    "statement": maybe(record({"day": DAY, "notices": NOTICES})),
                }
            ),
        },
        "letters": {"type": "array", "items": {"oneOf": [HER_LETTER, ANSWER]}},
        "looked_at": {"type": "integer"},
        "taken_out": {"type": "integer"},
        "questions": {"type": "array", "items": QUESTION},
        "kept": KEPT,
        "notices": {"type": "array", "items": NOTICE},
    }
)


COUNT: Schema = {"oneOf": [{"type": "integer", "minimum": SMALLEST_TOLD}, {"const": FEWER}]}
MONTH = record(
    {"month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}}
    | dict.fromkeys(("listed", "held", "released_as_not_intimate", "disputed", "withdrawn", "seen_again"), COUNT)
    | {
        "median_hold_days": maybe({"type": "number"}),
        "demands_by_states": {
            "type": "array",
            "items": record(
                {"country": {"type": "string"}, "demands": {"type": "integer"}, "obeyed": {"type": "integer"}}
            ),
        },
    }
)
#: Null: fewer than ten.
_FEW: Schema = maybe({"type": "integer", "minimum": SMALLEST_TOLD})
_NAMED: dict[str, Schema] = {
    "quarter": {"type": "string", "pattern": "^[0-9]{4}-Q[1-4]$"},
    "site": {"type": "string"},
    "law": {"type": "string"},
    "sent": {"type": "integer", "minimum": SMALLEST_TOLD},
}
NOTICES_OF_QUARTER = record(
    _NAMED
    | dict.fromkeys(("acknowledged", "removed", "refused", "overdue"), _FEW)
    | {
        "refused_for": {"type": "object", "additionalProperties": {"type": "integer"}},
        "median_hours": maybe({"type": "number"}),
    }
)
NUMBERS = record(
    {
        "v": V,
        "months": {"type": "array", "items": MONTH},
        "notices": {"type": "array", "items": NOTICES_OF_QUARTER},
    }
)
ROOT_KEY = record(
    {
        "v": V,
        "root_key": {"type": "string"},
        "feed_keys": record({"text": {"type": "string"}, "signature": {"type": "string"}}),
        "issued": DAY,
        "may_sign": {"type": "array", "items": {"type": "string"}},
        "revoked": {"type": "array", "items": hex_text(16)},
    }
)


def _key(name: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    return asks(record({"v": V, "locator": hex_text(32), name: hex_text(64)} | (more or {})))


def _public(summary: str) -> Schema:
    """A page that is the same for everybody, in the language that is asked for."""
    return {
        "parameters": [{"name": "lang", "in": "query", "schema": {"enum": list(LANGUAGES)}}],
        "get": {"summary": summary, "responses": answers({200: text_answer("HTML", "text/html")})},
    }


def _file(summary: str) -> Schema:
    return {"get": {"summary": summary, "responses": answers({200: text_answer("Text", "text/plain")})}}


def _plain(summary: str, fields: Schema, kind: str = "application/x-www-form-urlencoded") -> Schema:
    """A page without script: asked for, and answered."""
    page = text_answer("HTML", "text/html")
    form = {"required": True, "content": {kind: {"schema": {"type": "object", "properties": fields}}}}
    return {
        "parameters": [{"name": "lang", "in": "query", "schema": {"enum": list(LANGUAGES)}}],
        "get": {"summary": summary, "responses": answers({200: page})},
        "post": {"summary": summary, "requestBody": form, "responses": answers({200: page, 422: page}, 400, 413)},
    }


TEXT: Schema = {"type": "string"}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "notcontent exchange, the person's face",
        "version": "1",
        "description": "No account, no cookie, no address kept. Pictures and words never come here.",
    },
    "paths": {
        "/": {"get": {"summary": "The page", "responses": answers({200: text_answer("HTML", "text/html")}, 404)}},
        "/{language}": {
            "get": {
                "summary": "The page in this language",
                "parameters": [{"name": "language", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": answers({200: text_answer("HTML", "text/html")}, 404),
            }
        },
        "/kit/{language}": {
            "get": {
                "summary": "The page as one file, to be kept and opened without a network",
                "parameters": [{"name": "language", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": answers({200: text_answer("HTML", "text/html")}, 404),
            }
        },
        "/kit/{language}.minisig": {
            "get": {
                "summary": "Its minisign signature, by the online key",
                "parameters": [{"name": "language", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": answers({200: text_answer("A signature file")}, 404),
            }
        },
        "/plain/": {
            "get": {"summary": "Without script", "responses": answers({200: text_answer("HTML", "text/html")})}
        },
        "/plain/look": _plain("See a case, by its looking code", {"code": TEXT, "often": TEXT, "places": TEXT}),
        "/plain/withdraw": _plain(
            "Take a case back, by its withdrawing code",
            {"code": TEXT, "forget": {"enum": [*Forget.values, "keep"]}},
        ),
        "/plain/send": _plain(
            "Send a case file", {"file": {"type": "string", "format": "binary"}}, "multipart/form-data"
        ),
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
        "/texts/{language}": {
            "get": {
                "summary": "Texts of what most ways through the page never come to",
                "parameters": [{"name": "language", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": answers({200: answer("Texts by name", {"type": "object"})}, 404),
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
                "requestBody": _key("withdraw_key", {"forget": {"enum": list(Forget.values)}}),
                "responses": answers({200: answer("Its status", STATUS)}, 400, 404, 413, 503),
            }
        },
        "/v1/cases/answer": {
            "post": {
                "summary": "Say whether what a site was told of her picture is so",
                "requestBody": _key(
                    "withdraw_key",
                    {"question": {"oneOf": [hex_text(32), hex_text(16)]}, "answer": {"enum": ["yes", "no"]}},
                ),
                "responses": answers({200: answer("Its status", STATUS)}, 400, 404, 413, 503),
            }
        },
        "/numbers": _public("Counts by month"),
        "/v1/numbers": {"get": {"summary": "Counts by month", "responses": answers({200: answer("Counts", NUMBERS)})}},
        "/root-key": _public("The root key, and how it is checked"),
        "/v1/root-key": {"get": {"summary": "The root key", "responses": answers({200: answer("The key", ROOT_KEY)})}},
        "/root-key/feed-keys.txt": _file("What the root key signed"),
        "/root-key/feed-keys.txt.minisig": _file("Its signature"),
        "/v1/cases/keep": {
            "post": {
                "summary": "Stop a withdrawal that waits",
                "requestBody": _key("withdraw_key"),
                "responses": answers({200: answer("Its status", STATUS)}, 400, 404, 413, 503),
            }
        },
    },
}
