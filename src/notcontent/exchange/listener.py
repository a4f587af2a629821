# ruff: noqa: PLC0415 - Django may only be imported once its settings are named.
"""One process of the exchange: a face that listens, or the publisher. Started by `serving`, ends with its parent."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging.config
import mmap
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import cast

from notcontent.errors import NotContentError
from notcontent.exchange.folder import Folder

GRACE_S = 3.0
ALLOCATED_BEFORE_COLLECTING = 20_000


class Role(StrEnum):
    """What one process does."""

    PERSON = "person"
    PARTNERS = "partners"
    DESK = "desk"
    PUBLISHER = "publisher"


def main() -> int:
    """Run one role until told to stop.

    `--socket` numbers an inherited listening socket, `--parent` a pipe, `--load` memory shared by her face's processes.
    """
    parser = argparse.ArgumentParser(prog="notcontent-exchange-process")
    parser.add_argument("role", type=Role, choices=list(Role))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--socket", type=int)
    parser.add_argument("--load", type=int)
    parser.add_argument("--parent", type=int, required=True)
    args = parser.parse_args()
    _end_with_parent(args.parent)
    prepare_django(args.folder, args.role)
    try:
        if args.role is Role.PUBLISHER:
            return _publish(Folder(args.folder))
        if args.load is not None:
            _share_load(args.load)
        return _listen(args.role, args.socket)
    except NotContentError as error:
        print(f"notcontent: {error}", file=sys.stderr)
        return 2


def prepare_django(folder: Path, role: Role | None) -> None:
    """Load Django with the settings of this role; None for commands."""
    settings = {Role.PERSON: "person", Role.PARTNERS: "partners", Role.DESK: "desk"}.get(role or Role.PUBLISHER)
    os.environ["NOTCONTENT_EXCHANGE_FOLDER"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = f"notcontent.exchange.settings.{settings or 'everywhere'}"
    import django

    django.setup()


def _end_with_parent(descriptor: int) -> None:
    """End this process when the parent is gone, however it went: the pipe it held closes with it."""

    def watch() -> None:
        while os.read(descriptor, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()


def _share_load(descriptor: int) -> None:
    from notcontent.exchange.person.receiving import load
    from notcontent.exchange.person.work import LOAD_BYTES

    load.share(mmap.mmap(descriptor, LOAD_BYTES))


def _listen(role: Role, descriptor: int) -> int:
    import uvicorn
    from django.urls import get_resolver

    from notcontent.bounded_http import BoundedHttp
    from notcontent.exchange.limits import BODY_TIMEOUT_S
    from notcontent.exchange.quiet_log import LOGGING

    # Now rather than at the first request, so that a broken installation ends loudly.
    get_resolver().url_patterns  # noqa: B018
    app = _app(role)
    # After Django's own set-up, so that nothing of uvicorn's is left that could write an address.
    logging.config.dictConfig(LOGGING)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        loop="asyncio",
        http=cast("type[asyncio.Protocol]", partial(BoundedHttp, patience_s=BODY_TIMEOUT_S)),
        # Else a request on a kept connection may begin in what is left of the one before: its thread that is gone.
        reset_contextvars=True,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
        backlog=2048,
    )
    # What is loaded by now stays, and a thousand polls that wait are no garbage: Python's own pace of looking for some
    # would be a quarter of what they cost.
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATED_BEFORE_COLLECTING)
    with socket.socket(fileno=descriptor) as listening:
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _app(role: Role) -> Callable[..., object]:
    from notcontent.exchange.limits import SEALED_BODIES, BoundedBodies

    match role:
        case Role.PARTNERS:
            from notcontent.exchange.partners.handler import WAITS_WITHOUT_THREAD, PartnersHandler

            return BoundedBodies(PartnersHandler(), max_bytes=2 << 20, at_once=16, free=WAITS_WITHOUT_THREAD)
        case Role.PERSON:
            from notcontent.exchange.handler import KeptThreads
            from notcontent.exchange.person.headers import SAFE_HEADERS

            return BoundedBodies(KeptThreads(), max_bytes=1 << 20, at_once=16, headers=SAFE_HEADERS)
        case _:
            from notcontent.exchange.handler import KeptThreads

            return BoundedBodies(KeptThreads(), max_bytes=128 << 10, at_once=8, larger=SEALED_BODIES)


def _publish(folder: Folder) -> int:
    from notcontent.exchange.lists.publisher import Publisher, only_publisher

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with only_publisher(folder):
        Publisher(folder).run(stopping.is_set)
    return 0


if __name__ == "__main__":
    sys.exit(main())
