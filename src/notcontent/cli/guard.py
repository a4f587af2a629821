"""`notcontent guard`: run a guard beside a platform."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any


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

    revoke = words.add_parser("revoke", help="make a token worth nothing, at once")
    revoke.add_argument("name", metavar="NAME", help="the name that the token was made with")
    revoke.set_defaults(run=run_revoke)

    token = words.add_parser("token", help="make a token for one of your servers; it is printed once")
    token.add_argument("name", metavar="NAME", help="what the token is for")
    token.add_argument(
        "--for", dest="purpose", choices=("check", "metrics", "review"), default="check",
        help="sending uploads (default), reading /metrics, or deciding about held uploads at /review",
    )  # fmt: skip
    token.add_argument(
        "--hold",
        choices=("202", "block", "allow"),
        help="how this caller wants to hear of a hold (default: as a block, unless it asks with ?hold=)",
    )
    for name, what in (("held", "is held"), ("unchecked", "could not be checked")):
        token.add_argument(
            f"--when-{name}", choices=("pass", "stop"), help=f"what /v1/verdict says of an upload that {what}"
        )
    token.add_argument("--uploads-a-minute", type=int, metavar="N", help="more of them get 429 (default: no limit)")
    token.set_defaults(run=run_token)

    serve = words.add_parser("serve", help="start the guard")
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (default 8100; 0 takes a free one)")
    serve.set_defaults(run=run_serve)

    status = words.add_parser(
        "status", help="say how far every list is", description="Exit code 1 if one is not ready."
    )
    status.set_defaults(run=run_status)
    for command in (follow, token, revoke, serve, status):
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
    from notcontent.guard.doorway import DoorRule, Outcome
    from notcontent.guard.errors import BadSettings
    from notcontent.guard.folder import prepare_folder
    from notcontent.guard.tokens import Caller, HoldAnswer, Purpose, create_token

    rule = None
    if args.when_held or args.when_unchecked:
        if not (args.when_held and args.when_unchecked):
            raise BadSettings("State both --when-held and --when-unchecked: neither has a default.")
        rule = DoorRule(Outcome(args.when_held), Outcome(args.when_unchecked), "verdict")
    if args.uploads_a_minute is not None and args.uploads_a_minute < 1:
        raise BadSettings("--uploads-a-minute needs a number above 0; leave it away for no limit.")
    prepare_folder(args.folder)
    hold = HoldAnswer(args.hold) if args.hold else None
    token = create_token(
        Database(args.folder), Caller(args.name, hold, Purpose(args.purpose), rule, args.uploads_a_minute)
    )
    print("Keep this token now; it can't be shown again.")
    print(token)
    return 0


def run_revoke(args: argparse.Namespace) -> int:
    """Make a token worth nothing."""
    from notcontent.guard.database import Database
    from notcontent.guard.folder import prepare_folder
    from notcontent.guard.tokens import revoke_token

    prepare_folder(args.folder)
    revoke_token(Database(args.folder), args.name)
    print("The token opens nothing any more.")
    return 0


def run_serve(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    import tempfile
    from dataclasses import replace

    from notcontent.guard.freed import keep_freed_together

    keep_freed_together()
    # What all processes of this guard count in together (notcontent.guard.metrics); read when that is loaded.
    counts = tempfile.TemporaryDirectory(prefix="notcontent-guard-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts.name

    from notcontent.cli.doors import open_doors, serve_doors
    from notcontent.guard.crew import Crew
    from notcontent.guard.folder import prepare_folder
    from notcontent.guard.service import Guard
    from notcontent.guard.settings import load_settings
    from notcontent.guard.writer import Writer

    os.umask(0o077)
    prepare_folder(args.folder)
    settings = load_settings(args.folder)
    settings = replace(
        settings,
        host=args.host if args.host is not None else settings.host,
        port=args.port if args.port is not None else settings.port,
    )
    listeners = open_doors(settings)
    writer = Writer(args.folder, settings)
    command = (sys.executable, "-m", "notcontent.cli.guard", str(args.folder))
    crew = Crew(writer, command, listeners, max(0, settings.workers - 1))
    guard = Guard.beside_writer(writer, settings, crew)
    # The HTTP door comes first: whoever starts a guard reads this line.
    for name, listener in listeners.items():
        host, port = listener.getsockname()[:2]
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        print(f"The guard listens on http://{address}" if name == "http" else f"{name}: {address}", flush=True)
    with counts:
        return serve_doors(guard, listeners)


def answer_beside() -> int:
    """One more process that answers, started by `guard serve`: folder, listening sockets, link."""
    import socket

    from notcontent.guard.freed import keep_freed_together

    keep_freed_together()
    from notcontent.cli.doors import serve_doors
    from notcontent.guard.link import WriterLink
    from notcontent.guard.service import Guard
    from notcontent.guard.settings import load_settings
    from notcontent.listening import Listener

    os.umask(0o077)
    folder = Path(sys.argv[1])
    doors = (door.split("=") for door in sys.argv[2].split(","))
    listeners = {name: Listener(fileno=int(number)) for name, number in doors}
    link = WriterLink(socket.socket(fileno=int(sys.argv[3])))
    return serve_doors(Guard.linked(folder, load_settings(folder), link), listeners)


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
