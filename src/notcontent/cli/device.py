"""`notcontent device`: what the person's page does, for a terminal on her own computer."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notcontent.errors import NotContentError
from notcontent.page.languages import LANGUAGES, read_text, read_texts

if TYPE_CHECKING:
    from notcontent.device.case import CaseStatus, JoinedSite, PictureCode, VideoCode
    from notcontent.device.passphrase import CaseKeys

_DESCRIPTION = """\
Turn pictures and videos into picture codes on this computer and open a case with them at a helpline. The files stay
here. Only codes are sent, after you have seen what they are and kept the words that open your case.
"""

_EPILOG = """\
It asks, in this order: how old the person was when the picture was taken (under 18 or unsure ends here, and nothing is
made), which sites should get the codes, and one of your words again. Nothing is sent before that.

  notcontent device case photo.jpg --site https://helpline.example            open a case
  notcontent device case photo.jpg --site https://helpline.example --dry-run  print every byte that would be sent
  notcontent device case photo.jpg --site https://helpline.example --save notes.age
                        save a case file instead; bring it to the helpline's page /plain/send within 30 days
  notcontent device codes                                                     the codes for pages without script

Words are typed when they are asked for, never on the command line, which computers remember.

Exit codes: 0 done, 1 it ended on your answer, 2 something went wrong (the text says what to do).
"""

CIRCUMSTANCES = ("online", "threatened", "worried")


class DeviceError(NotContentError):
    """What was asked for can't be done on this computer. The text says what to change."""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    device = commands.add_parser(
        "device", help="open a case, look at it and take it back, from your own computer",
        description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    words = device.add_subparsers(title="commands", required=True, metavar="COMMAND")

    case = _add(words, "case", "make codes of pictures and videos and open a case with them", run_case)
    case.add_argument("files", nargs="+", metavar="PICTURE", help="a picture or video")
    case.add_argument("--about", choices=CIRCUMSTANCES, default="worried",
                      help="what is happening: it is online, somebody threatens, or to be ready (default)")  # fmt: skip
    case.add_argument("--digits", action="store_true", help="24 digits instead of words")
    case.add_argument(
        "--letter", type=Path, metavar="FILE", help="a text for the helpline, sealed so that only it reads it"
    )
    instead = case.add_mutually_exclusive_group()
    instead.add_argument(
        "--dry-run", action="store_true", help="print the exact bytes that would be sent; send nothing"
    )
    instead.add_argument("--save", type=Path, metavar="FILE", help="write a case file instead of sending")

    look = _add(words, "look", "see how a case is, by its words or its looking code", run_look)
    look.add_argument("--often", action="store_true", help="also how often each site met the picture")
    look.add_argument("--places", action="store_true", help="also whether a site saw it again in new places")
    withdraw = _add(words, "withdraw", "take a case back, by its words or its withdrawing code", run_withdraw)
    withdraw.add_argument("--forget", choices=("matching", "everything"), required=True,
                          help="only the codes, or also letters and all that you said")  # fmt: skip
    _add(words, "codes", "print the looking and the withdrawing code of your words; asks nobody", run_codes, site=False)


def _add(words: Any, name: str, text: str, run: Any, *, site: bool = True) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = words.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    if site:
        parser.add_argument("--site", required=True, metavar="URL", help="the helpline's address")
    parser.add_argument("--language", choices=list(LANGUAGES), default="en", help="of the words and questions")
    parser.set_defaults(run=run)
    return parser


