"""`notcontent scan`: sweep folders and buckets for pictures and videos that are on a guard's lists."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from notcontent.errors import NotContentError

if TYPE_CHECKING:
    from notcontent.doors.sweep.bucket import Aside
    from notcontent.doors.sweep.queue import Queue
    from notcontent.guard.swept import Root

CLOUD: Final = "s3://"

_DESCRIPTION = """\
Compare every picture and video in these files, folders and buckets (s3://bucket/prefix) with the lists that a guard
holds on this machine. It reads the guard's folder and changes nothing in it, whether the guard runs or not; nothing is
reported. Files are read where they lie, whatever a video's size; objects are read into memory. Links are not followed,
and files that are neither picture nor video are passed over.
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
Names of files appear in this output and in the file of --resume only. What --tag and --move-to could not do is an
error line of its own.

Buckets need notcontent[s3]. Where they are and who asks is read as by every S3 program: AWS_ENDPOINT_URL,
AWS_ACCESS_KEY_ID, AWS_REGION, ~/.aws/config, the machine's role.

Exit codes: 0 nothing found, 1 at least one match (also if files could not be read), 2 something could not be read.
"""


class CannotSweep(NotContentError):
    """A place to sweep, or the place to remember how far the sweep is, cannot be used."""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add `scan`."""
    parser = commands.add_parser(
        "scan",
        help="sweep folders and buckets for pictures that are on a guard's lists",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a file, a folder or s3://bucket/prefix")
    parser.add_argument(
        "--queue", metavar="URL", help="instead of PATH: look at what this SQS queue says is new, until Ctrl-C"
    )
    parser.add_argument("--until-empty", action="store_true", help="end when the queue has no more messages")
    parser.add_argument(
        "--tag", action="store_true", help="tag held and blocked objects: notcontent=hold or notcontent=block"
    )
    parser.add_argument(
        "--move-to", metavar="PLACE", help="move what is held or blocked there: a folder, or s3://bucket/prefix"
    )
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
    from notcontent.guard.sweep import Sweep
    from notcontent.guard.swept import Counts, Places
    from notcontent.guard.writer import utc_now

    roots = _roots(args)
    work = _queue(args) if args.queue else None
    settings = load_settings(args.folder)
    database = Database(args.folder, read_only=True)
    Readiness(database, None, settings.list_max_age, utc_now).require_fresh_lists()
    names = {each.id: each.name for each in read_lists(database)}
    lists = Lists(database, names, open_readers(args.folder, load_seed(args.folder)))
    try:
        places = Places(roots, args.resume)
    except OSError as error:
        raise CannotSweep("The file of --resume could not be read or written. Choose another.") from error

    async def sweep() -> Counts:
        workers = max(1, args.workers)
        async with Sweep(lists, settings, workers, as_json=args.json, out=sys.stdout, progress=sys.stderr) as sweep:
            if work:
                await work.sweep(sweep, until_empty=args.until_empty)
            else:
                await sweep.over(places)
        return sweep.counts

    try:
        counts = asyncio.run(sweep())
    finally:
        lists.close()
        database.close()
    return 1 if counts.matches else 2 if counts.errors else 0


def _roots(args: argparse.Namespace) -> list[Root]:
    """What is to be swept. Raises CannotSweep where nothing could be."""
    from notcontent.guard.swept import FolderRoot

    if bool(args.paths) == bool(args.queue):
        raise CannotSweep("Name what to sweep: files, folders and buckets, or one --queue.")
    if args.queue and args.resume:
        raise CannotSweep("A queue remembers by itself what is left. Leave --resume away.")
    if args.until_empty and not args.queue:
        raise CannotSweep("--until-empty belongs to --queue. Leave it away.")
    clouds = [path for path in args.paths if path.startswith(CLOUD)]
    folders = [path for path in args.paths if path not in clouds]
    in_cloud = bool(args.move_to and args.move_to.startswith(CLOUD))
    if folders and args.tag:
        raise CannotSweep("Only objects in a bucket have tags. Use --move-to for files.")
    if args.move_to and ((folders and in_cloud) or ((clouds or args.queue) and not in_cloud)):
        raise CannotSweep("Files move into a folder and objects into a bucket. Sweep them one after the other.")
    for path in folders:
        if not os.path.lexists(path):
            raise CannotSweep("One of the places to sweep does not exist. Correct its name; nothing was swept.")
    move_to = os.path.abspath(args.move_to) if args.move_to and not in_cloud else None
    buckets = _buckets(args, clouds)
    return [buckets[path] if path in buckets else FolderRoot(os.path.abspath(path), move_to) for path in args.paths]


def _buckets(args: argparse.Namespace, paths: list[str]) -> dict[str, Root]:
    if not paths:
        return {}
    bucket = _cloud()
    s3 = bucket.connect("s3")
    return {path: bucket.BucketRoot(s3, bucket.read_address(path), _aside(args)) for path in paths}


def _queue(args: argparse.Namespace) -> Queue:
    bucket = _cloud()
    from notcontent.doors.sweep.queue import Queue

    return Queue(bucket.connect("sqs"), bucket.connect("s3"), args.queue, _aside(args), sys.stderr)


def _aside(args: argparse.Namespace) -> Aside:
    from notcontent.doors.sweep.bucket import Aside, read_address

    move_to = read_address(args.move_to) if args.move_to else None
    if move_to and not move_to.key.strip("/"):
        raise CannotSweep("Objects are moved below a prefix, which is not swept itself. Name one: s3://bucket/prefix.")
    return Aside(args.tag, move_to)


def _cloud() -> ModuleType:
    try:
        from notcontent.doors.sweep import bucket
    except ImportError as error:
        raise CannotSweep("Buckets and queues need boto3. Install notcontent[s3].") from error
    return bucket
