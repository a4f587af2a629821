"""The review over HTTP: who may look, one decision once, and rules for the browser that leave nothing behind."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notcontent.doors.review import pages
from notcontent.doors.review.frame import PREFIX, Frame, Session, error_page, sign_in_page
from notcontent.doors.review.notices import NoticeRoutes
from notcontent.doors.review.pages import CHOICES, HoldRule
from notcontent.doors.review.spinoffs.routes import SpinoffRoutes
from notcontent.errors import NotContentError
from notcontent.guard import review
from notcontent.guard.errors import AlreadyDecided, UnknownNotice, UnknownUpload
from notcontent.guard.previewing import Previewing
from notcontent.guard.review import SIGNED_IN
from notcontent.guard.service import Guard
from notcontent.guard.uploads import Reason
from notcontent.guard.words import LANGUAGES, Words
from notcontent.guard.writer import utc_now

COOKIE, LANGUAGE_COOKIE = "review", "lang"
_A_YEAR_S = 365 * 24 * 3600
_MAX_FORM_BYTES, _MAX_FORM_FIELDS = 4096, 24
_FORM_TIMEOUT_S = 10.0
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # Not "no-referrer": browsers would then hide where a form comes from, also from here.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class NotSignedIn(NotContentError):
    """Nobody is signed in here."""


class ForeignForm(NotContentError):
    """A form that did not come from one of these pages, or that nobody can read."""


class ReviewDoor:
    """The review door of one guard."""

    def __init__(self, guard: Guard) -> None:
        """Serve this guard, which whoever serves the application starts and stops."""
        self._guard, settings = guard, guard.settings
        self._form_timeout_s = min(_FORM_TIMEOUT_S, settings.body_timeout_s)
        self._rule = HoldRule(timedelta(hours=settings.hold_at_most_hours), settings.hold_expires)
        self._previewing = Previewing(settings.preview, settings.max_upload_bytes) if settings.preview else None
        shared = files("notcontent") / "page"
        parts = (shared / "look.css", shared / "wide" / "look.css", files(__package__) / "look.css")
        self._look = "\n".join(part.read_text("utf-8") for part in parts)

    def app(self) -> ASGIApp:
        """The ASGI application, whose addresses all begin with /review."""
        one = f"{PREFIX}/uploads/{{id}}"
        routes = [
            Route(PREFIX, self.queue),
            Route(f"{PREFIX}/", self.queue),
            Route(f"{PREFIX}/look.css", self.look),
            Route(f"{PREFIX}/sign-in", self.sign_in, methods=["POST"]),
            Route(f"{PREFIX}/sign-out", self.sign_out, methods=["POST"]),
            Route(one, self.upload),
            Route(f"{one}/preview", self.preview),
            Route(f"{one}/decision", self.decide, methods=["POST"]),
            *NoticeRoutes(self._guard, self).routes,
            *SpinoffRoutes(self._guard, self).routes,
        ]
        handlers = {NotContentError: self._say, HTTPException: self._say_nothing_here}
        return _with_headers(Starlette(routes=routes, exception_handlers=handlers))

    async def queue(self, request: Request) -> Response:
        """All that waits."""
        frame = await self.frame(request)
        uploads, total = await asyncio.to_thread(review.waiting, self._guard.database)
        done = request.query_params.get("done", "")
        return HTMLResponse(pages.queue_page(frame, uploads, total, now=utc_now(), rule=self._rule, done=done))

    async def upload(self, request: Request) -> Response:
        """One upload."""
        frame, found = await self.frame(request), await self._waiting(request)
        preview = "none"
        if self._previewing and found.object_id is not None:
            preview = "shown" if "preview" in request.query_params else "offered"
        notices = await asyncio.to_thread(self._guard.notices.about, found.id, found.object_id)
        return HTMLResponse(pages.upload_page(frame, found, notices, utc_now(), self._rule, preview=preview))

    async def preview(self, request: Request) -> Response:
        """A coarse picture of it, on request."""
        await self.frame(request)
        found = await self._waiting(request)
        if self._previewing is None or found.object_id is None:
            raise UnknownUpload("There is no preview of this upload. Look at it in your own tools.")
        picture = await self._previewing.preview(found.object_id, found.at_s)
        return Response(picture, media_type="image/png")

    async def decide(self, request: Request) -> Response:
        """End a hold."""
        frame = await self.frame(request)
        form = await self.form(request, frame)
        untrusted_reason = form.get("reason", [""])[0]
        if untrusted_reason not in CHOICES:
            raise ForeignForm("This is none of the four decisions. Go back and choose one.")
        reason = Reason(untrusted_reason)
        try:
            await self._guard.decide(str(request.path_params["id"]), CHOICES[reason], reason)
        except AlreadyDecided:
            return RedirectResponse(f"{PREFIX}?done=gone", 303)
        return RedirectResponse(f"{PREFIX}?done={CHOICES[reason]}", 303)

    async def sign_in(self, request: Request) -> Response:
        """A token becomes half a day's work."""
        frame = Frame(_words(request), None)
        token = (await self.form(request, frame)).get("token", [""])[0].strip()
        session = await asyncio.to_thread(review.sign_in, self._guard.database, token, utc_now())
        if session is None:
            return HTMLResponse(sign_in_page(frame, failed=True), 403)
        answer = RedirectResponse(PREFIX, 303)
        # Said by the proxy in front, if there is one. Nothing else is believed of what it says.
        secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
        answer.set_cookie(
            COOKIE, session, max_age=int(SIGNED_IN.total_seconds()), path=PREFIX, secure=secure, httponly=True,
            samesite="strict",
        )  # fmt: skip
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Enough for today."""
        await self.form(request, await self.frame(request))
        await asyncio.to_thread(review.sign_out, self._guard.database, request.cookies[COOKIE])
        answer = RedirectResponse(PREFIX, 303)
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    async def look(self, _: Request) -> Response:
        """How it looks."""
        return Response(self._look, media_type="text/css")

    async def frame(self, request: Request) -> Frame:
        """What is around a page for whoever has signed in. Raises NotSignedIn."""
        untrusted = request.cookies.get(COOKIE, "")
        name = await asyncio.to_thread(review.reviewer_of, self._guard.database, untrusted, utc_now())
        if name is None:
            raise NotSignedIn("Sign in first.")
        key = hmac.digest(untrusted.encode("utf-8", "surrogatepass"), b"form", "sha256").hex()
        return Frame(_words(request), Session(name, key), _here(request))

    async def _waiting(self, request: Request) -> review.Waiting:
        found = await asyncio.to_thread(review.read_waiting, self._guard.database, str(request.path_params["id"]))
        if found is None:
            raise UnknownUpload("Nothing is open about this upload: it was decided, withdrawn, or never held.")
        return found

    async def form(self, request: Request, frame: Frame) -> dict[str, list[str]]:
        """A short form that came from one of these pages. Raises ForeignForm."""
        # Browsers say the first wherever they have TLS, and the second always. What says neither is no browser.
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if (site or "same-origin") != "same-origin" or (
            site is None and origin is not None and urlsplit(origin).netloc != request.headers.get("host")
        ):
            raise ForeignForm("This form came from another site, so nothing was done. Open the page again.")
        body = bytearray()
        try:
            async with asyncio.timeout(self._form_timeout_s):
                async for block in request.stream():
                    if len(body := body + block) > _MAX_FORM_BYTES:
                        raise ForeignForm("This form is too long. Open the page again.")
        except (TimeoutError, ClientDisconnect) as error:
            raise ForeignForm("This form did not arrive. Open the page again.") from error
        try:
            form = parse_qs(body.decode("ascii", "replace"), max_num_fields=_MAX_FORM_FIELDS)
        except ValueError as error:
            raise ForeignForm("This form has too many fields. Open the page again.") from error
        key, session = form.get("key", [""])[0], frame.session
        if session and not hmac.compare_digest(key.encode(), session.form_key.encode()):
            raise ForeignForm("This form is from an earlier sign-in, so nothing was done. Open the page again.")
        return form

    async def _say(self, request: Request, error: Exception) -> Response:
        """Every error as a page that says what to do."""
        if isinstance(error, NotSignedIn):
            return HTMLResponse(sign_in_page(Frame(_words(request), None)), 401)
        if isinstance(error, NotContentError) and request.url.path.endswith("/preview"):
            return Response(status_code=404 if isinstance(error, UnknownUpload) else 502)  # An <img> shows its text.
        if isinstance(error, UnknownUpload | UnknownNotice):
            return HTMLResponse(error_page(await self._around(request), "gone"), 404)
        if isinstance(error, ForeignForm):
            return HTMLResponse(error_page(await self._around(request), "foreign"), 403)
        return HTMLResponse(error_page(Frame(_words(request), None), "later"), 503)

    async def _say_nothing_here(self, request: Request, error: Exception) -> Response:
        status = int(getattr(error, "status_code", 404))
        return HTMLResponse(error_page(await self._around(request), "page"), status)

    async def _around(self, request: Request) -> Frame:
        """The frame of an error's page, which whoever has not signed in may see too."""
        try:
            return await self.frame(request)
        except NotContentError:
            return Frame(_words(request), None)


def _words(request: Request) -> Words:
    """The language that was chosen, or else the one that the browser asks for."""
    for untrusted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if untrusted in LANGUAGES:
            return Words(LANGUAGES[untrusted])
    return Words.asked_for(request.headers.get("accept-language", ""))


def _here(request: Request) -> str:
    """Where a page can be opened again, in another language."""
    path = request.url.path
    if request.method != "GET":
        return PREFIX
    regime = request.query_params.get("regime", "")
    return f"{path}?regime={regime}" if regime.isalpha() and regime.isascii() else path


def _with_headers(app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> ASGIApp:
    """The same application with the rules for the browser on every answer."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = parse_qs(scope.get("query_string", b"").decode("ascii", "replace")).get("lang", [""])[0]
        kept = []
        if chosen in LANGUAGES:
            cookie = f"{LANGUAGE_COOKIE}={chosen}; Path={PREFIX}; Max-Age={_A_YEAR_S}; HttpOnly; SameSite=Strict"
            kept = [(b"set-cookie", cookie.encode())]

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                added: MutableMapping[str, Any] = message
                rules = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                added["headers"] = [*message["headers"], *kept, *rules]
            await send(message)

        await app(scope, receive, say)

    return guarded
