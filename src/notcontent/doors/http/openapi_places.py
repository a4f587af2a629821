"""What /openapi.json says of `/v1/places`."""

from __future__ import annotations

from collections.abc import Callable

Schema = dict[str, object]

_PLACE: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 256,
    "description": "Your own opaque id of a group, channel, room or account. It is kept as a pseudonym alone.",
}
_NAME: Schema = {"type": "string", "pattern": "^place-[0-9a-f]{10}$"}
_COUNT: Schema = {"type": "integer", "minimum": 0}


def _object(properties: Schema, *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_MOVE = _object(
    {
        "place": _NAME,
        "closed_place": _NAME,
        "entries": _COUNT,
        "known": _COUNT,
        "within_days": _COUNT,
        "entries_without_busiest": {**_COUNT, "description": "Left without the three busiest accounts of each place."},
        "chance_below": {"type": "string", "description": "Of this by accident, as 1e-09."},
        "text": {"type": "string"},
    }
)
_LOOKED = _object(
    {
        "name": {**_NAME, "type": ["string", "null"], "description": "How it is shown; null if nothing is known."},
        "closed": {"type": "boolean"},
        "left_out": {"type": "boolean", "description": "Two people have marked it; no score counts it."},
        "moves": {"type": "array", "items": _MOVE, "description": "Likely moves from it and to it."},
        "relatives": {
            "type": "array",
            "maxItems": 20,
            "items": _object({"name": _NAME, "shared": _COUNT}),
            "description": "Places that share most rare entries with it. No alarm.",
        },
        "says": {"type": "string", "description": "What this does not show. Hand it on with everything else."},
    }
)


def paths(responses: Callable[..., Schema]) -> Schema:
    """Both routes."""

    def asked(schema: Schema) -> Schema:
        return {"required": True, "content": {"application/json": {"schema": schema}}}

    looked: Schema = {
        "description": "As it is now.",
        "content": {"application/json": {"schema": _LOOKED}},
    }
    state = _object(
        {
            "place": _PLACE,
            "closed": {"type": "boolean"},
            "at": {"type": "string", "format": "date-time", "description": "When, in the last 30 days; else now."},
        },
        "at",
    )
    return {
        "/v1/places/state": {
            "post": {
                "operationId": "note_place",
                "summary": "A place was closed, so its likely successors are sought; or it is open again",
                "requestBody": asked(state),
                "responses": responses(400, 401, 404, 408, 413, 422, 503, s200=looked),
            }
        },
        "/v1/places/look": {
            "post": {
                "operationId": "look_at_place",
                "summary": "What a place comes to",
                "requestBody": asked(_object({"place": _PLACE})),
                "responses": responses(400, 401, 404, 408, 413, 422, 503, s200=looked),
            }
        },
    }
