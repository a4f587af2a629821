"""Bearer tokens: stored as hashes, scoped, short-lived; looked up again as soon as somebody changes what one may do."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from django.http import HttpRequest

from notcontent.exchange.errors import Refused
from notcontent.exchange.handler import ask_tables
from notcontent.exchange.partners.models import Stream, Token
from notcontent.exchange.partners.proving import Standing, check_proof

#: The first and the last day count.
VALID = timedelta(days=90)
#: How long a token works on after its successor was used for the first time.
OVERLAP = timedelta(days=7)
REMEMBER_S = 30.0
#: Requests a second that one token may make in the long run, and at once.
REQUESTS_A_SECOND = 100.0
REQUESTS_AT_ONCE = 3_000.0
MAX_REMEMBERED = 10_000
LOOKED_UP_TOGETHER = 200
#: What a suspended partner's token is still good for: words its guard has signed, which help the person.
WHILE_SUSPENDED = frozenset({"receipt"})


@dataclass(slots=True)
class Bearer:
    """A token that was looked up: which stream it belongs to and what it may do until `expires` (the last day)."""

    digest: str
    feed: str
    scope: frozenset[str]
    expires: date
    suspended: bool
    standing: Standing
    mark: object
    looked_up_s: float
    allowance: float = REQUESTS_AT_ONCE
    counted_s: float = 0.0


class Tokens:
    """Tokens as this process remembers them, for half a minute at most.

    `mark` is asked at every request: when it says something else than before, everything is looked up again. So what
    is revoked ends at once on this machine, and within `REMEMBER_S` where the tables are shared between machines.
    """

    def __init__(self, now_s: Callable[[], float], today: Callable[[], date], mark: Callable[[], object]) -> None:
        self._now_s = now_s
        self._today = today
        self._mark = mark
        self._known: dict[str, Bearer] = {}

    async def check(self, request: HttpRequest, scope: str, *, purpose: str = "") -> Bearer:
        """The bearer of the request. Raises `Refused` 401, 403 or 429.

        `purpose` says what it is for where that may be something that a suspended partner may still do.
        """
        word, _, token = request.headers.get("Authorization", "").partition(" ")
        bearer = await self._check(token if word.lower() == "bearer" else "", scope, purpose)
        await check_proof(request, bearer.feed, bearer.standing)
        return bearer

    async def check_pair(self, request: HttpRequest, scope: str) -> Bearer:
        """The bearer of both keys that a client in StopNCII's shape sends. Raises `Refused` 401, 403 or 429."""
        subscription = await self._check(request.headers.get("Ocp-Apim-Subscription-Key", ""), "subscription", "")
        function = await self._check(request.headers.get("x-functions-key", ""), scope, "")
        if function.feed != subscription.feed:
            raise _no_token()
        return function

    async def _check(self, token: str, scope: str, purpose: str) -> Bearer:
        if not token or len(token) > 200:
            raise _no_token()
        digest = hash_token(token.strip())
        now_s = self._now_s()
        mark = self._mark()
        bearer = self._known.get(digest)
        if bearer is None or not _is_fresh(bearer, now_s, mark):
            bearer = await ask_tables(self._look_up, digest, now_s, mark)
            if bearer is None:
                raise _no_token()
        if bearer.expires < self._today():
            raise _out_of_scope("This token has expired.", "Ask the helpline for a new one.")
        if scope not in bearer.scope:
            raise _out_of_scope("This token may not do that.", "Use a token made for it, or ask the helpline for one.")
        if bearer.suspended and purpose not in WHILE_SUSPENDED:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "suspended",
                "The helpline has suspended this site's list for now. What you hold may be used until it is too old.",
                "Speak with the helpline. Receipts are still taken, and nothing has to be set up anew afterwards.",
            )
        self._take_one(bearer, now_s)
        return bearer

    def _look_up(self, digest: str, now_s: float, mark: object) -> Bearer | None:
        """This one, and with it those that would have to be looked up soon: a thousand polls often come together."""
        bearer = self._known.get(digest)
        if bearer is not None and _is_fresh(bearer, now_s, mark):
            return bearer
        known = list(self._known.items())
        soon = [other for other, one in known if not _is_fresh(one, now_s + REMEMBER_S / 2, mark)]
        sought = {digest, *soon[:LOOKED_UP_TOGETHER]}
        found = find_tokens(sought, now_s, mark, self._today())
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        for one in sought:
            before = self._known.pop(one, None)
            if (now := found.get(one)) is not None:
                if before is not None:
                    now.allowance, now.counted_s = before.allowance, before.counted_s
                self._known[one] = now
        return found.get(digest)

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


def _is_fresh(bearer: Bearer, now_s: float, mark: object) -> bool:
    return bearer.mark == mark and now_s - bearer.looked_up_s <= REMEMBER_S


def find_tokens(digests: Collection[str], now_s: float, mark: object, today: date) -> dict[str, Bearer]:
    """What the table says of the tokens with these SHA-256, by it.

    Those that are unknown or revoked, or whose partner has left, are left out.
    """
    tokens = Token.objects.filter(token_sha256__in=digests, revoked=False, stream__partner__active=True)
    found = {}
    for token in tokens.select_related("stream__partner"):
        digest, stream = token.token_sha256, token.stream
        if not token.taken:
            Token.objects.filter(token_sha256=digest).update(taken=True)
            # Its holder has it: the one before goes on for a while, for whatever of his still uses that.
            ends = today + OVERLAP
            Token.objects.filter(token_sha256=token.replaces, expires__gt=ends).update(expires=ends)
        found[digest] = Bearer(
            digest,
            stream.feed,
            frozenset(token.scope.split()),
            token.expires,
            stream.partner.suspended is not None,
            Standing(stream.guard_key, stream.demands_signatures, stream.signed == today),
            mark,
            looked_up_s=now_s,
            counted_s=now_s,
        )
    return found


def make_token(stream: Stream, scope: str, today: date, *, replaces: str = "") -> str:
    """A new token, returned this once; the table keeps its hash."""
    token = f"nct_{secrets.token_urlsafe(32)}"
    Token.objects.create(
        token_sha256=hash_token(token), stream=stream, scope=scope, made=today, expires=today + VALID, replaces=replaces
    )
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
