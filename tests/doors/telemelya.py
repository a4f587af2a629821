"""telemelya, a Bot API from PyPI that nobody here wrote, and a bridge to a bot that asks for its updates.

telemelya brings updates to a webhook, in private chats only. The bridge keeps what it brings until the bot asks, and
calls the chat a group; all that the bot asks else goes to telemelya as it is, and its answers come back as they are.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import uvicorn
from moto.server import ThreadedMotoServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doors.fake_bot_api import GROUP, TOKEN
from tests.guard.running_guard import free_port, wait_until

SERVER = Path(sys.prefix) / "peers" / "telemelya" / "bin" / "telemelya-server"
CONTROL = "/api/v1/test"


class Telemelya:
    """The server behind a bridge, at whose address a bot finds a Bot API."""

    def __init__(self, server: str) -> None:
        self.server = httpx.Client(base_url=server, headers={"Authorization": "Bearer tests"}, timeout=60)
        self._waiting: asyncio.Queue[dict] = asyncio.Queue()
        self._calls: list[tuple[str, dict]] = []
        routes = [
            Route("/brought", self._take, methods=["POST"]),
            Route("/bot{token}/getUpdates", self._updates, methods=["POST"]),
            Route("/{path:path}", self._hand_on, methods=["GET", "POST"]),
        ]
        self._app = Starlette(routes=routes)

    def called(self, method: str) -> list[dict]:
        """What a bot asked, by method or by what the address of a file begins with."""
        return [given for name, given in list(self._calls) if name == method]

    def post(self, picture: bytes) -> int:
        """Somebody posts a photo in the group; the message's id."""
        kept = self.server.post(f"{CONTROL}/upload_media", files={"file": ("a.jpg", picture, "image/jpeg")})
        body = {"chat_id": GROUP["id"], "from_user": {"id": 50, "first_name": "P50"}}
        said = self.server.post(
            f"{CONTROL}/send_update",
            params={"bot_token": TOKEN},
            json={**body, "photo_file_id": kept.raise_for_status().json()["file_id"]},
        )
        return said.raise_for_status().json()["update"]["message"]["message_id"]

    def responses(self) -> list[dict]:
        """All that telemelya says a bot did."""
        return self.server.get(f"{CONTROL}/responses").raise_for_status().json()["responses"]

    async def _take(self, request: Request) -> Response:
        update = await request.json()
        update["message"]["chat"] = GROUP
        await self._waiting.put(update)
        return Response()

    async def _updates(self, _: Request) -> Response:
        self._calls.append(("getUpdates", {}))
        try:
            updates = [await asyncio.wait_for(self._waiting.get(), 0.5)]
        except TimeoutError:
            updates = []
        return JSONResponse({"ok": True, "result": updates})

    async def _hand_on(self, request: Request) -> Response:
        head = {name: value for name, value in request.headers.items() if name in ("content-type", "accept")}
        answer = await asyncio.to_thread(
            self.server.request, request.method, request.url.path, content=await request.body(), headers=head
        )
        name = request.url.path.split("/")[1 if request.method == "GET" else -1]
        self._calls.append((name, {"status": answer.status_code}))
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    @contextmanager
    def bridged(self) -> Iterator[None]:
        """Answer bots, and have telemelya bring its updates here."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        bridge = uvicorn.Server(uvicorn.Config(self._app, port=port, log_level="warning"))
        running = threading.Thread(target=bridge.run)
        running.start()
        try:
            wait_until(lambda: bridge.started, "the bridge", 30.0)
            self.server.post(f"/bot{TOKEN}/setWebhook", json={"url": f"{self.url}/brought"}).raise_for_status()
            yield
        finally:
            bridge.should_exit = True
            running.join()


@contextmanager
def running_telemelya(folder: Path) -> Iterator[Telemelya]:
    """telemelya with what it needs, a Redis and an S3, and the bridge."""
    redis, port = free_port(), free_port()
    s3 = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    s3.start()
    store = "{}:{}".format(*s3.get_host_and_port())
    settings = {
        "MOCK_SERVER_HOST": "127.0.0.1", "MOCK_SERVER_PORT": str(port), "AUTH_KEYS": "tests",
        "REDIS_URL": f"redis://127.0.0.1:{redis}/0", "MINIO_ENDPOINT": store,
    }  # fmt: skip
    with ExitStack() as ending, (folder / "telemelya.log").open("wb") as log:
        ending.callback(s3.stop)
        for words in (
            ["redis-server", "--bind", "127.0.0.1", "--port", str(redis), "--save", "", "--dir", folder],
            [SERVER],
        ):
            process = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, **settings}, cwd=folder)
            ending.callback(process.wait)
            ending.callback(process.terminate)
        telemelya = Telemelya(f"http://127.0.0.1:{port}")
        ending.enter_context(telemelya.server)

        def healthy() -> bool:
            try:
                return telemelya.server.get(f"{CONTROL}/health").json().get("ok") is True
            except httpx.HTTPError:
                return False

        wait_until(healthy, f"telemelya, which says in {log.name} what stops it", 60.0)
        with telemelya.bridged():
            yield telemelya
