"""Which doors a guard opens, and how one process serves them all: HTTP routes in one server, streams beside it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Protocol, cast

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from notcontent.errors import NotContentError
from notcontent.guard.service import Guard
from notcontent.guard.settings import Settings
from notcontent.listening import TAKEN_AT_ONCE, Listener, open_listener


class PortTaken(NotContentError):
    """The guard cannot listen where it was told to."""


class StreamDoor(Protocol):
    """A door with a protocol of its own, on a socket of its own."""

    async def open(self, listener: Listener) -> None:
        """Answer whoever connects, from now on."""

    async def close(self) -> None:
        """Take no more, let what is under way end, within seconds."""


def _clamd(guard: Guard) -> StreamDoor:
    from notcontent.doors.clamd.door import ClamdDoor

    return ClamdDoor(guard)


def _icap(guard: Guard) -> StreamDoor:
    from notcontent.doors.icap.door import IcapDoor

    return IcapDoor(guard)


#: Door -> how it is made. Its port, if it is to be open, is the setting `<door>_port`.
STREAM_DOORS: dict[str, Callable[[Guard], StreamDoor]] = {"clamd": _clamd, "icap": _icap}


def open_doors(settings: Settings) -> dict[str, Listener]:
    """A listening socket for each door that is to be open, `http` first. Raises PortTaken."""
    ports = {"http": settings.port}
    for name in STREAM_DOORS:
        if port := getattr(settings, f"{name}_port"):
            ports[name] = port
    listeners: dict[str, Listener] = {}
    for name, port in ports.items():
        try:
            listeners[name] = open_listener(settings.host, port)
        except (OSError, OverflowError) as error:
            other = "--port" if name == "http" else f"the setting {name}_port"
            raise PortTaken(
                f"The guard cannot listen on {settings.host} port {port} ({name} door): it is taken or not allowed. "
                f"Stop what uses it, or choose another with {other}."
            ) from error
    return listeners


def serve_doors(guard: Guard, listeners: Mapping[str, Listener]) -> int:
    """Serve one guard's doors on these sockets until SIGTERM or Ctrl-C; the exit code."""
    import uvicorn

    from notcontent.bounded_http import BoundedHttp
    from notcontent.guard.logs import set_up_logs

    set_up_logs(as_json=guard.settings.logs_json)

    # No access log, and warnings only: nothing about who asked or what was uploaded is written anywhere.
    config = uvicorn.Config(
        _application(guard, listeners),
        access_log=False,
        log_config=None,
        log_level="warning",
        lifespan="on",
        server_header=False,
        # Nobody asks who sent an upload, so nothing needs to believe X-Forwarded-For.
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        backlog=TAKEN_AT_ONCE,
        # Not uvloop, even where it is installed: its pipes to the workers are sockets, which hold less.
        loop="asyncio",
        http=cast("type[asyncio.Protocol]", partial(BoundedHttp, patience_s=guard.settings.body_timeout_s)),
        ws="none",
    )
    server = uvicorn.Server(config)
    # The server handles both signals itself and passes them on when it has stopped: then there is nothing to do.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    server.run(sockets=[listeners["http"]])
    return 0 if server.started else 2


def _application(guard: Guard, listeners: Mapping[str, Listener]) -> ASGIApp:
    from notcontent.doors.hma.app import HmaDoor
    from notcontent.doors.http.app import Door
    from notcontent.doors.review.app import ReviewDoor
    from notcontent.guard.receiving import Receiving

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await guard.start()
        doors: list[StreamDoor] = []
        try:
            for name, make in STREAM_DOORS.items():
                if name in listeners:
                    door = make(guard)
                    await door.open(listeners[name])
                    doors.append(door)
            yield
        finally:
            for door in doors:
                await door.close()
            await guard.stop()

    receiving = Receiving.within(guard.settings)
    life, http = Starlette(lifespan=lifespan), Door(guard, receiving).app()
    # Doors of the same server, by what their addresses begin with.
    beside: dict[str, ASGIApp] = {"/review": ReviewDoor(guard).app()}
    if rule := guard.settings.hma_rule:
        beside["/hma"] = HmaDoor(guard, rule, receiving)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await life(scope, receive, send)
            return
        first = "/" + str(scope["path"]).lstrip("/").partition("/")[0]
        await beside.get(first, http)(scope, receive, send)

    return application
