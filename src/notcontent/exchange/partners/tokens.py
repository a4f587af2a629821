"""Bearer tokens: stored as hashes, scoped, expiring; looked up at most every half minute."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from notcontent.exchange.errors import Refused
from notcontent.exchange.partners.models import Stream, Token

VALID = timedelta(days=365)
REMEMBER_S = 30.0
#: Requests a second that one token may make in the long run, and at once.
REQUESTS_A_SECOND = 100.0
REQUESTS_AT_ONCE = 3_000.0
MAX_REMEMBERED = 10_000


@dataclass(slots=True)
class Bearer:
    """A token that was looked up: which stream it belongs to and what it may do until `expires` (the last day)."""

    feed: str
    scope: frozenset[str]
    expires: date
    looked_up_s: float
    allowance: float = REQUESTS_AT_ONCE
    counted_s: float = 0.0


class Tokens:
    """Tokens as this process remembers them. A revoked token works for at most `REMEMBER_S` longer."""

    def __init__(self, now_s: Callable[[], float], today: Callable[[], date]) -> None:
        self._now_s = now_s
        self._today = today
        self._known: dict[str, Bearer] = {}

    async def check(self, request: HttpRequest, scope: str) -> Bearer:
        """The bearer of the request. Raises `Refused` 401, 403 or 429."""
        word, _, token = request.headers.get("Authorization", "").partition(" ")
        return await self._check(token if word.lower() == "bearer" else "", scope)

    async def check_pair(self, request: HttpRequest, scope: str) -> Bearer:
        """The bearer of both keys that a client in StopNCII's shape sends. Raises `Refused` 401, 403 or 429."""
        subscription = await self._check(request.headers.get("Ocp-Apim-Subscription-Key", ""), "subscription")
        function = await self._check(request.headers.get("x-functions-key", ""), scope)
        if function.feed != subscription.feed:
            raise _no_token()
        return function

    async def _check(self, token: str, scope: str) -> Bearer:
        if not token or len(token) > 200:
            raise _no_token()
        digest = hash_token(token.strip())
        now_s = self._now_s()
        bearer = self._known.get(digest)
        if bearer is None or now_s - bearer.looked_up_s > REMEMBER_S:
            found = await sync_to_async(find_token)(digest, now_s)
            if found is None:
                self._known.pop(digest, None)
                raise _no_token()
            if bearer is not None:
                found.allowance, found.counted_s = bearer.allowance, bearer.counted_s
            bearer = found
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[digest] = bearer
        if bearer.expires < self._today():
            raise _out_of_scope("This token has expired.", "Ask the helpline for a new one.")
        if scope not in bearer.scope:
            raise _out_of_scope("This token may not do that.", "Use a token made for it, or ask the helpline for one.")
        self._take_one(bearer, now_s)
        return bearer

    def _take_one(self, bearer: Bearer, now_s: float) -> None:
        passed_s = now_s - bearer.counted_s
        bearer.allowance = min(REQUESTS_AT_ONCE, bearer.allowance + passed_s * REQUESTS_A_SECOND)
        bearer.counted_s = now_s
        if bearer.allowance < 1:
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many",
                "This token asks more often than the exchange answers.",
                "Wait, then poll with `wait` instead of asking again and again.",
                retry_after_s=1,
            )
        bearer.allowance -= 1


def find_token(digest: str, now_s: float) -> Bearer | None:
    """What the table says of the token with this SHA-256, unless it is unknown, revoked, or its partner has left."""
    token = Token.objects.filter(token_sha256=digest, revoked=False, stream__partner__active=True).first()
    if token is None:
        return None
    return Bearer(token.stream_id, frozenset(token.scope.split()), token.expires, looked_up_s=now_s, counted_s=now_s)


def make_token(stream: Stream, scope: str, today: date) -> str:
    """A new token, returned this once; the table keeps its hash."""
    token = f"nct_{secrets.token_urlsafe(32)}"
    Token.objects.create(token_sha256=hash_token(token), stream=stream, scope=scope, made=today, expires=today + VALID)
    return token


def hash_token(token: str) -> str:
    """SHA-256, 64 hex digits. Tokens are 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _no_token() -> Refused:
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "This address needs a token that the exchange knows.",
        "Send `Authorization: Bearer TOKEN` with the token the helpline gave you.",
    )


def _out_of_scope(message: str, do: str) -> Refused:
    return Refused(HTTPStatus.FORBIDDEN, "forbidden", message, do)
