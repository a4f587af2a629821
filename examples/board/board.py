"""A small board for pictures and short videos that asks a guard before it shows anything.

For practice, and as an example to copy from.

    python examples/board/board.py --guard http://127.0.0.1:8100 --token TOKEN --moderator-word WORD

The five places where it meets the guard are marked `guard:`. Needs `pip install notcontent[guard]`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import html
import importlib.resources
import secrets
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

MAX_PICTURE_BYTES = 16 << 20
ASK_AGAIN_S = 1.0
REASONS = {
    "not_intimate": "it is not an intimate picture",
    "own_picture": "the person in it posted it",
    "public_interest": "it is of public interest",
    "intimate": "it is an intimate picture",
    "expired": "nobody answered in time",
}
#: Where the guard found it (`view` of its first match), as a moderator reads it.
FOUND = {
    "whole": "The whole picture looks like a listed one.",
    "resized": "The whole picture, made smaller, looks like a listed one.",
    "toned": "With its tones put back, the picture looks like a listed one.",
    "inverted": "With its colours turned back, the picture looks like a listed one.",
    "trimmed": "Found in a screenshot or inside a border: what is in there looks like a listed picture.",
    "rectangle": "Found in a part of it, as in a chat or a collage: that part looks like a listed picture.",
    "tile": "Found in a collage: one of its pictures looks like a listed one.",
    "tilted": "Turned back by a few degrees, the picture looks like a listed one.",
    "frame": "Found in the video: that moment looks like a listed picture, or a moment of a listed video.",
}
#: What a poster is told. A held and a blocked picture get the same words, and the same address.
TOLD = {
    "shown": "Your upload is on the board.",
    "held": "This upload is held for a check.",
    "unreadable": "This is not a picture or video that we can show. JPEG, PNG, WebP, GIF, MP4 and WebM work.",
    "large": "This is larger than 16 MB, or too long. A smaller copy will work.",
    "later": "We can't take anything right now. Please try again in a minute.",
    "closed": "This room was closed. Nothing can be posted here.",
}
NOTHING_YET = "No pictures yet. The first one could be yours."
GUARD_AWAY = '<p class="note">The guard did not answer, so nothing was decided. Please try again.</p>'
#: Where in a file so many bytes tell its kind.
SIGNATURES = {
    (0, b"\xff\xd8\xff"): "image/jpeg", (0, b"\x89PNG\r\n"): "image/png", (0, b"RIFF"): "image/webp",
    (0, b"GIF8"): "image/gif", (4, b"ftypavi"): "image/avif", (4, b"ftyp"): "video/mp4",
    (0, b"\x1aE\xdf\xa3"): "video/webm",
}  # fmt: skip
#: Reading a short video takes seconds. A larger site would ask with ?pending=202 and hear the verdict later.
ASK_TIMEOUT_S = 120
HEADERS = {  # nothing is loaded from elsewhere, nothing runs
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# Until the guard has answered, a picture stays in memory: it is never put into a temporary file.
MultiPartParser.spool_max_size = MAX_PICTURE_BYTES
FRONT = "front"


class Room(NamedTuple):
    """A room that somebody opened. The guard hears its id, and keeps a pseudonym of that."""

    id: str
    name: str
    closed: int


class Row(NamedTuple):
    """A picture or video on the board, or held: `found` says where the guard found something, for moderators."""

    name: str
    kind: str
    guard_id: str
    view: str | None
    at_s: float | None

    @property
    def is_video(self) -> bool:
        return self.kind.startswith("video/")

    @property
    def found(self) -> str:
        if self.at_s is None:
            return FOUND.get(str(self.view), "")
        minutes, seconds = divmod(int(self.at_s), 60)
        return f"Found at {minutes}:{seconds:02} of the video. {FOUND['frame']}"


class Board:
    """Pictures in one folder, what is known of them in one SQLite file beside them."""

    def __init__(self, folder: Path, guard_url: str, token: str, moderator_word: str) -> None:
        self.pictures = folder / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.database = sqlite3.connect(folder / "board.db", isolation_level=None)
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS pictures (id TEXT PRIMARY KEY, kind TEXT, state TEXT, guard_id TEXT)"
        )
        known = [column[1] for column in self.database.execute("PRAGMA table_info(pictures)")]
        for name in ("view", "at_s", f"room TEXT NOT NULL DEFAULT '{FRONT}'"):  # later versions have them
            if name.split()[0] not in known:
                self.database.execute(f"ALTER TABLE pictures ADD COLUMN {name}")
        self.database.execute("CREATE TABLE IF NOT EXISTS rooms (id TEXT PRIMARY KEY, name TEXT, closed INTEGER)")
        self.guard = httpx.AsyncClient(
            base_url=guard_url, headers={"Authorization": f"Bearer {token}"}, timeout=ASK_TIMEOUT_S, trust_env=False
        )
        self.moderator_word = moderator_word
        self.sessions: set[str] = set()

    # guard: 1. Ask before anything is shown or even written. No answer means no picture: this board fails closed.
    # It hears in which room, and from whom, as opaque ids; without them it can't see where a closed room goes.
    async def take(self, picture: bytes, room: str = FRONT, poster: str = "nobody") -> str:
        kind = next((name for (at, start), name in SIGNATURES.items() if picture.startswith(start, at)), None)
        if kind is None:
            return "unreadable"
        where = {"place": room, "account": poster}
        try:
            answer = await self.guard.post("/v1/check", params={"hold": "202", **where}, content=picture)
        except httpx.HTTPError:
            return "later"
        if answer.status_code == 451:  # blocked: nothing is kept
            return "held"
        if answer.status_code not in (200, 202):
            return {400: "unreadable", 413: "large", 415: "unreadable"}.get(answer.status_code, "later")
        state = "shown" if answer.status_code == 200 else "held"
        name = secrets.token_hex(16)
        (self.pictures / name).write_bytes(picture)
        said = answer.json()
        match = said["matches"][0] if said["matches"] else {}
        row = (name, kind, state, said["id"], match.get("view"), match.get("at_s"), room)
        self.database.execute("INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return state

    def listed(self, state: str, room: str | None = None) -> list[Row]:
        query = "SELECT id, kind, guard_id, view, at_s FROM pictures WHERE state = ? AND room = coalesce(?, room)"
        rows = self.database.execute(f"{query} ORDER BY rowid DESC LIMIT 200", (state, room))
        return [Row(*row) for row in rows]

    def rooms(self, room: str | None = None) -> list[Room]:
        query = "SELECT id, name, closed FROM rooms WHERE id = coalesce(?, id) ORDER BY rowid DESC LIMIT 50"
        return [Room(*row) for row in self.database.execute(query, (room,))]

    def settle(self, name: str, state: str) -> None:
        """A hold has ended: show the picture, or delete it."""
        if state == "blocked":
            (self.pictures / name).unlink(missing_ok=True)
        shown = "blocked" if state == "blocked" else "shown"
        self.database.execute("UPDATE pictures SET state = ? WHERE id = ? AND state = 'held'", (shown, name))

    # guard: 2. A hold also ends by itself, when the person takes back what the picture matched.
    async def ask_again(self) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                for row in self.listed("held"):
                    answer = await self.guard.get(f"/v1/uploads/{row.guard_id}")
                    if answer.status_code == 200 and answer.json()["state"] != "open":
                        self.settle(row.name, answer.json()["state"])
            await asyncio.sleep(ASK_AGAIN_S)

    # guard: 3. A moderator's decision goes to the guard first; it tells the helpline.
    async def decide(self, name: str, decision: str, reason: str) -> bool:
        row = self.database.execute("SELECT guard_id FROM pictures WHERE id = ? AND state = 'held'", (name,)).fetchone()
        if row is None:
            return True
        body = {"decision": decision, "reason": reason}
        try:
            answer = await self.guard.post(f"/v1/uploads/{row[0]}/decision", json=body)
            if answer.status_code == 409:  # decided or withdrawn meanwhile: the guard knows how
                answer = await self.guard.get(f"/v1/uploads/{row[0]}")
        except httpx.HTTPError:
            return False
        if answer.status_code == 200 and answer.json()["state"] != "open":
            self.settle(name, answer.json()["state"])
        return answer.status_code == 200

    # guard: 4. Say which room was closed: it then looks for rooms that get what that one held. None: no answer.
    async def ask_places(self, path: str, **question: object) -> dict[str, Any] | None:
        try:
            answer = await self.guard.post(f"/v1/places/{path}", json=question)
        except httpx.HTTPError:
            return None
        # 404: this guard keeps no matches by place.
        return dict(answer.json()) if answer.status_code == 200 else {} if answer.status_code == 404 else None

    # The screens.
    async def front(self, request: Request) -> Response:
        found = self.rooms(request.path_params.get("room", FRONT))
        if not found and "room" in request.path_params:
            return RedirectResponse("/", 303)
        room = found[0] if found else Room(FRONT, "Picture board", 0)
        told = TOLD.get("closed" if room.closed else request.query_params.get("told", ""))
        note = f'<p class="note" role="status">{told}</p>' if told else ""
        figures = "".join(
            f'<li><video src="/pictures/{row.name}" controls preload="metadata"></video></li>'
            if row.is_video
            else f'<li><img src="/pictures/{row.name}" alt="A picture somebody posted" loading="lazy"></li>'
            for row in ([] if room.closed else self.listed("shown", room.id))
        )
        empty = f'<p class="empty">{"Nothing of it is shown." if room.closed else NOTHING_YET}</p>'
        links = "".join(f'<li><a href="/rooms/{each.id}">{html.escape(each.name)}</a></li>' for each in self.rooms())
        return page(
            "front",
            html.escape(room.name),
            note=note,
            form="" if room.closed else template("post").substitute(here=html.escape(request.url.path)),
            pictures=f'<ul class="wall">{figures}</ul>' if figures else empty,
            rooms=f"<ul>{links}</ul>" if links else "",
        )

    async def open_room(self, request: Request) -> Response:
        name = " ".join(str((await request.form(max_files=0)).get("name", "")).split())[:40] or "A room"
        room = secrets.token_hex(8)
        self.database.execute("INSERT INTO rooms VALUES (?, ?, 0)", (room, name))
        return RedirectResponse(f"/rooms/{room}", 303)

    async def post(self, request: Request) -> Response:
        room, here = request.path_params.get("room", FRONT), request.url.path
        if room != FRONT and [each.closed for each in self.rooms(room)] != [0]:
            return RedirectResponse(here, 303)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_PICTURE_BYTES:
            return RedirectResponse(f"{here}?told=large", 303)
        form = await request.form(max_files=1, max_fields=2)
        file = form.get("picture")
        picture = b"" if file is None or isinstance(file, str) else await file.read()
        # This board has no accounts: a browser is one. A site sends its own id of the account.
        poster = request.cookies.get("poster", "")[:64] or secrets.token_hex(16)
        response = RedirectResponse(f"{here}?told={await self.take(picture, room, poster)}", 303)
        response.set_cookie("poster", poster, httponly=True, samesite="strict")
        return response

    async def picture(self, request: Request) -> Response:
        name = request.path_params["name"]
        row = self.database.execute("SELECT kind, state, room FROM pictures WHERE id = ?", (name,)).fetchone()
        seen = {"shown", "held"} if self.is_moderator(request) else {"shown"}
        if row is None or row[1] not in seen or any(room.closed for room in self.rooms(row[2])):
            return Response(status_code=404)
        return FileResponse(self.pictures / name, media_type=row[0], headers=HEADERS | {"Cache-Control": "no-store"})

    async def moderator(self, request: Request) -> Response:
        if not self.is_moderator(request):
            wrong = '<p class="error">That is not the word.</p>' if request.query_params.get("word") else ""
            return page("sign_in", "Moderators", wrong=wrong)
        options = "".join(f'<option value="{key}">{html.escape(text)}</option>' for key, text in REASONS.items())
        cards = "".join(
            template("held").substitute(
                name=row.name,
                number=number,
                options=options,
                found=row.found,
                preview=template("preview_video" if row.is_video else "preview").substitute(
                    name=row.name, number=number
                ),
            )
            for number, row in enumerate(self.listed("held"), 1)
        )
        note = GUARD_AWAY if request.query_params.get("guard") else ""
        empty = '<p class="empty">Nothing is held right now.</p>'
        return page("moderator", "Held pictures", note=note, held=cards or empty)

    async def moderator_rooms(self, request: Request) -> Response:
        if not self.is_moderator(request):
            return RedirectResponse("/moderator", 303)
        known = [(room, await self.ask_places("look", place=room.id) or {}) for room in self.rooms()]
        cards = ""
        for room, looked in known:
            told = [move["text"] for move in looked.get("moves", []) if move["place"] == looked["name"]]
            moves = "".join(f'<p class="moved">{html.escape(text)}</p>' for text in told)
            # The guard knows rooms by pseudonyms; whoever asks it for each of them can tell whose each is.
            for other, each in known:
                moves = moves.replace(each.get("name") or "\0", html.escape(f"“{other.name}”"))
            shown = f"The guard's pages call it {looked['name']}." if looked.get("name") else ""
            closes, button = ("no", "Open it again") if room.closed else ("yes", "Close this room")
            name, state = html.escape(room.name), "Closed." if room.closed else "Open."
            cards += template("room").substitute(
                room=room.id, name=name, state=state, shown=shown, moves=moves, closes=closes, button=button
            )
        note = GUARD_AWAY if request.query_params.get("guard") else ""
        empty = '<p class="empty">Nobody has opened a room yet.</p>'
        return page("rooms", "Rooms", note=note, rooms=cards or empty, guard=str(self.guard.base_url).rstrip("/"))

    async def close_room(self, request: Request) -> Response:
        closes = (await request.form(max_files=0)).get("closes")
        if not self.is_moderator(request) or closes not in ("yes", "no"):
            return Response("Sign in, and choose a room to close or to open.", 403)
        room, closed = request.path_params["room"], closes == "yes"
        answered = await self.ask_places("state", place=room, closed=closed) is not None
        if answered:
            self.database.execute("UPDATE rooms SET closed = ? WHERE id = ?", (closed, room))
        return RedirectResponse("/moderator/rooms" if answered else "/moderator/rooms?guard=away", 303)

    async def sign_in(self, request: Request) -> Response:
        word = str((await request.form(max_files=0)).get("word", "")).strip()
        if not hmac.compare_digest(word.encode(), self.moderator_word.encode()):
            await asyncio.sleep(1)
            return RedirectResponse("/moderator?word=wrong", 303)
        session = secrets.token_urlsafe(32)
        self.sessions.add(session)
        response = RedirectResponse("/moderator", 303)
        response.set_cookie("moderator", session, httponly=True, samesite="strict")
        return response

    async def decision(self, request: Request) -> Response:
        form = await request.form(max_files=0)
        decision, reason = form.get("decision"), form.get("reason")
        if not self.is_moderator(request) or decision not in ("release", "block") or reason not in REASONS:
            return Response("Sign in, and choose a decision and a reason.", 403)
        done = await self.decide(request.path_params["name"], str(decision), str(reason))
        return RedirectResponse("/moderator" if done else "/moderator?guard=away", 303)

    def is_moderator(self, request: Request) -> bool:
        return request.cookies.get("moderator") in self.sessions


# guard: 5. Say on every screen what this is.
def page(name: str, title: str, **parts: str) -> HTMLResponse:
    body = template("frame").substitute(title=title, main=template(name).substitute(title=title, **parts))
    return HTMLResponse(body, headers=HEADERS | {"Cache-Control": "no-store"})


def template(name: str) -> Template:
    return Template((Path(__file__).parent / "templates" / f"{name}.html").read_text("utf-8"))


async def style(_: Request) -> Response:
    page = importlib.resources.files("notcontent.page")
    look = "".join(page.joinpath(*parts).read_text("utf-8") for parts in (("look.css",), ("wide", "look.css")))
    own = (Path(__file__).parent / "templates" / "board.css").read_text("utf-8")
    return Response(look + own, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


def build(board: Board) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        asking = asyncio.create_task(board.ask_again())
        yield
        asking.cancel()
        await asyncio.wait([asking])
        await board.guard.aclose()

    routes = [
        Route("/", board.front),
        Route("/", board.post, methods=["POST"]),
        Route("/pictures/{name}", board.picture),
        Route("/moderator", board.moderator),
        Route("/moderator", board.sign_in, methods=["POST"]),
        Route("/moderator/rooms", board.moderator_rooms),
        Route("/moderator/rooms/{room}", board.close_room, methods=["POST"]),
        Route("/moderator/{name}", board.decision, methods=["POST"]),
        Route("/rooms", board.open_room, methods=["POST"]),
        Route("/rooms/{room}", board.front),
        Route("/rooms/{room}", board.post, methods=["POST"]),
        Route("/style.css", style),
        Route("/favicon.ico", lambda _: Response(status_code=204)),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    parser = argparse.ArgumentParser(description="A small board that asks a guard before it shows anything.")
    parser.add_argument("--port", type=int, default=8200)
    parser.add_argument("--folder", type=Path, default=Path("board-data"))
    parser.add_argument("--guard", default="http://127.0.0.1:8100", help="the guard's address")
    parser.add_argument("--token", required=True, help="from `notcontent guard token board --hold 202`")
    parser.add_argument("--moderator-word", default="", help="opens the moderators' page; made up if not given")
    args = parser.parse_args()
    word = args.moderator_word or secrets.token_hex(4)
    args.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    print(f"The board: http://127.0.0.1:{args.port}/   moderators: /moderator with the word {word}", flush=True)
    board = Board(args.folder, args.guard, args.token, word)
    uvicorn.run(build(board), host="127.0.0.1", port=args.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
