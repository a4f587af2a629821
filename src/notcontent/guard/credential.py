"""What a guard shows an exchange: the token, which it renews by itself, and its own signature over every request."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Generator
from datetime import date, datetime

import httpx

from notcontent.feed.follow import FollowError
from notcontent.feed.signature import SigningKey
from notcontent.feed.signed_request import sign_request
from notcontent.guard.database import Database
from notcontent.guard.exchange_client import ExchangeClient, ExchangeRefuses
from notcontent.guard.followed import FollowedList, take_token


class Credential(httpx.Auth):
    """One list's token and the guard's key, for everything that asks its exchange."""

    requires_request_body = True

    def __init__(
        self, followed: FollowedList, *, key: SigningKey, database: Database, clock: Callable[[], datetime]
    ) -> None:
        """Begin with the token that the list was followed with."""
        self._list_id, self._token = followed.id, followed.token
        self._key, self._database, self._clock = key, database, clock
        self._asked: date | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the token and the signature."""
        authorization = f"Bearer {self._token}"
        request.headers["Authorization"] = authorization
        request.headers.update(
            sign_request(
                self._key,
                method=request.method,
                target=request.url.raw_path.decode("ascii"),
                authorization=authorization,
                body=request.content,
                nonce=secrets.token_urlsafe(16),
                now=self._clock(),
            )
        )
        yield request

    async def renew_if_due(self, client: ExchangeClient) -> None:
        """Once a day, ask for the next token; it is on the disk before it is used.

        Where the exchange does not renew it, nothing is lost: the one there is works until it ends, and says then why
        it does not. Raises ExchangeAway and StorageUnavailable.
        """
        today = self._clock().date()
        if self._asked == today:
            return
        try:
            told = await client.renew_token()
        except (ExchangeRefuses, FollowError):
            self._asked = today
            return
        if told.token is not None:
            await asyncio.to_thread(take_token, self._database, self._list_id, told.token)
            self._token = told.token
        self._asked = today
