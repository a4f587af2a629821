"""The OpenAPI 3.1 document of the door, written by hand and held true by a test that fires requests made from it."""

from __future__ import annotations

from notcontent.doors.http import openapi_notices as notices
from notcontent.doors.http import openapi_places as places
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.disputes import Answer, Kind
from notcontent.guard.settings import MOST_REVIEW_BITS
from notcontent.guard.statement import MOST_EXPLANATION, MOST_GROUND, STATES, Ground, Restriction
from notcontent.guard.tokens import HoldAnswer
from notcontent.guard.uploads import Decision, Reason, UploadState
from notcontent.guard.verdict import VerdictKind

Schema = dict[str, object]

_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_OBJECT: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._~:-]{1,128}$"}
_OWN: Schema = {"type": "string", "minLength": 1, "maxLength": 256}
_FINGERPRINT: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_ERROR: Schema = _object(code={"type": "string"}, message={"type": "string"}, do={"type": "string"})
_SCHEMAS: dict[str, Schema] = {
    "Match": _object(
        entry=_ID,
        list={"type": "string"},
        tier={"enum": ["claimed", "seen", "verified"]},
        distance_bits={"type": "integer", "minimum": 0, "maximum": MOST_REVIEW_BITS},
        orientation={
            "description": "How the upload is turned, relative to the listed picture.",
            "enum": [*ORIENTATIONS],
        },
        view={"description": "Where in the upload the listed picture is.", "enum": [*ViewKind]},
        at_s={"type": ["number", "null"], "minimum": 0, "description": "When in a video; null for a picture."},
    ),
    "Verdict": _object(
        verdict={"enum": ["allow", "hold", "block", "pending"]},
        id=_ID,
        flagged={"type": "boolean", "description": "It passed although something was near; it is reported."},
        review={"type": "boolean", "description": "It passed, and you asked to be shown near misses: see `matches`."},
        matches={"type": "array", "maxItems": 100, "items": _ref("Match"), "description": "For the host only."},
        uploader_text={
            "type": ["string", "null"],
            "description": "What the uploader may read, in the language of Accept-Language; null when it passes.",
        },
    ),
    "Upload": _object(
        id=_ID,
        verdict={"enum": [*VerdictKind]},
        state={"enum": [*UploadState]},
    ),
    "Notice": notices.NOTICE,
    "AlreadyHere": _object(
        number={"type": "integer", "minimum": 1},
        object=_OBJECT,
        entry=_ID,
        list={"type": "string"},
        tier={"enum": ["claimed", "seen", "verified"]},
        distance_bits={"type": "integer", "minimum": 0, "maximum": 31},
        orientation={"enum": [Orientation.UPRIGHT, Orientation.MIRRORED]},
        day={"type": "string", "format": "date"},
    ),
    "Error": _object(error=_ERROR),
    "Unchecked": _object(
        error=_ERROR,
        uploader_text={"type": "string", "description": "What the uploader may read, in the same language."},
    ),
    "List": _object(
        name={"type": "string"},
        ready={"type": "boolean"},
        age_s={"type": ["integer", "null"]},
        epoch={"type": "integer"},
        number={"type": "integer"},
        count={"type": "integer"},
        passed_over={"type": "integer"},
        trouble={"type": ["string", "null"]},
        why={"type": ["string", "null"]},
    ),
    "Readiness": _object(
        ready={"type": "boolean"},
        why={"type": ["string", "null"]},
        lists={"type": "array", "items": _ref("List")},
        search={"type": "string"},
        decoder=_object(
            workers={"type": "integer"},
            alive={"type": "integer"},
            waiting={"type": "integer"},
            replaced={"type": "integer"},
            sandbox={"enum": ["seccomp", "limits", "none"]},
        ),
        videos=_object(
            readable={"type": "boolean"},
            why={"type": ["string", "null"]},
            at_once={"type": "integer"},
            waiting={"type": "integer"},
            pending={"type": ["integer", "null"], "description": "Videos whose verdict comes later."},
            untold={"type": ["integer", "null"], "description": "Verdicts that your callback address has not taken."},
        ),
        outbox=_object(waiting={"type": ["integer", "null"]}, refused={"type": ["integer", "null"]}),
        already_here=_object(
            kept_days={"type": "integer", "description": "How long accepted uploads are kept; 0: not at all."},
            found={"type": ["integer", "null"]},
            searching={"type": ["boolean", "null"], "description": "New entries still wait to be looked for."},
        ),
    ),
}