def run_case(args: argparse.Namespace) -> int:
    """Ask, make codes, show the words, and only then send or save."""
    from notcontent.device.case import Exchange, make_case_file
    from notcontent.device.passphrase import derive_keys
    from notcontent.device.sealing import seal_letter

    tag = args.language
    if not _is_adult(tag):
        return 1
    if args.save is not None and args.save.exists():
        raise DeviceError("The file to save into is there already. Choose another name.")
    exchange = Exchange(args.site)
    try:
        info = exchange.describe()
        codes = asyncio.run(_make_codes(args.files))
        if not codes:
            raise DeviceError("None of these files gives a code. Choose a sharper or fuller picture.")
        if len(codes) > info.max_entries:
            raise DeviceError(f"A case holds {info.max_entries} files at most. Name fewer.")
        sites = _choose_sites(tag, info.sites)
        letter = None
        if args.letter is not None:
            if not info.helpline_keys:
                raise DeviceError("This helpline takes no letters. Leave --letter out.")
            letter = seal_letter({"text": _read_text(args.letter)}, info.helpline_keys)
        words = _choose_words(tag, digits=args.digits)
        keys = derive_keys(words)
        if args.dry_run:
            _tell(f"POST {args.site.rstrip('/')}/v1/cases with these bytes, and nothing else:")
            print(exchange.prepare(keys, codes, sites, args.about, letter=letter).decode())
            _tell(read_text(tag, "words.yet"))
            return 0
        _tell(f"{len(codes)} picture codes for {info.helpline} and {len(sites)} sites.")
        if not _keep_words(tag, words):
            return 1
        if args.save is not None:
            today = datetime.now(UTC).date()
            sealed = make_case_file(
                keys, codes, sites, args.about, case_file_key=info.case_file_key, today=today, letter=letter
            )
            _write_new(args.save, sealed)
            _tell(f"Saved. Bring the file to {args.site.rstrip('/')}/plain/send within 30 days. Nothing has been sent.")
            return 0
        exchange.open_case(keys, codes, sites, args.about, letter=letter)
        _tell(f"{read_text(tag, 'done.heading')}. {read_text(tag, 'done.back')}")
        return 0
    finally:
        exchange.close()


def run_look(args: argparse.Namespace) -> int:
    """Print how a case is."""
    return _with_keys(args, lambda exchange, keys: exchange.look(keys), often=args.often, places=args.places)


def run_withdraw(args: argparse.Namespace) -> int:
    """Take a case back."""
    texts: Any = read_texts(args.language)["withdraw"]
    _tell(": ".join(texts[args.forget]))
    for line in texts["list"]:
        _tell(f"- {line}")
    return _with_keys(args, lambda exchange, keys: exchange.withdraw(keys, args.forget))


def run_codes(args: argparse.Namespace) -> int:
    """Print both codes."""
    from notcontent.device.passphrase import derive_keys
    from notcontent.hand_on import HandOnCode, format_code

    keys = derive_keys(_ask_secret(read_text(args.language, "words.label")))
    for name, key in (("looking", keys.look_key), ("withdrawing", keys.withdraw_key)):
        print(f"{read_text(args.language, f'hand.{name}')}: {format_code(HandOnCode(keys.locator, key))}")
    return 0


def _with_keys(args: argparse.Namespace, do: Any, *, often: bool = False, places: bool = False) -> int:
    from notcontent.device.case import Exchange
    from notcontent.device.passphrase import CaseKeys, derive_keys
    from notcontent.hand_on import NotACode, parse_code

    typed = _ask_secret(read_text(args.language, "comeBack.label"))
    keys: CaseKeys
    try:
        code = parse_code(typed)
        # Which of the two it is, only the exchange can tell.
        keys = CaseKeys(code.locator, code.key, code.key, "", "")
    except NotACode:
        keys = derive_keys(typed)
    exchange = Exchange(args.site)
    try:
        _print_status(args.language, do(exchange, keys), often=often, places=places)
    finally:
        exchange.close()
    return 0


def _print_status(tag: str, status: CaseStatus, *, often: bool, places: bool) -> None:
    texts: Any = read_texts(tag)["status"]
    print(f"{texts['opened']}: {status.opened}\n{texts['entries']}: {status.entries}")
    if status.withdrawn:
        print(f"{texts['withdrawn']}: {status.withdrawn}")
    if status.withdraws_on:
        print(texts["waiting"].format(day=status.withdraws_on))
    if status.erased_here:
        print(texts["goneHere"].format(day=status.erased_here))
    often, places = often and not status.withdrawn, places and not status.withdrawn
    for site in status.sites:
        word = texts["states"].get(site.state, texts["unknown"])[0]
        seen = f". {texts['hits'][site.hits.replace(' ', '_')]}" if often else ""
        print(f"{_printable(site.name)}: {word}, {texts['since'].format(day=site.since)}{seen}")
        if places and site.seen_again:
            print(f"  {texts['seenAgain'].format(day=site.seen_again)}")
    if places:
        print(texts["newPlaces" if any(site.seen_again for site in status.sites) else "noNewPlaces"])


def _is_adult(tag: str) -> bool:
    """The first question. Under 18, or unsure, is the end: nothing has been read or made."""
    texts: Any = read_texts(tag)
    age = texts["age"]
    answer = _choose(f"{age['heading']}\n{age['text']}", [age["adult"], age["child"], age["unsure"]])
    if answer == 0:
        return True
    for text in (texts["stop"]["what"], "takeitdown.ncmec.org", texts["stop"]["threatened"], texts["stop"]["nothing"]):
        _tell(text)
    return False


