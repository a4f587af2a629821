"""Pieces that both OpenAPI documents are made of."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "do"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "do": {"type": "string"},
                "entry": {"type": "integer", "minimum": 0},
            },
        }
    },
}
ERROR_TEXTS = {
    400: "Malformed: the message says what.",
    401: "No token, or one that is not known.",
    403: "Not allowed: work missing or stale, or a token out of scope or expired.",
    404: "Nothing was found.",
    405: "This address does not answer that method.",
    409: "Something else is already there.",
    413: "Too large.",
    416: "The range lies outside of the file.",
    422: "Well-formed, but one part can't be accepted.",
    429: "Too many requests; Retry-After says when to go on.",
    503: "Busy; Retry-After says when to try again.",
}


def hex_text(digits: int) -> Schema:
    """Lower-case hex of this many digits."""
    return {"type": "string", "pattern": f"^[0-9a-f]{{{digits}}}$"}


def whole(lowest: int, highest: int) -> Schema:
    """A whole number in this range."""
    return {"type": "integer", "minimum": lowest, "maximum": highest}


def record(required: dict[str, Schema]) -> Schema:
    """An object with exactly these properties, all required."""
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": required,
    }


def rows(of: Schema, shortest: int, longest: int) -> Schema:
    """A list of this length."""
    return {"type": "array", "items": of, "minItems": shortest, "maxItems": longest}


def maybe(of: Schema) -> Schema:
    """This, or null."""
    return {"anyOf": [of, {"type": "null"}]}


def json_content(schema: Schema) -> Schema:
    """A JSON body."""
    return {"application/json": {"schema": schema}}


def asks(schema: Schema) -> Schema:
    """A required JSON request body."""
    return {"required": True, "content": json_content(schema)}


def answers(good: dict[int, Schema], *errors: int) -> Schema:
    """The responses of one operation. `good` maps a status to its whole response object."""
    told: Schema = {str(status): response for status, response in good.items()}
    for status in (*errors, 405):
        told[str(status)] = {"description": ERROR_TEXTS[status], "content": json_content(ERROR)}
    return told


def answer(description: str, schema: Schema) -> Schema:
    """One JSON response."""
    return {"description": description, "content": json_content(schema)}


def text_answer(description: str, content_type: str = "text/plain") -> Schema:
    """One response that is no JSON."""
    return {"description": description, "content": {content_type: {"schema": {"type": "string"}}}}
