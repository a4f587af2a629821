"""What every command of `notcontent exchange` begins with: the data folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

DEFAULT_FOLDER = Path("exchange-data")


def add_command(words: argparse._SubParsersAction[Any], name: str, text: str, run: Any) -> argparse.ArgumentParser:
    """A command of `notcontent exchange`, with the data folder as an option."""
    parser: argparse.ArgumentParser = words.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help=f"data folder (default {DEFAULT_FOLDER})")
    parser.set_defaults(run=run)
    return parser


def open_folder(args: argparse.Namespace) -> Any:
    """The folder, with Django loaded for commands. Raises `NotSetUp`."""
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.listener import prepare_django
    from notcontent.exchange.profile import read_profile
    from notcontent.exchange.setting_up import refuse_unfinished

    folder = Folder(args.folder.resolve())
    read_profile(folder)
    refuse_unfinished(folder)
    prepare_django(folder.path, None)
    return folder


def open_exchange(args: argparse.Namespace) -> Any:
    """The profile of the exchange in the folder, with Django loaded for commands. Raises `NotSetUp`."""
    from notcontent.exchange.profile import read_profile

    return read_profile(open_folder(args))
