"""The review queue over HTTP: who may look, one decision once, and rules for the browser that leave nothing behind."""

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
from notcontent.doors.review.pages import CHOICES, PREFIX, HoldRule, Session
from notcontent.errors import NotContentError
from notcontent.guard import review
from notcontent.guard.errors import AlreadyDecided, UnknownUpload
from notcontent.guard.previewing import Previewing
from notcontent.guard.review import SIGNED_IN
from notcontent.guard.service import Guard
from notcontent.guard.writer import utc_now

COOKIE = "review"
_MAX_FORM_BYTES = 4096
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
        ]
        handlers = {NotContentError: self._say, HTTPException: self._say_nothing_here}
        return _with_headers(Starlette(routes=routes, exception_handlers=handlers))

    async def queue(self, request: Request) -> Response:
        """All that waits."""
        session = await self._session(request)
        uploads, total = await asyncio.to_thread(review.waiting, self._guard.database)
        done = request.query_params.get("done", "")
        return HTMLResponse(pages.queue_page(session, uploads, total, now=utc_now(), rule=self._rule, done=done))

    async def upload(self, request: Request) -> Response:
        """One upload."""
        session, found = await self._session(request), await self._waiting(request)
        preview = "none"
        if self._previewing and found.object_id is not None:
            preview = "shown" if "preview" in request.query_params else "offered"
        return HTMLResponse(pages.upload_page(session, found, utc_now(), self._rule, preview=preview))

    async def preview(self, request: Request) -> Response:
        """A coarse picture of it, on request."""
        await self._session(request)
        found = await self._waiting(request)
        if self._previewing is None or found.object_id is None:
            raise UnknownUpload("There is no preview of this upload. Look at it in your own tools.")
        return Response(await self._previewing.preview(found.object_id), media_type="image/png")

    async def decide(self, request: Request) -> Response:
        """End a hold."""
        session = await self._session(request)
        form = await self._form(request, session)
        choice = next((each for each in CHOICES if each.reason == form.get("reason")), None)
        if choice is None:
            raise ForeignForm("This is none of the four decisions. Go back and choose one.")
        try:
            await self._guard.decide(str(request.path_params["id"]), choice.decision, choice.reason)
        except AlreadyDecided:
            return RedirectResponse(f"{PREFIX}?done=gone", 303)
        return RedirectResponse(f"{PREFIX}?done={choice.decision}", 303)

    async def sign_in(self, request: Request) -> Response:
        """A token becomes half a day's work."""
        form = await self._form(request, None)
        session = await asyncio.to_thread(
            review.sign_in, self._guard.database, form.get("token", "").strip(), utc_now()
        )
        if session is None:
            return HTMLResponse(pages.sign_in_page(failed=True), 403)
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
        await self._form(request, await self._session(request))
        await asyncio.to_thread(review.sign_out, self._guard.database, request.cookies[COOKIE])
        answer = RedirectResponse(PREFIX, 303)
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    async def look(self, _: Request) -> Response:
        """How it looks."""
        return Response(self._look, media_type="text/css")

    async def _session(self, request: Request) -> Session:
        untrusted = request.cookies.get(COOKIE, "")
        name = await asyncio.to_thread(review.reviewer_of, self._guard.database, untrusted, utc_now())
        if name is None:
            raise NotSignedIn("Sign in first.")
        return Session(name, hmac.digest(untrusted.encode("utf-8", "surrogatepass"), b"form", "sha256").hex())

    async def _waiting(self, request: Request) -> review.Waiting:
        found = await asyncio.to_thread(review.read_waiting, self._guard.database, str(request.path_params["id"]))
        if found is None:
            raise UnknownUpload("Nothing is open about this upload: it was decided, withdrawn, or never held.")
        return found

    async def _form(self, request: Request, session: Session | None) -> dict[str, str]:
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
        fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=8)
        form = {name: values[0] for name, values in fields.items()}
        if session and not hmac.compare_digest(form.get("key", "").encode(), session.form_key.encode()):
            raise ForeignForm("This form is from an earlier sign-in, so nothing was done. Open the page again.")
        return form

    async def _say(self, request: Request, error: Exception) -> Response:
        """Every error as a page that says what to do."""
        if isinstance(error, NotSignedIn):
            return HTMLResponse(pages.sign_in_page(), 401)
        if isinstance(error, UnknownUpload):
            return HTMLResponse(pages.error_page("Nothing to decide", str(error)), 404)
        if isinstance(error, ForeignForm):
            return HTMLResponse(pages.error_page("Nothing was done", str(error)), 403)
        if request.url.path.endswith("/preview"):
            return Response(status_code=502)  # An <img> shows its alternative text.
        return HTMLResponse(pages.error_page("Not possible now", str(error)), 503)

    async def _say_nothing_here(self, _: Request, error: Exception) -> Response:
        status = int(getattr(error, "status_code", 404))
        return HTMLResponse(pages.error_page("There is no such page", "Begin with the list."), status)


def _with_headers(app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> ASGIApp:
    """The same application with the rules for the browser on every answer."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                added: MutableMapping[str, Any] = message
                added["headers"] = [
                    *message["headers"], *((name.lower().encode(), value.encode()) for name, value in _HEADERS.items())
                ]  # fmt: skip
            await send(message)

        await app(scope, receive, say)

    return guarded
