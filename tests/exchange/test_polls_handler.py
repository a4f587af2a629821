"""A poll is served without a thread: it is answered, or ended together with whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

SCOPE: MutableMapping[str, Any] = {"type": "http", "path": "/v1/feed/poll", "method": "GET"}


class Asked:
    """A handler whose view waits until it is let go, and a client that can leave."""

    def __init__(self) -> None:
        from notcontent.exchange.partners.handler import PartnersHandler

        self.go_on, self.left = asyncio.Event(), asyncio.Event()
        self.sent: list[object] = []
        self.ended = ""
        self.fault: Exception | None = None
        self._read = False
        self._handler = PartnersHandler()
        for name in ("create_request", "get_response_async", "send_response"):
            setattr(self._handler, name, getattr(self, name))

    def create_request(self, _scope: object, body: Any) -> tuple[object, None]:
        assert body.read() == b""
        return object(), None

    async def get_response_async(self, _request: object) -> object:
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended = "early"
            raise
        self.ended = "in time"
        if self.fault:
            raise self.fault
        return "an answer"

    async def send_response(self, response: object, _send: object) -> None:
        self.sent.append(response)

    async def receive(self) -> dict[str, object]:
        if not self._read:
            self._read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, _message: object) -> None:
        raise AssertionError("what is sent goes through the response")

    def serve(self) -> asyncio.Task[None]:
        return asyncio.ensure_future(self._handler(SCOPE, self.receive, self.send))


@pytest.mark.usefixtures("tables")
@pytest.mark.on_sqlite
def test_a_poll_ends_with_its_answer_with_its_client_or_with_the_server() -> None:
    async def answered() -> None:
        asked = Asked()
        serving = asked.serve()
        await asyncio.sleep(0)
        asked.go_on.set()
        await serving
        assert asked.sent == ["an answer"] and asked.ended == "in time"

    async def left() -> None:
        asked = Asked()
        serving = asked.serve()
        await asyncio.sleep(0.01)
        asked.left.set()
        await serving
        assert asked.sent == [] and asked.ended == "early"

    async def stopped() -> None:
        asked = Asked()
        serving = asked.serve()
        await asyncio.sleep(0.01)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert asked.sent == [] and asked.ended == "early"

    async def broken() -> None:
        asked = Asked()
        asked.fault = ValueError("ours")
        asked.go_on.set()
        with pytest.raises(ValueError, match="ours"):
            await asked.serve()

    for case in (answered, left, stopped, broken):

        async def alone(case: Any = case) -> None:
            await case()
            assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing is left behind"

        asyncio.run(alone())
