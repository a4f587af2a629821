"""For Starlette and FastAPI: `await check_upload(guard, file)` before anything is done with an UploadFile."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from notcontent.guard_client import Answer, GuardClient, Outcome


async def check_upload(
    guard: GuardClient, file: UploadFile, object_id: str | None = None, accept_language: str = ""
) -> Answer:
    """Let an upload through, rewound, with what the guard said.

    Raises HTTPException with words for whoever uploads: 451 for a match, 400 for what can't be read, else 503. They
    are in a language that `accept_language` asks for: the request's header.
    """
    await file.seek(0)
    answer = await run_in_threadpool(guard.check, file.file, object_id, accept_language)
    await file.seek(0)
    if answer.outcome is Outcome.STOP:
        raise HTTPException(answer.http_status, answer.uploader_text)
    return answer
