"""The OpenAPI document of the partners' face."""

from __future__ import annotations

from typing import Any

from notcontent.exchange.disputes.models import Answer, Kind
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
from notcontent.exchange.partners.hearing import DECISIONS, MAX_IN_BODY, REASONS, VERDICTS
from notcontent.exchange.partners.polling import MAX_WAIT_S
from notcontent.feed.stopncii import IMAGE_PDQ, MAX_FEEDBACKS, MAX_PAGE, MAX_TIME, Opinion

TEXT = {"type": "string"}
SIGNED = record({"text": TEXT, "signature": TEXT})
HEARD = record({"accepted": whole(0, MAX_IN_BODY), "ignored": whole(0, MAX_IN_BODY)})
REPORT = record(
    {
        "id": hex_text(32),
        "entry": hex_text(32),
        "verdict": {"enum": list(VERDICTS)},
        "decision": maybe({"enum": list(DECISIONS)}),
        "reason": maybe({"enum": list(REASONS)}),
        "day": {"type": "string", "format": "date"},
    }
)
DISPUTE = record({"report": hex_text(32), "kind": {"enum": list(Kind.values)}})
DISPUTED = record({"report": hex_text(32), "answer": {"enum": list(Answer.values)}})
NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "epoch-number, as the head names it",
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}-[0-9]{1,18}$"},
}
RECORD = record(
    {
        "lastModtimestamp": whole(0, MAX_TIME),
        "signalType": {"const": IMAGE_PDQ},
        "hashValue": hex_text(64),
        "hashStatus": {"enum": ["Active", "Withdrawn"]},
        "caseNumbers": record({}),
        "CSPFeedbacks": rows({}, 0, 0),
    }
)
PAGE = record(
    {
        "count": whole(0, MAX_PAGE),
        "nextPageToken": maybe(TEXT),
        "nextSetTimestamp": whole(0, MAX_TIME),
        "hasMoreRecords": {"type": "boolean"},
        "hashRecords": rows(RECORD, 0, MAX_PAGE),
    }
)
FEEDBACK = record(
    {
        "tags": rows(TEXT, 0, 100),
        "feedbackValue": {"enum": [opinion.value for opinion in Opinion]},
        "hashValue": TEXT,
    }
)
#: Both keys at once.
PAIR: list[dict[str, list[str]]] = [{"subscription": [], "function": []}]
BYTES = {"schema": {"type": "string", "format": "binary"}}
REFUSALS = (401, 403, 429)


def _number(name: str, highest: int, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": whole(0, highest)}


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": TEXT}


def _post(summary: str, body: dict[str, Any], good: dict[str, Any], *more: int) -> dict[str, Any]:
    responses = answers({200: answer("Heard", good)}, 400, *REFUSALS, 413, 422, *more)
    return {"post": {"summary": summary, "requestBody": asks(body), "responses": responses}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "notcontent exchange, the partners' face",
        "version": "1",
        "description": "One stream a token. Everything a guard takes from here is signed; see docs/spec/feed.md.",
    },
    "components": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "subscription": {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"},
            "function": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
        }
    },
    "security": [{"token": []}],
    "paths": {
        "/openapi.json": {
            "get": {
                "summary": "This document",
                "security": [],
                "responses": answers({200: answer("OpenAPI", {"type": "object"})}),
            }
        },
        "/v1/feed/keys": {
            "get": {
                "summary": "The online keys, signed by the root key",
                "responses": answers({200: answer("Signed feed keys", SIGNED)}, *REFUSALS),
            }
        },
        "/v1/feed/poll": {
            "get": {
                "summary": "What is newer, or after a wait the current head",
                "parameters": [
                    _number("epoch", (1 << 63) - 1),
                    _number("after", (1 << 63) - 1),
                    _number("wait", MAX_WAIT_S, required=False),
                ],
                "responses": answers(
                    {200: answer("Head and deltas", record({"head": SIGNED, "deltas": rows(SIGNED, 0, 50)}))},
                    400,
                    *REFUSALS,
                    503,
                ),
            }
        },
        "/v1/feed/snapshots/{name}": {
            "get": {
                "summary": "The snapshot that the head names",
                "parameters": [NAME, _header("Range"), _header("If-Range"), _header("If-None-Match")],
                "responses": answers(
                    {
                        200: {"description": "The whole", "content": {"application/octet-stream": BYTES}},
                        206: {"description": "A range", "content": {"application/octet-stream": BYTES}},
                        304: {"description": "It is the one you have"},
                    },
                    *REFUSALS,
                    404,
                    416,
                ),
            }
        },
        "/v1/feed/snapshots/{name}.minisig": {
            "get": {
                "summary": "Its minisign signature",
                "parameters": [NAME],
                "responses": answers({200: text_answer("A minisign signature file")}, *REFUSALS, 404),
            }
        },
        "/v1/token/renew": _post(
            "The next token, once the one shown ends within 30 days",
            record({}),
            record({"token": maybe(TEXT), "expires": {"type": "string", "format": "date"}}),
            409,
        ),
        "/v1/guards": _post(
            "Register the guard's public key, and the age key that its snapshots are encrypted to",
            {**record({"public_key": TEXT, "age_key": TEXT}), "required": ["public_key"]},
            record({"feed": hex_text(32)}),
            409,
        ),
        "/v1/receipts": _post("Signed receipts", record({"receipts": rows(SIGNED, 0, MAX_IN_BODY)}), HEARD),
        "/v1/reports": _post("Matches and decisions", record({"reports": rows(REPORT, 0, MAX_IN_BODY)}), HEARD),
        "/v1/disputes": _post(
            "Disputes of uploads that were held or blocked; said again, they are answered as they stand",
            record({"disputes": rows(DISPUTE, 0, MAX_IN_BODY)}),
            record({"answers": rows(DISPUTED, 0, MAX_IN_BODY)}),
        ),
        "/stopncii/v1/FetchHashes": {
            "get": {
                "summary": "One page of what changed, for clients of StopNCII.org's exchange (docs/spec/stopncii.md)",
                "security": PAIR,
                "parameters": [
                    _number("startTimestamp", MAX_TIME),
                    _number("pageSize", MAX_TIME, required=False),
                    {"name": "nextPageToken", "in": "query", "required": False, "schema": TEXT},
                ],
                "responses": answers({200: answer("A page", PAGE)}, 400, *REFUSALS, 409),
            }
        },
        "/stopncii/v1/SubmitFeedback": {
            "post": {
                "summary": "What a platform says of fingerprints; the same answer whatever is listed",
                "security": PAIR,
                "requestBody": asks(
                    record({"count": whole(0, MAX_FEEDBACKS), "hashFeedbacks": rows(FEEDBACK, 0, MAX_FEEDBACKS)})
                ),
                "responses": answers({200: answer("Heard", record({}))}, 400, *REFUSALS, 413),
            }
        },
    },
}
