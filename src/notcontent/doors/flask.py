"""For Flask: `check_upload(guard, request.files["picture"])` before anything is done with it."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import abort, request
from werkzeug.datastructures import FileStorage

from notcontent.guard_client import Answer, GuardClient, Outcome


def check_upload(guard: GuardClient, file: FileStorage, object_id: str | None = None) -> Answer:
    """Let an upload through, rewound, with what the guard said.

    Aborts with words for whoever uploads, in a language that the request accepts: 451 for a match, 400 for what can't
    be read, else 503.
    """
    file.stream.seek(0)
    answer = guard.check(cast(BinaryIO, file.stream), object_id, request.headers.get("Accept-Language", ""))
    file.stream.seek(0)
    if answer.outcome is Outcome.STOP:
        abort(answer.http_status, answer.uploader_text)
    return answer
