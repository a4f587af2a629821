"""`notcontent`: one program, one word for each thing it does."""

from __future__ import annotations

import argparse
import importlib
import sys

from notcontent.errors import NotContentError

#: Each of these modules has `add_commands(commands)`, which adds parsers whose defaults hold `run(args) -> int`.
ROOMS = (
    *("run", "demo", "fingerprint", "guard", "scan", "telegram", "exchange", "letter", "receipt", "device"),
    *("hma_bank", "relay", "evidence", "simulate"),
)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line, so that `--help` and the documentation tests read the same thing."""
    parser = argparse.ArgumentParser(
        prog="notcontent",
        description="Recognise a picture that is shared without consent, without anyone being handed the picture.",
        epilog="Exit codes: 0 done, 1 a check failed, 2 something went wrong (the text says what to do).",
    )
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for room in ROOMS:
        importlib.import_module(f"notcontent.cli.{room}").add_commands(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args))
    except NotContentError as error:
        print(f"notcontent: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
