"""Bodies of questions."""

from __future__ import annotations

import json

from notcontent.guard.door_errors import DoorError

MAX_JSON_BYTES = 64 << 10


def read_json(body: bytes) -> dict[str, object]:
    """A JSON object. Raises DoorError 400."""
    try:
        question = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DoorError(400, "json", "The body is not JSON.", "Send a JSON object.") from error
    if not isinstance(question, dict):
        raise DoorError(400, "json", "The body is not a JSON object.", "Send a JSON object.")
    return question
