"""A Bot API over real HTTP, as far as the bot uses it; what it says is read by two libraries in the tests."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "123456:AAfake-token_for-tests-aaaaaaaaaaaaaaa"
GROUP = {"id": -1001234567890, "type": "supergroup", "title": "Garden club"}
CHANNEL = {"id": -1009876543210, "type": "channel", "title": "Garden news"}
BOT = {"id": 123456, "is_bot": True, "first_name": "Guard", "username": "guard_bot"}
MAX_FILE_BYTES = 20_000_000
#: A bot that has asked for nothing but news for so long has nothing more to do.
QUIET_S = 0.5


def user(number: int, language: str | None = None) -> dict:
    given = {"id": number, "is_bot": False, "first_name": f"P{number}"}
    return given if language is None else {**given, "language_code": language}


@dataclass
class FakeBotApi:
    files: dict[str, bytes] = field(default_factory=dict)
    #: What getUpdates will say, and all it ever said.
    waiting: list[dict] = field(default_factory=list)
    said: list[dict] = field(default_factory=list)
    #: Methods that were called, with their parameters.
    calls: list[tuple[str, dict]] = field(default_factory=list)
    profile: dict[int, str] = field(default_factory=dict)
    admins: list[dict] = field(default_factory=lambda: [user(1, "de"), user(2), user(3, "pt-BR")])
    #: These never wrote to the bot.
    closed: set[int] = field(default_factory=lambda: {3})
    #: Files that can be asked for by name and not be had.
    lost: set[str] = field(default_factory=set)
    #: Whether the bot may delete messages.
    may_delete: bool = True
    #: Answers 429 so many times, with one second to wait.
    too_many: int = 0
    _number: int = 0
    #: Files from before are others now, whatever is in them.
    _period: int = 0
    _asked_at: float = 0.0

    def begin(self) -> None:
        """Wait until the bot is done with all that was said, and forget it: for the next test, with the same bot."""
        while self.waiting or time.monotonic() - self._asked_at < QUIET_S:
            time.sleep(0.05)
        fresh = FakeBotApi()
        for name in ("said", "calls", "profile", "admins", "closed", "lost", "may_delete", "too_many"):
            setattr(self, name, getattr(fresh, name))
        self._period += 1

    # What people do in Telegram.
    def keep(self, data: bytes) -> dict:
        """A file as Telegram names it: another id in each place, the same unique one."""
        self._number += 1
        name = f"file{self._number}"
        self.files[name] = data
        unique = hashlib.sha256(b"%d %b" % (self._period, data)).hexdigest()[:15]
        return {"file_id": name, "file_unique_id": unique, "file_size": len(data)}

    def size(self, data: bytes, width: int = 720, height: int = 560) -> dict:
        return {**self.keep(data), "width": width, "height": height}

    def photo(self, data: bytes, small: bytes = b"small") -> list[dict]:
        return [self.size(small, 90, 70), self.size(data)]

    def post(self, kind: str = "message", *, chat: dict = GROUP, sender: int | None = 50, **content: object) -> dict:
        """Somebody posts something; the message's id is in what is returned."""
        self._number += 1
        message = {"message_id": self._number, "date": 1_790_000_000, "chat": chat, **content}
        if sender is not None:
            message["from"] = user(sender)
        if kind.startswith("edited"):
            message["edit_date"] = 1_790_000_100
        self._say({kind: message})
        return message

    def join(self, number: int) -> None:
        member = {"user": user(number), "status": "left"}
        change = {
            "chat": GROUP, "from": user(number), "date": 1_790_000_000, "old_chat_member": member,
            "new_chat_member": {**member, "status": "member"},
        }  # fmt: skip
        self._say({"chat_member": change})

    def _say(self, update: dict) -> None:
        self._number += 1
        self.waiting.append({"update_id": self._number, **update})
        self.said.append(self.waiting[-1])

    def called(self, method: str) -> list[dict]:
        return [given for name, given in list(self.calls) if name == method]

    # What a bot asks.
    async def _method(self, request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return JSONResponse({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        name = request.path_params["method"]
        async with request.form() as form:
            given = {key: _plain(str(value)) for key, value in form.items()}
        if name == "getUpdates":
            return await self._updates(given)
        self._asked_at = time.monotonic()
        if self.too_many and name != "getMe":
            self.too_many -= 1
            refused = {"description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
            return JSONResponse({"ok": False, "error_code": 429, **refused}, 429)
        self.calls.append((name, given))
        answer = self._answer(name, given)
        if isinstance(answer, str):
            code = 403 if answer.startswith("Forbidden") else 400
            return JSONResponse({"ok": False, "error_code": code, "description": answer}, code)
        return JSONResponse({"ok": True, "result": answer})

    def _answer(self, name: str, given: dict) -> object:
        match name:
            case "getMe":
                return BOT
            case "getFile":
                data = self.files[given["file_id"]]
                if len(data) > MAX_FILE_BYTES:
                    return "Bad Request: file is too big"
                return {"file_id": given["file_id"], "file_unique_id": "x", "file_path": f"photos/{given['file_id']}"}
            case "getChatAdministrators":
                people = [{"status": "administrator", "user": each, **ADMIN} for each in self.admins]
                return [{"status": "creator", "user": user(9), "is_anonymous": False}, *people]
            case "getUserProfilePhotos":
                held = (
                    [self.photo(self.files[self.profile[given["user_id"]]])] if given["user_id"] in self.profile else []
                )
                return {"total_count": len(held), "photos": held}
            case "sendMessage":
                if given["chat_id"] in self.closed | {9}:
                    return "Forbidden: bot can't initiate conversation with a user"
                chat = {"id": given["chat_id"], "type": "private", "first_name": "P"}
                return {"message_id": 1, "date": 1_790_000_000, "chat": chat, "from": BOT, "text": given["text"]}
            case "deleteMessage" | "deleteMessages":
                return self.may_delete or "Bad Request: message can't be deleted"
            case "restrictChatMember":
                return True
        return f"Bad Request: {name} is not known here"

    async def _updates(self, given: dict) -> Response:
        self.calls.append(("getUpdates", given))
        end = time.monotonic() + min(float(given.get("timeout", 0)), 2)
        self.waiting = [each for each in self.waiting if each["update_id"] >= given.get("offset", 0)]
        while not self.waiting and time.monotonic() < end and not self._server.should_exit:
            await asyncio.sleep(0.02)
        return JSONResponse({"ok": True, "result": self.waiting})

    async def _file(self, request: Request) -> Response:
        name, self._asked_at = request.path_params["name"], time.monotonic()
        return Response(status_code=404) if name in self.lost else Response(self.files[name])

    # Over HTTP.
    def __enter__(self) -> FakeBotApi:
        routes = [
            Route("/bot{token}/{method}", self._method, methods=["POST", "GET"]),
            Route("/file/bot{token}/photos/{name}", self._file),
        ]
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(60)


#: What an admin may do.
ADMIN = {
    name: True
    for name in (
        "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
        "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
        "can_edit_stories", "can_delete_stories", "can_send_welcome_messages",
    )
}  # fmt: skip


def _plain(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value
