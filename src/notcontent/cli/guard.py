"""`notcontent guard`: run a guard beside a platform."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notcontent.errors import NotContentError

if TYPE_CHECKING:
    import socket

    from notcontent.guard.service import Guard


class PortTaken(NotContentError):
    """The guard cannot listen where it was told to."""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    guard = commands.add_parser("guard", help="recognise listed pictures beside a platform")
    words = guard.add_subparsers(required=True, metavar="COMMAND")

    follow = words.add_parser(
        "follow",
        help="follow an exchange's list",
        description="Takes effect at the next start. The same name again takes a new address or token.",
    )
    follow.add_argument("url", metavar="URL", help="the exchange's address for partners")
    follow.add_argument("--token", required=True, help="this platform's token at that exchange")
    follow.add_argument("--root-key", required=True, help="the exchange's root key, one line that starts with RW")
    follow.add_argument(
        "--name", required=True, help="what this list is called in answers, such as the helpline's name"
    )
    follow.set_defaults(run=run_follow)

    token = words.add_parser("token", help="make a token for one of your servers; it is printed once")
    token.add_argument("name", metavar="NAME", help="what the token is for")
    token.add_argument(
        "--hold",
        choices=("202", "block", "allow"),
        help="how this caller wants to hear of a hold (default: as a block, unless it asks with ?hold=)",
    )
    token.set_defaults(run=run_token)

    serve = words.add_parser("serve", help="start the guard")
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (default 8100; 0 takes a free one)")
    serve.set_defaults(run=run_serve)

    status = words.add_parser(
        "status", help="say how far every list is", description="Exit code 1 if one is not ready."
    )
    status.set_defaults(run=run_status)
    for command in (follow, token, serve, status):
        command.add_argument(
            "--folder", type=Path, default=Path("guard-data"), help="data folder (default ./guard-data)"
        )


def run_follow(args: argparse.Namespace) -> int:
    """Remember one exchange."""
    from notcontent.guard.database import Database
    from notcontent.guard.folder import prepare_folder
    from notcontent.guard.followed import follow_list

    prepare_folder(args.folder)
    follow_list(Database(args.folder), name=args.name, url=args.url, token=args.token, root_key=args.root_key)
    print(f"The guard follows {args.name} from its next start on.")
    return 0


def run_token(args: argparse.Namespace) -> int:
    """Make a token and print it."""
    from notcontent.guard.database import Database
    from notcontent.guard.folder import prepare_folder
    from notcontent.guard.tokens import HoldAnswer, create_token

    prepare_folder(args.folder)
    token = create_token(Database(args.folder), args.name, HoldAnswer(args.hold) if args.hold else None)
    print("Keep this token now; it can't be shown again.")
    print(token)
    return 0


def run_serve(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    from dataclasses import replace

    from notcontent.guard.crew import Crew
    from notcontent.guard.folder import prepare_folder
    from notcontent.guard.service import Guard
    from notcontent.guard.settings import load_settings
    from notcontent.guard.writer import Writer
    from notcontent.listening import open_listener

    os.umask(0o077)
    prepare_folder(args.folder)
    settings = load_settings(args.folder)
    settings = replace(
        settings,
        host=args.host if args.host is not None else settings.host,
        port=args.port if args.port is not None else settings.port,
    )
    try:
        listening = open_listener(settings.host, settings.port)
    except (OSError, OverflowError) as error:
        raise PortTaken(
            f"The guard cannot listen on {settings.host} port {settings.port}: it is taken or not allowed. "
            "Stop what uses it, or choose another with --host and --port."
        ) from error
    with listening as listener:
        writer = Writer(args.folder, settings)
        command = (sys.executable, "-m", "notcontent.cli.guard", str(args.folder))
        crew = Crew(writer, command, listener, max(0, settings.workers - 1))
        guard = Guard.beside_writer(writer, settings, crew)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        print(f"The guard listens on http://{host}:{listener.getsockname()[1]}", flush=True)
        return _answer_uploads(guard, listener)


def _answer_uploads(guard: Guard, listener: socket.socket) -> int:
    """Serve one guard's door on a socket until SIGTERM or Ctrl-C."""
    import signal

    import uvicorn

    from notcontent.doors.http.app import Door
    from notcontent.doors.http.protocol import BoundedHttp

    # No access log, and warnings only: nothing about who asked or what was uploaded is written anywhere.
    config = uvicorn.Config(
        Door(guard).app(),
        access_log=False,
        log_level="warning",
        lifespan="on",
        server_header=False,
        # Nobody asks who sent an upload, so nothing needs to believe X-Forwarded-For.
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        # Not uvloop, even where it is installed: its pipes to the workers are sockets, which hold less.
        loop="asyncio",
        http=BoundedHttp,
        ws="none",
    )
    server = uvicorn.Server(config)
    # The server handles both signals itself and passes them on when it has stopped: then there is nothing to do.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    server.run(sockets=[listener])
    return 0 if server.started else 2


def answer_beside() -> int:
    """One more process that answers, started by `guard serve`: folder, listening socket, link."""
    import socket

    from notcontent.guard.link import WriterLink
    from notcontent.guard.service import Guard
    from notcontent.guard.settings import load_settings

    os.umask(0o077)
    folder = Path(sys.argv[1])
    link = WriterLink(socket.socket(fileno=int(sys.argv[3])))
    with socket.socket(fileno=int(sys.argv[2])) as listener:
        return _answer_uploads(Guard.linked(folder, load_settings(folder), link), listener)


def run_status(args: argparse.Namespace) -> int:
    """Print each list's state as the database holds it, also while the guard is serving."""
    from notcontent.guard.database import FILE_NAME, Database
    from notcontent.guard.readiness import Readiness
    from notcontent.guard.settings import load_settings
    from notcontent.guard.writer import utc_now

    if not (args.folder / FILE_NAME).exists():
        print("There is no guard in this folder yet. Start with `notcontent guard follow`.")
        return 1
    readiness = Readiness(Database(args.folder), None, load_settings(args.folder).list_max_age, utc_now)
    lists = readiness.lists()
    for each in lists:
        age = "not arrived yet" if each.age_s is None else f"{each.age_s} s old"
        ready = "ready" if each.ready else "not ready"
        print(f"{each.name}: {ready}, {age}, epoch {each.epoch}, number {each.number}, {each.count} entries")
    if not lists:
        print("This guard follows no list yet. Add one with `notcontent guard follow`.")
    counts = readiness.counts()
    print(f"outbox: {counts.waiting} waiting, {counts.refused} refused by the exchange")
    return 0 if lists and all(each.ready for each in lists) else 1


if __name__ == "__main__":
    sys.exit(answer_beside())
