"""`notcontent exchange replies`: take answers to notices, from the helpline's mail server or from a mailbox."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Callable

from notcontent.cli.exchange_folder import open_folder

#: How often a mailbox is looked into.
EVERY_S = 300.0


def add_replies_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to those of an exchange."""
    parser = add("replies", "take answers to notices, by LMTP or from a mailbox; Ctrl-C stops it", _replies)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; never where strangers reach it")
    parser.add_argument("--port", type=int, default=8024, help="the port (0: any free one)")
    parser.add_argument("--mailbox", action="store_true", help="by IMAP instead, from mailbox in exchange.json")
    parser.add_argument("--once", action="store_true", help="with --mailbox: look once and end, for a timer")


def _replies(args: argparse.Namespace) -> int:
    open_folder(args)
    with contextlib.suppress(KeyboardInterrupt):
        if args.mailbox:
            return _from_mailbox(once=args.once)
        from notcontent.exchange.notices.lmtp import serve_replies

        def announce(port: int) -> None:
            print(f"listening at {args.host}:{port}", flush=True)

        asyncio.run(serve_replies(args.host, args.port, announce))
    return 0


def _from_mailbox(*, once: bool) -> int:
    from notcontent.exchange.notices.errors import MailboxFailed, RepliesNotKept
    from notcontent.exchange.notices.imap import Place, fetch_replies

    place = Place()
    while True:
        try:
            taken, place = fetch_replies(place)
            print(f"{taken} taken", flush=True)
        except (MailboxFailed, RepliesNotKept) as error:
            if once:
                raise
            print(f"notcontent: {error}", file=sys.stderr, flush=True)
        if once:
            return 0
        time.sleep(EVERY_S)
