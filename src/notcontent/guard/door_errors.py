"""What the doors that speak HTTP say of every error: a status, a code, what happened and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from notcontent.errors import NotContentError
from notcontent.fingerprint.refusals import NoRoom, NotAPicture, PictureTooLarge
from notcontent.fingerprint.value import FingerprintError
from notcontent.fingerprint.video.refusals import VideoTooLong
from notcontent.guard.errors import (
    AlreadyDecided,
    BadNotice,
    ListNotReady,
    NotBlocked,
    NoticeClosed,
    NotStopped,
    StorageUnavailable,
    TakesTooLong,
    TooOften,
    UnknownNotice,
    UnknownUpload,
    VideosNotRead,
)

RETRY_AFTER_S = 5


class DoorError(NotContentError):
    """A question that the door does not answer. `status` and `code` travel, the text becomes message and do."""

    def __init__(self, status: int, code: str, message: str, do: str) -> None:
        """Keep the four parts."""
        super().__init__(f"{message} {do}")
        self.status, self.code, self.message, self.do = status, code, message, do


def error_response(untranslated: NotContentError, more: Mapping[str, object] | None = None) -> JSONResponse:
    """The answer of the HTTP door that an error of any room becomes; `more` stands beside the error."""
    error = translated(untranslated)
    retry_after_s = getattr(untranslated, "retry_after_s", RETRY_AFTER_S)
    headers = {}
    if error.status in (429, 503):
        headers["Retry-After"] = str(retry_after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body: dict[str, object] = {"error": {"code": error.code, "message": error.message, "do": error.do}}
    return JSONResponse(body | dict(more or {}), error.status, headers)


async def answer_error(_: Request, error: Exception) -> Response:
    """Starlette's hook for NotContentError."""
    if not isinstance(error, NotContentError):
        raise error
    return error_response(error)


async def answer_unknown_route(_: Request, error: Exception) -> Response:
    """Starlette's hook for its own 404 and 405."""
    status = int(getattr(error, "status_code", 404))
    if status == 405:
        response = error_response(
            DoorError(405, "method", "This route does not take this method.", "See /openapi.json for its methods.")
        )
        response.headers["Allow"] = dict(getattr(error, "headers", None) or {}).get("Allow", "")
        return response
    return error_response(DoorError(404, "not_found", "There is no such route.", "See /openapi.json for the routes."))


#: The first that fits counts.
_ANSWERS: tuple[tuple[type[NotContentError], int, str], ...] = (
    (NotAPicture, 415, "not_a_picture"),
    (VideosNotRead, 415, "videos"),
    (PictureTooLarge, 413, "too_large"),
    (VideoTooLong, 413, "too_long"),
    (NoRoom, 503, "no_room"),
    (ListNotReady, 503, "list"),
    (StorageUnavailable, 503, "storage"),
    (TooOften, 429, "too_often"),
    (TakesTooLong, 504, "takes_too_long"),
    (UnknownUpload, 404, "not_found"),
    (AlreadyDecided, 409, "decided"),
    (NotBlocked, 409, "not_blocked"),
    (UnknownNotice, 404, "not_found"),
    (NoticeClosed, 409, "closed"),
    (BadNotice, 422, "notice"),
    (NotStopped, 409, "not_stopped"),
)


def translated(error: NotContentError) -> DoorError:
    """What an error of any room is at a door."""
    if isinstance(error, DoorError):
        return error
    other = (503, "unavailable")
    if isinstance(error, FingerprintError):
        other = (400, "unreadable") if error.permanent else (503, "decoder")
    status, code = next(((status, code) for kind, status, code in _ANSWERS if isinstance(error, kind)), other)
    message, _, do = str(error).partition(". ")
    return DoorError(
        status, code, message.rstrip(".") + ".", do or "Try again later; if it stays so, ask the operator."
    )
