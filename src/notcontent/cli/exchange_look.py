"""`notcontent exchange look`: ask the links of notices that are due for their headers, for a timer once a day."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from notcontent.cli.exchange_folder import open_folder


def add_look_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to those of an exchange."""
    add("look", "ask the links of notices that are due for their headers, to see whether pictures seem gone", _look)


def _look(args: argparse.Namespace) -> int:
    open_folder(args)
    from notcontent.exchange.notices.looking import ask_all_due
    from notcontent.exchange.today import utc_now

    asked, seem_gone, failed = ask_all_due(utc_now())
    print(f"{asked} asked, {seem_gone} seem gone")
    if failed:
        print(f"notcontent: {failed} could not be asked. Look yourself: the queue names them.", file=sys.stderr)
    return 1 if failed else 0
