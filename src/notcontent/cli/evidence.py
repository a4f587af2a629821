"""`notcontent evidence`: make the folder for police or a court, on the helper's own computer, where the key is."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from notcontent.cli.letter import LetterError, read_identity


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    evidence = commands.add_parser("evidence", help="open evidence and make its folder, on the helper's own computer")
    words = evidence.add_subparsers(title="commands", dest="evidence_command", required=True, metavar="COMMAND")

    shown = words.add_parser(
        "open", help="print a record that was saved at the desk", description="Opens a sealed record and prints it."
    )
    shown.add_argument("file", type=Path, metavar="FILE", help="the .age file")
    shown.add_argument("--key", type=Path, required=True, metavar="FILE", help="the file that `letter key` made")
    shown.set_defaults(run=run_open)

    export = words.add_parser(
        "export",
        help="make the folder for police, a court, a lawyer or a platform",
        description="Opens a package that two people let out at the desk, and makes a folder that checks itself with "
        "Python and openssl alone: records, manifests, timestamps, custody, a report to print, a form to sign.",
    )
    export.add_argument("package", type=Path, metavar="PACKAGE", help="the .zip file saved at the desk")
    export.add_argument("--key", type=Path, required=True, metavar="FILE", help="the file that `letter key` made")
    export.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the folder to make")
    export.add_argument("--without-her", action="store_true", help="leave out her name, case and picture code")
    export.add_argument(
        "--withhold", action="append", default=[], metavar="FIELD", help="leave this field out too (repeatable)"
    )
    export.add_argument("--collector", default="", metavar="NAME", help="who collected it, for the form")
    export.add_argument("--clock", default="", metavar="TEXT", help="which clock, and how far off, for the form")
    export.add_argument("--language", default="en", metavar="TAG", help="of the labels of report and form (en)")
    export.add_argument("--no-pdf", action="store_true", help="make no PDF; the HTML pages print the same")
    export.set_defaults(run=run_export)


def run_open(args: argparse.Namespace) -> int:
    """Print a record, with nothing in it that could steer the terminal."""
    from notcontent.evidence.record import split

    record, _ = split(_opener(args.key)(_read(args.file)))
    for field in record.fields:
        value = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in field.value)
        print(f"{field.name}: {value}")
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Make the folder."""
    from notcontent.capture.printing import print_pdfs
    from notcontent.evidence.folder import HERS, Collector, make_folder, write_folder
    from notcontent.evidence.package import open_package

    withheld = frozenset(args.withhold) | (HERS if args.without_her else frozenset())
    made = make_folder(
        open_package(_read(args.package)),
        _opener(args.key),
        withheld=withheld,
        collector=Collector(args.collector, f"notcontent {version('notcontent')}", args.clock, args.language),
        now=datetime.now(UTC),
        print_pdfs=None if args.no_pdf else print_pdfs,
    )
    sha256 = write_folder(made, args.out)
    print(f"{len(made)} files. Check them: python3 {args.out / 'verify.py'}")
    print(f"SHA-256 of SHA256SUMS, to be written on the form: {sha256}")
    return 0


def _opener(key: Path) -> Any:
    import pyrage

    identity = read_identity(key)

    def open_sealed(sealed: bytes) -> bytes:
        try:
            opened: bytes = pyrage.decrypt(sealed, [identity])
            return opened
        except pyrage.DecryptError:
            raise LetterError("This key does not open it. It was sealed to another one, or is damaged.") from None

    return open_sealed


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LetterError(f"The file cannot be read ({error.strerror}). Check its name.") from None
