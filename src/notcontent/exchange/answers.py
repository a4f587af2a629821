"""JSON answers, refusals and the strict reading of JSON bodies: what the person's and the partners' face share."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from notcontent.exchange.errors import Refused
from notcontent.exchange.storage import refuse_for_storage

MAX_SAFE_INTEGER = (1 << 53) - 1


def answer_json(body: object, status: int = 200) -> HttpResponse:
    """The body as compact JSON that nobody may keep."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return HttpResponse(data, status=status, headers={"Content-Type": "application/json", "Cache-Control": "no-store"})


def answer_refusal(refused: Refused) -> HttpResponse:
    """The refusal in the one shape that every error has."""
    error: dict[str, Any] = {"code": refused.code, "message": refused.message, "do": refused.do}
    if refused.entry is not None:
        error["entry"] = refused.entry
    response = answer_json({"error": error}, refused.status)
    if refused.retry_after_s is not None:
        response["Retry-After"] = str(refused.retry_after_s)
    return response


def malformed(what: str) -> Refused:
    """400 for a body or question that does not follow the contract."""
    return Refused(HTTPStatus.BAD_REQUEST, "malformed", what, "Check it against /openapi.json and send it again.")


def not_found() -> Refused:
    """404, the same for everything that is not there."""
    return Refused(HTTPStatus.NOT_FOUND, "not_found", "Nothing was found.", "Check what you typed and try again.")


def read_json(request: HttpRequest) -> object:
    """The decoded body. Raises `Refused` 400 as `decode_json`."""
    try:
        return decode_json(request.body)
    except RequestDataTooBig:
        raise malformed("The body is not plain JSON in UTF-8.") from None


def decode_json(untrusted: bytes) -> object:
    """What the bytes say. Raises `Refused` 400: no JSON, a name twice, NaN, nested too deep, or not UTF-8."""
    try:
        return json.loads(untrusted.decode(), object_pairs_hook=_object_of, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise malformed("The body is not plain JSON in UTF-8.") from None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name occurs twice")
    return made


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("not a JSON number")


def check_object(untrusted: object, names: set[str], optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The object if it has exactly these names (and perhaps the optional ones)."""
    if not isinstance(untrusted, dict) or not names <= set(untrusted) <= names | optional:
        raise malformed(f"An object must have exactly these names: {', '.join(sorted(names))}.")
    return untrusted


_HEX = re.compile(r"[0-9a-f]*", re.ASCII)


def check_hex(untrusted: object, digits: int, name: str) -> str:
    """The text if it is this many lower-case hex digits."""
    if not isinstance(untrusted, str) or len(untrusted) != digits or not _HEX.fullmatch(untrusted):
        raise malformed(f"{name} must be {digits} lower-case hex digits.")
    return untrusted


def check_number(untrusted: object, lowest: int, highest: int, name: str) -> int:
    """The whole number if it lies in this range (booleans are no numbers)."""
    if isinstance(untrusted, bool) or not isinstance(untrusted, int) or not lowest <= untrusted <= highest:
        raise malformed(f"{name} must be a whole number from {lowest} to {highest}.")
    return untrusted


def check_word(untrusted: object, allowed: Sequence[str], name: str) -> str:
    """The text if it is one of these."""
    if not isinstance(untrusted, str) or untrusted not in allowed:
        raise malformed(f"{name} must be one of {', '.join(allowed)}.")
    return untrusted


def check_list(untrusted: object, shortest: int, longest: int, name: str) -> list[Any]:
    """The list if its length lies in this range."""
    if not isinstance(untrusted, list) or not shortest <= len(untrusted) <= longest:
        raise malformed(f"{name} must be a list of {shortest} to {longest}.")
    return untrusted


def check_version(untrusted: dict[str, Any]) -> None:
    """`v` must be 1."""
    if untrusted["v"] != 1 or isinstance(untrusted["v"], bool):
        raise malformed("This exchange speaks version 1 only.")


@sync_and_async_middleware
def answer_refusals(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: turn Django's own pages for refusals into the one JSON shape, and let no answer be kept."""

    def finish(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        bare = _BARE.get(response.status_code)
        if bare is not None and not response.headers.get("Content-Type", "").startswith("application/json"):
            refusal = answer_refusal(Refused(HTTPStatus(response.status_code), *bare))
            if "Allow" in response:
                refusal["Allow"] = response["Allow"]
            response = refusal
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        refused = error if isinstance(error, Refused) else refuse_for_storage(error)
        return answer_refusal(refused) if refused else None

    if inspect.iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponse:
            waiting: Awaitable[HttpResponse] = get_response(request)
            return finish(request, await waiting)

        vars(answer_async)["process_exception"] = process_exception
        return answer_async

    def answer(request: HttpRequest) -> HttpResponse:
        return finish(request, get_response(request))

    vars(answer)["process_exception"] = process_exception
    return answer


_BARE = {
    400: ("malformed", "The request cannot be read.", "Check it against /openapi.json and send it again."),
    404: ("not_found", "Nothing was found.", "Check what you typed and try again."),
    405: ("method", "This address does not answer that method.", "See /openapi.json for the methods it answers."),
    500: ("broken", "Something broke on our side.", "Try again in a few minutes."),
}
