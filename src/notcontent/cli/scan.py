"""`notcontent scan`: sweep folders for pictures and videos that are on a guard's lists."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from notcontent.errors import NotContentError

_DESCRIPTION = """\
Compare every picture and video in these files and folders with the lists that a guard holds on this machine. It reads
the guard's folder and changes nothing in it, whether the guard runs or not; nothing is sent anywhere, nothing is
reported. Videos are read where they lie, whatever their size. Links are not followed, and files that are neither are
passed over.
"""

_EPILOG = """\
Lines on standard output, in the order of the names: one for each match and for each file that could not be read. With
--json each is an object, and the last one counts:
  {"file", "verdict": "flag", "hold" or "block",
   "matches": [{"entry", "list", "tier", "distance_bits", "orientation", "view", "at_s"}]}
  {"file", "error": what happened and what to do}
  {"summary": {"files", "matches", "errors", "passed_over"}}
The verdict is what the guard's settings ask for; what to do is your decision. The view says where in the file the
listed picture is: whole, inverted, trimmed (inside a border or a screenshot), rectangle or tile (a part of it), tilted,
or frame: at_s seconds after the beginning of a video.
Names of files appear in this output and in the file of --resume only.

Exit codes: 0 nothing found, 1 at least one match (also if files could not be read), 2 something could not be read.
"""


class CannotSweep(NotContentError):
    """A place to sweep, or the place to remember how far the sweep is, cannot be used."""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add `scan`."""
    parser = commands.add_parser(
        "scan",
        help="sweep folders for pictures that are on a guard's lists",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or folder")
    parser.add_argument(
        "--folder", type=Path, default=Path("guard-data"), help="the guard's data folder (default ./guard-data)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument(
        "--resume", type=Path, metavar="FILE", help="remember there how far it is; begin there after an interruption"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        help="processes that open pictures and videos (default: one a core)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sweep, and say by the exit code what was found."""
    from notcontent.guard.database import Database
    from notcontent.guard.folder import load_seed
    from notcontent.guard.followed import read_lists
    from notcontent.guard.lists import Lists, open_readers
    from notcontent.guard.readiness import Readiness
    from notcontent.guard.settings import load_settings
    from notcontent.guard.sweep import Places, Sweep
    from notcontent.guard.writer import utc_now

    for path in args.paths:
        if not os.path.lexists(path):
            raise CannotSweep("One of the places to sweep does not exist. Correct its name; nothing was swept.")
    settings = load_settings(args.folder)
    database = Database(args.folder, read_only=True)
    Readiness(database, None, settings.list_max_age, utc_now).require_fresh_lists()
    names = {each.id: each.name for each in read_lists(database)}
    lists = Lists(database, names, open_readers(args.folder, load_seed(args.folder)))
    try:
        places = Places([os.path.abspath(path) for path in args.paths], args.resume)
    except OSError as error:
        raise CannotSweep("The file of --resume could not be read or written. Choose another.") from error
    sweep = Sweep(lists, settings, places, as_json=args.json, out=sys.stdout, progress=sys.stderr)
    try:
        counts = asyncio.run(sweep.run(max(1, args.workers)))
    finally:
        lists.close()
        database.close()
    return 1 if counts.matches else 2 if counts.errors else 0
