"""`notcontent telegram`: run the bot for the admins of Telegram groups."""

from __future__ import annotations

import argparse
import asyncio
import tomllib
from pathlib import Path
from typing import Any

from notcontent.errors import NotContentError

_EPILOG = """\
FILE is TOML, readable to one account only:
  bot_token       from @BotFather; privacy mode off, and in each group an admin who may delete messages
  guard           address of a guard that a vetted partner runs
  guard_token     from `notcontent guard token NAME`
  when_unchecked  "pass": admins are told that a message was not fully checked; "stop": it is deleted too
  contact         where somebody is to write whose picture was taken out
  restrict        true: whoever posted it can post no media until an admin lifts that (default false)
"""


class BadBotFile(NotContentError):
    """The file with the bot's settings is missing, or something in it is."""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add `telegram`."""
    parser = commands.add_parser(
        "telegram",
        help="run the bot for admins of Telegram groups",
        description="Put what is posted in Telegram groups before a guard. Runs until Ctrl-C.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the settings")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the bot."""
    try:
        from notcontent.doors.telegram.bot import AdminBot, BotSettings
    except ImportError as error:
        raise BadBotFile("The bot needs aiogram. Install notcontent[telegram].") from error
    try:
        settings = BotSettings(**tomllib.loads(args.file.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BadBotFile(
            "The file of settings can't be read, or one is missing or unknown. See `notcontent telegram --help`."
        ) from error

    async def forever() -> None:
        await AdminBot(settings).run()

    asyncio.run(forever())
    return 0
