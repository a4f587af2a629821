"""`notcontent exchange replies`: take answers to notices from the helpline's own mail server."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Callable

from notcontent.cli.exchange_folder import open_folder


def add_replies_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to those of an exchange."""
    parser = add("replies", "take answers to notices by LMTP from your mail server; Ctrl-C stops it", _replies)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; never where strangers reach it")
    parser.add_argument("--port", type=int, default=8024, help="the port (0: any free one)")


def _replies(args: argparse.Namespace) -> int:
    open_folder(args)
    from notcontent.exchange.notices.lmtp import serve_replies

    def announce(port: int) -> None:
        print(f"listening at {args.host}:{port}", flush=True)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve_replies(args.host, args.port, announce))
    return 0
