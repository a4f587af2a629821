"""The OpenAPI 3.1 document of the door, written by hand and held true by a test that fires requests made from it."""

from __future__ import annotations

Schema = dict[str, object]

_SIGNAL: Schema = {
    "type": "string",
    "pattern": "^([0-9a-f]{64})?$",
    "description": "64 lower-case hex digits, or none.",
}
_NAME: Schema = {"type": "string", "pattern": "^[A-Z_][A-Z0-9_]{0,254}$"}
_PDQ: Schema = {"const": "pdq"}
_TEXT: Schema = {"type": "string"}
_YES_NO: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_MAYBE_NUMBER: Schema = {"type": ["integer", "null"]}
_RATIO: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _some(**properties: Schema) -> Schema:
    """An object of which every part may be left away."""
    return {"type": "object", "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_MATCH = _object(bank_content_id=_NUMBER, distance={"type": "string", "pattern": "^[0-9]{1,3}$"})
_BANKS: Schema = {
    "type": "object",
    "description": "Name of a bank -> what is near in it. A bank in which nothing is has no key.",
    "additionalProperties": {"type": "array", "minItems": 1, "items": _MATCH},
}
_BANK = _object(name=_TEXT, matching_enabled_ratio=_RATIO)
_INDEX = _object(built_to={"type": "integer"}, present=_YES_NO, size=_NUMBER)
_INDEX_TOO = _object(
    db_size=_NUMBER, index_size=_NUMBER, index_out_of_date=_YES_NO, newest_db_item=_NUMBER, index_built_to=_NUMBER
)
_ITEM = _object(id=_NUMBER, disable_until_ts=_NUMBER, original_media_uri={"type": ["string", "null"]}, bank=_BANK)
_MESSAGE = _object(message=_TEXT)
_API = _object(supports_authentification=_YES_NO, has_set_authentification=_YES_NO)
_FIELD = _object(
    name=_TEXT,
    type=_TEXT,
    required=_YES_NO,
    default={"type": ["string", "null"]},
    help=_TEXT,
    choices=_list(_TEXT),
)
_FORM = _object(config_schema=_object(fields=_list(_FIELD)), credentials_schema={"type": "null"})
_EXCHANGE = _object(name=_TEXT, api={"const": "notcontent"}, enabled=_YES_NO, list=_TEXT, tier=_TEXT)
_EXCHANGE_STATUS = _object(
    checkpoint_ts=_MAYBE_NUMBER,
    running_fetch_start_ts=_MAYBE_NUMBER,
    last_fetch_complete_ts=_MAYBE_NUMBER,
    last_fetch_succeeded=_YES_NO,
    up_to_date=_YES_NO,
    fetched_items=_NUMBER,
)
_ATTACH = _object(bank=_NAME, api={"const": "notcontent"}, api_json=_object(list=_TEXT, tier=_TEXT))

_ERRORS = {
    400: "The question, the form, the address or the picture can't be used.",
    401: "No token, or an unknown one.",
    403: "This is read-only, or switched off.",
    404: "There is none of this name.",
    408: "It took too long to arrive.",
    413: "It is too large, or too long.",
    415: "It is neither a picture nor a video, or of a kind that has no fingerprint here.",
    422: "Something is missing.",
    503: "A list is missing or too old, or there is no room. Retry-After says when to ask again.",
    504: "Reading this video takes longer than a request may wait.",
}


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ok(schema: Schema, description: str) -> Schema:
    return {"200": _json(schema, description)}


def _text(description: str) -> Schema:
    return {"description": description, "content": {"text/plain": {"schema": _TEXT}}}


def _errors(*statuses: int, plain: bool = False) -> Schema:
    """An error of a lookup is plain text, so that nobody takes its keys for banks."""
    return {str(s): _text(_ERRORS[s]) if plain else _json(_MESSAGE, _ERRORS[s]) for s in (401, *statuses)}


def _query(name: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _in_path(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_FILE: Schema = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "oneOf": [
                    _object(photo={"type": "string", "format": "binary"}),
                    _object(video={"type": "string", "format": "binary"}),
                ]
            }
        }
    },
}
_BY_NAME = [_in_path("name", _NAME)]
_RAW: Schema = {"anyOf": [_NUMBER, _MATCH]}
_BANKS_ASKED = _query("banks", {"type": "string", "description": "Names with commas in between: these banks only."})
_LOOKED_UP = "Nothing found: an empty object."