def _choose_sites(tag: str, sites: Sequence[JoinedSite]) -> list[str]:
    texts: Any = read_texts(tag)["sites"]
    if not sites:
        raise DeviceError("No site has joined this helpline yet. Open the page and write to the helpline instead.")
    _tell(f"{texts['heading']}\n{texts['text']}\n{texts['guess']}")
    for number, site in enumerate(sites, 1):
        proves = texts["proves" if site.proves_forgetting else "provesNot"]
        _tell(f"  {number}. {_printable(site.name)} ({site.country}). {proves}")
    while True:
        typed = _ask(f"1–{len(sites)}, 1 2 3 …, * = {texts['all']}: ").replace(",", " ").split()
        if typed == ["*"]:
            return [site.id for site in sites]
        if typed and all(word.isdecimal() and 1 <= int(word) <= len(sites) for word in typed):
            return [sites[int(word) - 1].id for word in dict.fromkeys(typed)]
        _tell(texts["none"])


def _choose_words(tag: str, *, digits: bool) -> str:
    from notcontent.device.passphrase import choose_digits, choose_passphrase
    from notcontent.exchange.person.word_lists import WORD_LISTS, words_of

    listed = None if digits else WORD_LISTS.get(tag)
    return choose_digits() if listed is None else choose_passphrase(words_of(tag), listed.words)


def _keep_words(tag: str, words: str) -> bool:
    """Shows the words and asks one of them back; False if she gives up. Nothing has been sent before this."""
    from notcontent.device.passphrase import normalise_passphrase

    texts: Any = read_texts(tag)
    parts = words.split(" ")
    digits = parts[0].isdecimal()
    while True:
        _tell(f"\n{texts['words']['headingDigits' if digits else 'heading']}\n\n    {words}\n")
        _tell(f"{texts['words']['text']} {texts['words']['lose']}")
        number = secrets.randbelow(len(parts)) + 1
        typed = _ask(texts["confirm"]["headingDigits" if digits else "heading"].format(n=number) + " ")
        if normalise_passphrase(typed) == normalise_passphrase(parts[number - 1]):
            return True
        if not typed.strip():
            _tell(texts["words"]["yet"])
            return False
        _tell(texts["confirm"]["wrong"])


async def _make_codes(files: Sequence[str]) -> list[PictureCode | VideoCode]:
    """A code for each file that gives one, each code once. What is left out is told, by its number."""
    from notcontent.cli.fingerprint import fingerprint_files
    from notcontent.device.case import PictureCode, VideoCode
    from notcontent.fingerprint.video.frame import VideoFingerprint

    codes: dict[tuple[str, ...], PictureCode | VideoCode] = {}
    number = 0
    async for _, made in fingerprint_files(files):
        number += 1
        if isinstance(made, str):
            _tell(f"File {number}: {made}")
        elif isinstance(made, VideoFingerprint):
            frames = tuple(frame.hex for frame in made.frames)
            codes.setdefault(frames, VideoCode(frames))
        elif made.quality < made.LEAST_QUALITY:
            _tell(f"File {number} is too plain to protect well. It is left out.")
        else:
            turned = tuple(one.hex for one in made.orientations)
            codes.setdefault(turned, PictureCode(made.quality, turned))
    return list(codes.values())


def _choose(question: str, answers: Sequence[str]) -> int:
    _tell(question)
    for number, text in enumerate(answers, 1):
        _tell(f"  {number}. {text}")
    while not ((typed := _ask(f"1–{len(answers)}: ").strip()).isdecimal() and 1 <= int(typed) <= len(answers)):
        pass
    return int(typed) - 1


def _ask(prompt: str) -> str:
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise DeviceError("A question was left without an answer. Run it in a terminal, and answer what it asks.")
    return line.rstrip("\n")


def _ask_secret(prompt: str) -> str:
    """What is typed is not shown. Not from the command line, which computers remember."""
    return getpass.getpass(f"{prompt}: ") if sys.stdin.isatty() else _ask(f"{prompt}: ")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError):
        raise DeviceError("The letter can't be read. Give a text file in UTF-8.") from None


def _write_new(path: Path, data: bytes) -> None:
    """Never over another file, and readable to its owner only."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise DeviceError(f"The case file cannot be written ({error.strerror}). Choose another name.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
