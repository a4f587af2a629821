"""`notcontent relay`: somebody else's list for your own guard."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import sqlite3
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notcontent.errors import NotContentError

RETRY_S = 30.0


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this command."""
    relay = commands.add_parser(
        "relay",
        help="tell a guard the list of StopNCII.org, NCMEC or a file of hashes",
        description="Fetches the list with python-threatexchange's clients, whose keys it takes from their usual "
        "places, and serves it to one guard on this machine. Prints how the guard follows it. Ctrl-C ends it.",
    )
    relay.add_argument("source", choices=["stop_ncii", "ncmec", "local_file"], help="whose list")
    relay.add_argument("--folder", type=Path, required=True, help="data folder, one for each list")
    relay.add_argument("--port", type=int, default=8110, help="port on 127.0.0.1 (default 8110; 0 takes a free one)")
    relay.add_argument("--every", type=float, default=240.0, metavar="SECONDS", help="how often to fetch (default 240)")
    relay.add_argument("--environment", help="for ncmec: which of its databases")
    relay.add_argument("--file", type=Path, help="for local_file: one PDQ hash a line")
    relay.add_argument(
        "--confirmed", choices=["claimed", "seen", "verified"], default="seen",
        help="tier of what a platform's reviewers confirmed (default seen); all else is claimed",
    )  # fmt: skip
    relay.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    import uvicorn

    from notcontent.feed.entry import Tier
    from notcontent.listening import open_listener
    from notcontent.relay.app import Relay
    from notcontent.relay.source import Source
    from notcontent.relay.stream import Stream

    # What a foreign client logs holds hashes.
    logging.basicConfig(level=logging.WARNING, handlers=[Unread()], force=True)
    given = {"environment": args.environment, "filename": args.file and str(args.file.resolve())}
    settings = {name: value for name, value in given.items() if value is not None}
    source = Source(args.source, settings, Tier(args.confirmed))
    stream = Stream(args.folder, _now())
    relay = Relay(stream, _now)
    with open_listener("127.0.0.1", args.port) as listening:
        print("Let the guard follow it, under a name of your choice:")
        print(
            f"notcontent guard follow http://127.0.0.1:{listening.getsockname()[1]} --token {stream.token} "
            f"--root-key {stream.key.public.text} --name {args.source}",
            flush=True,
        )
        config = uvicorn.Config(
            relay.app(), log_level="error", access_log=False, lifespan="off", server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)

        async def serve() -> None:
            fetching = asyncio.create_task(_fetch(relay, stream, source, args.every))

            def end(_: object) -> None:
                server.should_exit = True

            # Nothing is served for long that is not kept up to date: a full disk, a fault.
            fetching.add_done_callback(end)
            await server.serve(sockets=[listening])
            if fetching.done():
                fetching.result()
            fetching.cancel()

        asyncio.run(serve())
    return 0


async def _fetch(relay: Any, stream: Any, source: Any, every_s: float) -> None:
    from notcontent.relay.errors import SourceAway

    while True:
        try:
            await _in_a_thread(lambda: stream.take(source, _now()))
            relay.fetched = _now()
            pause_s = every_s
        except SourceAway as error:
            print(f"notcontent: {error}", file=sys.stderr, flush=True)
            pause_s = min(every_s, RETRY_S)
        await asyncio.sleep(pause_s)


async def _in_a_thread(work: Callable[[], object]) -> None:
    """Await work that may hang, in a thread that Ctrl-C does not wait for: what it has not stored is fetched again."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    failed: list[Exception] = [RuntimeError("the fetch ended in a way nobody foresaw")]

    def run() -> None:
        try:
            work()
            failed.clear()
        except (NotContentError, OSError, sqlite3.Error) as error:
            failed[0] = error
        finally:
            with contextlib.suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, daemon=True).start()
    await done.wait()
    if failed:
        raise failed[0]


class Unread(logging.Handler):
    """Says that something in a list could not be read, after one, two, four, eight … times, and never what it was."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count it."""
        self.count += 1
        if self.count & (self.count - 1) == 0:
            print(
                f"notcontent: python-threatexchange could not read something in the list ({self.count} so far).",
                file=sys.stderr, flush=True,
            )  # fmt: skip


def _now() -> datetime:
    return datetime.now(UTC)