def _operation(name: str, summary: str, good: Schema, bad: Schema, **more: object) -> Schema:
    return {"operationId": name, "summary": summary, "responses": good | bad, **more}


def _hashing_and_matching() -> dict[str, Schema]:
    hashed = _ok(_object(pdq=_SIGNAL), "Empty where too little is to be seen.")
    url = _query("url", {"type": "string"}, required=True)
    read = (400, 408, 413, 415, 503)
    return {
        "/h/hash": {
            "get": _operation(
                "hash_url", "The fingerprint of what is at an address", hashed, _errors(403, 422, *read),
                parameters=[url],
            ),
            "post": _operation("hash_file", "The fingerprint of an upload", hashed, _errors(*read), requestBody=_FILE),
        },
        "/m/lookup": {
            "get": _operation(
                "lookup", "The banks that a fingerprint, or what is at an address, is in",
                _ok({"anyOf": [_object(pdq=_BANKS), _BANKS]}, _LOOKED_UP), _errors(403, 504, *read, plain=True),
                parameters=[
                    _query("signal", _SIGNAL), _query("signal_type", _PDQ), _query("url", {"type": "string"}),
                    _query("seed", _TEXT), _BANKS_ASKED,
                ],
            ),
            "post": _operation(
                "lookup_file", "The banks that an upload is in; what is found is recorded and reported",
                _ok(_object(pdq=_BANKS), _LOOKED_UP), _errors(504, *read, plain=True), requestBody=_FILE,
                parameters=[_BANKS_ASKED, _query("bypass_coinflip", _YES_NO)],
            ),
        },
        "/m/raw_lookup": {
            "get": _operation(
                "raw_lookup", "The numbers of the entries near a fingerprint",
                _ok(_object(matches=_list(_RAW)), "In the order of their distance."),
                _errors(400, 422, 503, plain=True),
                parameters=[
                    _query("signal", _SIGNAL, required=True), _query("signal_type", _PDQ, required=True), _BANKS_ASKED,
                    _query("include_distance", _YES_NO),
                ],
            )
        },
        "/m/compare": {
            "post": _operation(
                "compare", "How far two fingerprints are apart",
                _ok(_some(pdq=_list({"anyOf": [_YES_NO, _object(distance=_NUMBER)]})), "Near, and how far."),
                _errors(400, 408, 413),
                requestBody=_body(
                    _some(pdq={"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2})
                ),
            )
        },
        "/m/index/status": {
            "get": _operation(
                "index_status", "How much is compared, and from when", _ok(_object(pdq=_INDEX), "The index."),
                _errors(400, 503), parameters=[_query("signal_type", _PDQ)],
            )
        },
    }  # fmt: skip


def _curation() -> dict[str, Schema]:
    found = (404, 503)
    change = _some(name=_NAME, enabled=_YES_NO, enabled_ratio=_RATIO)
    refused = _errors(403)
    api = [_in_path("name", {"const": "notcontent"})]
    number = [*_BY_NAME, _in_path("number", {"type": "integer", "minimum": 0, "maximum": 2**52 - 1})]
    api_said = _ok(_API, "It needs none here.")
    return {
        "/c/signal_type": {
            "get": _operation(
                "signal_types", "What is compared",
                _ok(_list(_object(name=_TEXT, enabled_ratio=_RATIO)), "pdq."), _errors(),
            )
        },
        "/c/signal_type/index": {
            "get": _operation(
                "index", "How much is compared", _ok(_object(pdq=_INDEX_TOO), "The index."),
                _errors(400, 503), parameters=[_query("signal_type", _PDQ)],
            )
        },
        "/c/content_type": {
            "get": _operation(
                "content_types", "What may be looked up",
                _ok(_list(_object(name=_TEXT, enabled=_YES_NO)), "photo and video."), _errors(),
            )
        },
        "/c/banks": {
            "get": _operation("banks", "Every bank", _ok(_list(_BANK), "The banks."), _errors(503)),
            "post": _operation("create_bank", "Refused", {}, refused, requestBody=_body(change)),
        },
        "/c/bank/{name}": {
            "get": _operation("bank", "One bank", _ok(_BANK, "It."), _errors(*found), parameters=_BY_NAME),
            "put": _operation(
                "change_bank", "Another share or name for a bank that you named", _ok(_BANK, "It."),
                _errors(400, 403, 408, 413, *found), parameters=_BY_NAME, requestBody=_body(change),
            ),
            "delete": _operation(
                "drop_bank", "Forget a name that you gave", _ok(_MESSAGE, "Done."), _errors(403, 503),
                parameters=_BY_NAME,
            ),
        },
        "/c/bank/{name}/content": {
            "post": _operation("add_content", "Refused", {}, refused, parameters=_BY_NAME, requestBody=_FILE)
        },
        "/c/bank/{name}/signal": {
            "post": _operation(
                "add_signal", "Refused", {}, refused, parameters=_BY_NAME, requestBody=_body(_some(pdq=_SIGNAL))
            )
        },
        "/c/bank/{name}/content/{number}": {
            "get": _operation("item", "Whether it is there", _ok(_ITEM, "It is."), _errors(*found), parameters=number),
            "put": _operation("change_item", "Refused", {}, refused, parameters=number, requestBody=_body(_some())),
            "delete": _operation("drop_item", "Refused", {}, refused, parameters=number),
        },
        "/c/exchanges": {
            "get": _operation("exchanges", "Where banks come from", _ok(_list(_TEXT), "Names."), _errors(503)),
            "post": _operation(
                "attach", "Give one tier of a list a name of yours", {"201": _json(_MESSAGE, "It has it.")},
                _errors(400, 403, 408, 413, 503), requestBody=_body(_ATTACH),
            ),
        },
        "/c/exchanges/apis": {
            "get": _operation("apis", "Ways that lists come from", _ok(_list(_TEXT), "The one."), _errors())
        },
        "/c/exchanges/api/{name}": {
            "get": _operation("api", "Its credentials", api_said, _errors(400), parameters=api),
            "post": _operation(
                "set_api", "The same: the guard has its own", api_said, _errors(400), parameters=api,
                requestBody=_body(_some(credential_json=_some())),
            ),
        },
        "/c/exchanges/api/{name}/schema": {
            "get": _operation("schema", "The form of a new bank", _ok(_FORM, "It."), _errors(404), parameters=api)
        },
        "/c/exchange/{name}": {
            "get": _operation("exchange", "One", _ok(_EXCHANGE, "It."), _errors(*found), parameters=_BY_NAME),
            "put": _operation(
                "change_exchange", "Refused", {}, refused, parameters=_BY_NAME,
                requestBody=_body(_some(enabled=_YES_NO)),
            ),
            "delete": _operation(
                "drop_exchange", "Forget a name that you gave", _ok(_MESSAGE, "Done."), _errors(403, 503),
                parameters=_BY_NAME,
            ),
        },
        "/c/exchange/{name}/status": {
            "get": _operation(
                "exchange_status", "How far its list is", _ok(_EXCHANGE_STATUS, "It."), _errors(*found),
                parameters=_BY_NAME,
            )
        },
    }  # fmt: skip


def document() -> Schema:
    """The whole document as JSON-ready values."""
    status: Schema = {"200": _text("It can judge uploads."), "503": _text("INDEX-NOT-LOADED or INDEX-STALE.")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "notcontent guard, HMA door",
            "version": "1",
            "description": "The routes of Hasher-Matcher-Actioner that its clients use, over the lists of a guard.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/hma"}],
        "security": [{"token": []}],
        "paths": {
            "/status": {"get": _operation("status", "Readiness", status, {}, security=[])},
            "/status/live": {"get": _operation("live", "It lives", {"200": _text("I-AM-ALIVE")}, {}, security=[])},
            **_hashing_and_matching(),
            **_curation(),
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
