"""`notcontent run`: the whole thing on one machine, for practice."""

from __future__ import annotations

import argparse
import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

PORTS = {"person": 8000, "partners": 8001, "desk": 8002, "guard": 8100, "board": 8200}


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    run = commands.add_parser(
        "run",
        help="start a practice set-up: exchange, guard and a small guarded picture board",
        description="Starts everything on 127.0.0.1 with SQLite in one data folder. The first start makes keys, a desk "
        "account and a sample partner; later starts find everything where it was. Ctrl-C stops it all.",
    )
    run.add_argument("--folder", type=Path, default=Path("data"), help="where everything is kept (default: ./data)")
    for name, port in PORTS.items():
        run.add_argument(f"--{name}-port", type=int, default=port, metavar="PORT", help=f"default {port}")
    run.add_argument("--no-board", action="store_true", help="leave the sample picture board out")
    run.set_defaults(run=run_practice)


def run_practice(args: argparse.Namespace) -> int:
    """Start, say how to get in, wait for Ctrl-C."""
    from notcontent.cli.practice import Ports, Practice

    # Both named here, for a shell that starts this in the background leaves Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    board_port = 0 if args.no_board else args.board_port
    ports = Ports(args.person_port, args.partners_port, args.desk_port, args.guard_port, board_port)
    # As it can be typed: `make run` starts a program that is on nobody's PATH.
    notcontent = "notcontent" if shutil.which("notcontent") else shlex.quote(sys.argv[0])
    print("Starting a practice set-up …", flush=True)
    with Practice(args.folder.resolve(), ports) as practice:
        known = practice.start()
        # Ctrl-C may come as soon as this is read.
        try:
            print(
                f"""
Practice only. Nothing here reaches a real site.

  The person's page   {ports.url("person")}
  The picture board   {ports.url("board") if board_port else "(left out)"}
      moderators      {ports.url("board")}/moderator   word {known.moderator_word}
  The helpline's desk {ports.url("desk")}
      sign in as      {known.desk_name}   password {known.desk_password}
      open letters    {notcontent} letter open FILE --key {practice.helpline_key}
  The guard           {ports.url("guard")}/readyz   interface {ports.url("guard")}/openapi.json
      token           {known.guard_token}
      held uploads    {ports.url("guard")}/review   sign in with what this prints:
                      {notcontent} guard token me --for review --folder {practice.folder / "guard"}
  The partners' feed  {ports.url("partners")}
      root key        {known.root_key}

  Try it: make a picture code on the person's page, then post the same picture, changed, on the board.
  Everything is kept in {practice.folder}. Press Ctrl-C to stop.
""",
                flush=True,
            )
            practice.wait()
        except KeyboardInterrupt:
            print("\nStopping …", flush=True)
    print("Stopped. The next start finds everything where it was.")
    return 0
