"""`notcontent receipt verify`: check a platform's signed word without the exchange."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    receipt = commands.add_parser("receipt", help="check a platform's signed word that it stopped or erased an entry")
    words = receipt.add_subparsers(required=True, metavar="COMMAND")
    verify = words.add_parser(
        "verify",
        help="check one receipt",
        description="Checks the signature and says what it proves. "
        "Exit code 0 if it holds, 1 if it does not, 2 if the input is unusable.",
        epilog="A receipt is a JSON object with text and signature. The same pair, in two files, passes `minisign -V`.",
    )
    verify.add_argument("file", metavar="FILE", help="the receipt as JSON, or - for standard input")
    verify.add_argument("--key", required=True, help="the platform's public key, one line that starts with RW")
    verify.set_defaults(run=run_verify)


def run_verify(args: argparse.Namespace) -> int:
    """Print what the receipt says if its signature holds."""
    from notcontent.feed.receipt import parse_receipt
    from notcontent.feed.signature import BadSignature, PublicKey, Signed
    from notcontent.feed.text import MalformedText

    key = PublicKey.from_text(args.key)
    try:
        content = sys.stdin.read() if args.file == "-" else Path(args.file).read_text()
        untrusted = json.loads(content)
    except (OSError, ValueError):
        print("notcontent: This file cannot be read as JSON. Give the receipt as it was saved.", file=sys.stderr)
        return 2
    try:
        receipt = parse_receipt(key.verify(Signed.from_json(untrusted)))
    except (BadSignature, MalformedText) as error:
        print(f"does not hold: {error}")
        return 1
    print(
        f"holds: the owner of key {key.key_id} says that entry {receipt.entry} was {receipt.state} "
        f"at {receipt.time:%Y-%m-%d %H:%M:%S} UTC (epoch {receipt.epoch}, delta {receipt.number})."
    )
    return 0
