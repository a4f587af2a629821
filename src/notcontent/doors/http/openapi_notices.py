"""What /openapi.json says of `/v1/notices`."""

from __future__ import annotations

from notcontent.guard.notice_clock import Element, Regime, Standing
from notcontent.guard.notices import SHOWN, Refusal, Step

Schema = dict[str, object]

_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_OPAQUE: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._~:-]{1,128}$"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_MISSING: Schema = {
    "type": "array",
    "items": {"enum": [*Element]},
    "description": "What the law asks for and the notice lacks. Empty: the clock runs.",
}


def _object(properties: Schema, *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


NOTICE = _object(
    {
        "id": _ID,
        "regime": {"enum": [*Regime]},
        "reference": _OPAQUE,
        "upload": {**_ID, "type": ["string", "null"]},
        "object": {**_OPAQUE, "type": ["string", "null"]},
        "received_at": _TIME,
        "missing": _MISSING,
        "clock": {"enum": [*Standing]},
        "started_at": _MAYBE_TIME,
        "deadline": _MAYBE_TIME,
        "removed_at": _MAYBE_TIME,
        "copies_searched_at": _MAYBE_TIME,
        "refused_at": _MAYBE_TIME,
        "refusal": {"enum": [*Refusal, None]},
    }
)
NEW_NOTICE = _object(
    {
        "regime": {"enum": [*Regime], "description": "The law it rests on."},
        "reference": {**_OPAQUE, "description": "Your own reference of the notice; the same again changes nothing."},
        "upload": {**_ID, "description": "The guard's id of the upload it is about."},
        "object": {**_OPAQUE, "description": "Or your own id of the content. No link, no name."},
        "received_at": {**_TIME, "description": "When it came in, at most 30 days ago."},
        "missing": _MISSING,
    },
    "upload",
    "object",
)
STEP = _object(
    {
        "step": {"enum": [*Step]},
        "at": {**_TIME, "description": "When; without it, now."},
        "missing": _MISSING,
        "reason": {"enum": [*Refusal], "description": "Of a refusal."},
    },
    "at",
    "missing",
    "reason",
)
OPEN_NOTICES = _object(
    {
        "notices": {"type": "array", "maxItems": SHOWN, "items": {"$ref": "#/components/schemas/Notice"}},
        "total": {"type": "integer"},
    }
)
