"""`notcontent hma-bank`: keep a bank of a stock HMA equal to a helpline's list."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WAIT_S = 20
PAUSE_S = 5.0


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this command."""
    bank = commands.add_parser(
        "hma-bank",
        help="keep a bank of HMA equal to a helpline's list; what is withdrawn is deleted from it",
        description="Follows the list and writes it into a bank of its own, over HMA's own routes. Ctrl-C ends it.",
    )
    bank.add_argument("url", metavar="URL", help="the exchange's address for partners")
    bank.add_argument("--token-file", type=Path, required=True, help="a file with this platform's token there")
    bank.add_argument("--root-key", required=True, help="the exchange's root key, one line that starts with RW")
    bank.add_argument("--hma", required=True, metavar="URL", help="HMA's address, such as http://127.0.0.1:5000")
    bank.add_argument("--bank", default="NOTCONTENT", help="the bank's name in HMA (default NOTCONTENT)")
    bank.add_argument(
        "--file", type=Path, default=Path("hma-bank.sqlite3"), help="what is in the bank (default ./hma-bank.sqlite3)"
    )
    bank.add_argument("--once", action="store_true", help="bring the bank up to date and end")
    bank.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Follow until told to stop."""
    from notcontent.feed.signature import PublicKey
    from notcontent.follower.asking import Exchange
    from notcontent.follower.hma_bank import HmaBank

    exchange = Exchange(args.url, args.token_file.read_text().strip(), PublicKey.from_text(args.root_key))
    bank = HmaBank(exchange, args.hma, args.bank, args.file)
    while True:
        if args.once:
            _say(bank.turn(datetime.now(UTC)))
            return 0
        if not _try_turn(bank):
            time.sleep(PAUSE_S)


def _try_turn(bank: Any) -> bool:
    from notcontent.errors import NotContentError

    try:
        _say(bank.turn(datetime.now(UTC), WAIT_S))
    except NotContentError as error:
        if error.permanent:
            raise
        print(f"notcontent: {error}", file=sys.stderr, flush=True)
        return False
    return True


def _say(changes: int) -> None:
    if changes:
        print(f"{changes} entr{'y' if changes == 1 else 'ies'} came or went", flush=True)