_ERRORS = {
    400: "The picture, video, form or JSON can't be read.",
    401: "No token, or an unknown one.",
    403: "This token is for something else.",
    404: "There is no such upload, or notice.",
    408: "It took too long to arrive.",
    409: "There is nothing to decide or to note: not any more, or not about this upload.",
    413: "It is too large, or too long.",
    415: "It is neither a picture nor a video, or videos cannot be read here.",
    422: "The question is not one of those in this document.",
    504: "Reading this video takes longer than a request may wait; ask with `pending=202`.",
    429: "This token has sent as many uploads as it may; Retry-After says when to send the next.",
    503: "A list is missing or too old, or there is no room. Retry-After says when to ask again.",
}


def _responses(*errors: int, error: str = "Error", **good: Schema) -> Schema:
    answers: Schema = {status.removeprefix("s"): answer for status, answer in good.items()}
    told = sorted({*errors, 403} if 401 in errors else errors)
    return answers | {str(status): _json(_ref(error), _ERRORS[status]) for status in told}


_ID_IN_PATH: Schema = {"name": "id", "in": "path", "required": True, "schema": _ID}


def document() -> Schema:
    """The whole document as JSON-ready values."""
    picture: Schema = {"type": "string", "format": "binary"}
    form = {"schema": {"type": "object", "properties": {"file": picture}, "required": ["file"]}}
    check: Schema = {
        "operationId": "check",
        "summary": "One upload to a verdict",
        "parameters": [
            {
                "name": "hold",
                "in": "query",
                "description": "How to answer a hold; without it, and without it in the token: like a block.",
                "schema": {"enum": [*HoldAnswer]},
            },
            {
                "name": "pending",
                "in": "query",
                "description": "202: you understand that the verdict on a video may come later. Without it the "
                "request waits.",
                "schema": {"enum": ["202"]},
            },
            {
                "name": "object",
                "in": "query",
                "description": "Your own opaque id of this upload; if it passes, and you switched keeping on, its "
                "fingerprints are kept under it.",
                "schema": _OBJECT,
            },
            {
                "name": "place",
                "in": "query",
                "description": "Your own opaque id of the group, channel, room or account. It becomes a pseudonym at "
                "once and serves to notice somebody who tries how far a picture has to be altered.",
                "schema": _OWN,
            },
            {
                "name": "account",
                "in": "query",
                "description": "Your own opaque id of the account whose upload this is. It becomes a pseudonym at "
                "once; what that account has objected to is held instead of blocked.",
                "schema": _OWN,
            },
        ],
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": picture}, "multipart/form-data": form},
        },
        "responses": _responses(
            400, 401, 408, 413, 415, 422, 429, 503, 504,
            s200=_json(_ref("Verdict"), "It may pass, or the caller asked to let holds pass."),
            s202=_json(_ref("Verdict"), "Not to be shown yet: held or pending, and the caller understands that."),
            s451=_json(_ref("Verdict"), "Do not show it: blocked, or held for a caller that said nothing of holds."),
            error="Unchecked",
        ),
    }  # fmt: skip
    nothing: Schema = {"description": "No body."}
    verdict: Schema = {
        "operationId": "verdict",
        "summary": "One upload to a status, for hosts that read nothing else; the token states the rest",
        "requestBody": check["requestBody"],
        "responses": _responses(401, 403, 429)
        | {str(status): nothing for status in (204, 400, 408, 413, 415, 422, 451, 503, 504)},
    }
    by_path: Schema = verdict | {
        "operationId": "verdict_by_path",
        "summary": "The same with the token in the path, for hosts that can't set a header",
        "security": [],
        "parameters": [{"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}],
    }
    decide: Schema = {
        "operationId": "decide",
        "summary": "End a hold or a review; the same decision again changes nothing",
        "parameters": [_ID_IN_PATH],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _object(decision={"enum": [*Decision]}, reason={"enum": [*Reason]}),
                }
            },
        },
        "responses": _responses(400, 401, 404, 408, 409, 413, 422, 503, s200=_json(_ref("Upload"), "It is decided.")),
    }
    disputed = _object(id=_ID, kind={"enum": [*Kind]}, answer={"enum": [*Answer]})
    dispute: Schema = {
        "operationId": "dispute",
        "summary": "Somebody says that an upload should not have been stopped: a block becomes a hold. Said again, it "
        "is told as it stands",
        "parameters": [_ID_IN_PATH],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _object(
                        kind={"enum": [*Kind]},
                        account={**_OWN, "description": "Your own id of the account that objects."},
                        object={**_OBJECT, "description": "Your own id of the upload, for whoever decides."},
                    )
                    | {"required": ["kind"]},
                }
            },
        },
        "responses": _responses(400, 401, 404, 408, 409, 413, 422, 503, s200=_json(disputed, "How it stands.")),
    }
    look_at_dispute: Schema = {
        "operationId": "look_at_dispute",
        "summary": "How a dispute stands: open, upheld or released, and nothing more",
        "parameters": [_ID_IN_PATH],
        "responses": _responses(401, 404, 503, s200=_json(disputed, "How it stands.")),
    }
    text: Schema = {"type": "string", "minLength": 1, "maxLength": MOST_EXPLANATION, "pattern": r"\S"}
    stated = _object(
        ground={"enum": [*Ground], "description": "It is illegal, or against your terms."},
        reference={**text, "maxLength": MOST_GROUND, "description": "The provision, or the clause."},
        explanation={**text, "description": "Why it applies. No personal data."},
        territory={"type": "array", "minItems": 1, "items": {"enum": sorted(STATES)}},
        redress={**text, "description": "How the uploader can object, with an address."},
        restriction={"enum": [*Restriction], "default": Restriction.DISABLED},
        against_women={"type": "boolean", "default": False},
        forgery={"type": "boolean", "default": False, "description": "Made or altered by machine."},
        applied_on={"type": "string", "format": "date", "description": "2020 or later; without it, the upload's day."},
    ) | {"required": ["ground", "reference", "explanation", "territory", "redress"]}
    both = _object(
        to_uploader={"type": "string", "description": "Art. 17(3) of the Digital Services Act."},
        to_database={"type": "object", "description": "The body for the Transparency Database, Art. 24(5)."},
    )
    state_reasons: Schema = {
        "operationId": "state_reasons",
        "summary": "The statement of reasons for a blocked upload, to the uploader and to the Transparency Database",
        "parameters": [_ID_IN_PATH],
        "requestBody": {"required": True, "content": {"application/json": {"schema": stated}}},
        "responses": _responses(
            400, 401, 404, 408, 409, 413, 422, 503, s200=_json(both, "You send both; none is kept.")
        ),
    }
    look: Schema = {
        "operationId": "look",
        "summary": "What became of a held, blocked, flagged, reviewed or pending upload",
        "parameters": [_ID_IN_PATH],
        "responses": _responses(401, 404, 503, s200=_json(_ref("Upload"), "Where it stands.")),
    }
    results = _object(matches={"type": "array", "maxItems": 100, "items": _ref("Match")}, total={"type": "integer"})
    asked: Schema = {"type": "array", "minItems": 1, "maxItems": 1000, "items": _FINGERPRINT}
    match: Schema = {
        "operationId": "match",
        "summary": "What is near these fingerprints; changes and reports nothing",
        "requestBody": {"required": True, "content": {"application/json": {"schema": _object(pdq=asked)}}},
        "responses": _responses(
            400, 401, 408, 413, 422, 429, 503,
            s200=_json(_object(results={"type": "array", "items": results}), "One result for each, in order."),
        ),
    }  # fmt: skip
    forget: Schema = {
        "operationId": "forget",
        "summary": "You deleted this object: forget its fingerprints",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": _OBJECT}],
        "responses": _responses(
            401, 422, 503, s200=_json(_object(forgotten={"type": "boolean"}), "It is not kept; whether it was.")
        ),
    }
    here = _object(matches={"type": "array", "maxItems": 100, "items": _ref("AlreadyHere")}, next={"type": "integer"})
    already_here: Schema = {
        "operationId": "already_here",
        "summary": "Accepted uploads that an entry was found among later",
        "parameters": [
            {
                "name": "after",
                "in": "query",
                "description": "The `next` of the last answer; without it, from the beginning.",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
            }
        ],
        "responses": _responses(401, 422, 503, s200=_json(here, "In the order of their numbers, at most 100.")),
    }
    notice = _json(_ref("Notice"), "As it stands now.")
    all_notices: Schema = {
        "operationId": "all_notices",
        "summary": "Open notices, what runs out first before",
        "responses": _responses(401, 503, s200=_json(notices.OPEN_NOTICES, "At most 100, and how many there are.")),
    }
    record_notice: Schema = {
        "operationId": "record_notice",
        "summary": "You received a notice: its 48 hours run from when it was complete",
        "requestBody": {"required": True, "content": {"application/json": {"schema": notices.NEW_NOTICE}}},
        "responses": _responses(
            400, 401, 408, 413, 422, 503,
            s200=_json(_ref("Notice"), "It is known already, and was left as it is."),
            s201=_json(_ref("Notice"), "It is recorded."),
        ),
    }  # fmt: skip
    look_notice: Schema = {
        "operationId": "look_notice",
        "summary": "One notice",
        "parameters": [_ID_IN_PATH],
        "responses": _responses(401, 404, 503, s200=notice),
    }
    note_step: Schema = {
        "operationId": "note_step",
        "summary": "What was done about a notice",
        "parameters": [_ID_IN_PATH],
        "requestBody": {"required": True, "content": {"application/json": {"schema": notices.STEP}}},
        "responses": _responses(400, 401, 404, 408, 409, 413, 422, 503, s200=notice),
    }
    numbers: Schema = {
        "description": "In Prometheus' format.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
    metrics: Schema = {
        "operationId": "metrics",
        "summary": "Numbers for Prometheus; needs a token made with `--for metrics`",
        "responses": _responses(401, 503, s200=numbers),
    }
    alive = _json(_object(alive={"const": True}), "The process lives.")
    healthz: Schema = {"operationId": "healthz", "security": [], "responses": {"200": alive}}
    readyz: Schema = {
        "operationId": "readyz",
        "security": [],
        "responses": {
            "200": _json(_ref("Readiness"), "Every list is loaded and fresh."),
            "503": _json(_ref("Readiness"), "Uploads can't be judged; says why."),
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "notcontent guard",
            "version": "1",
            "description": "Asks whether an upload shows what somebody asked to stop. `matches` is for the host "
            "only; an uploader sees `uploader_text`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": {
            "/v1/check": {"post": check},
            "/v1/verdict": {"post": verdict},
            "/v1/verdict/{token}": {"post": by_path},
            "/v1/uploads/{id}": {"get": look},
            "/v1/uploads/{id}/decision": {"post": decide},
            "/v1/uploads/{id}/dispute": {"post": dispute, "get": look_at_dispute},
            "/v1/uploads/{id}/statement": {"post": state_reasons},
            "/v1/match": {"post": match},
            "/v1/objects/{id}": {"delete": forget},
            "/v1/backlog/matches": {"get": already_here},
            "/v1/notices": {"get": all_notices, "post": record_notice},
            "/v1/notices/{id}": {"get": look_notice},
            "/v1/notices/{id}/steps": {"post": note_step},
            **places.paths(_responses),
            "/metrics": {"get": metrics},
            "/healthz": {"get": healthz},
            "/readyz": {"get": readyz},
        },
        "components": {"schemas": _SCHEMAS, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
