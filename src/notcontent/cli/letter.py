"""`notcontent letter`: read and answer letters on the helper's own computer, where alone the key is."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from notcontent.cli import desk_letters
from notcontent.errors import NotContentError


class LetterError(NotContentError):
    """A key or a letter cannot be used as it is."""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    letter = commands.add_parser("letter", help="read and answer people's letters, on the helper's own computer")
    words = letter.add_subparsers(title="commands", dest="letter_command", required=True, metavar="COMMAND")

    key = words.add_parser(
        "key",
        help="make the helpline's key and print its public half",
        description="Makes an age identity in a new file and prints its public half, for "
        "`notcontent exchange init --helpline-key`. The file never goes to the exchange's machine.",
        epilog="It has the shape that age-keygen gives it, so age opens letters with it too.",
    )
    key.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the key is written")
    key.set_defaults(run=run_key)

    opened = words.add_parser(
        "open", help="print a letter that was saved at the desk", description="Opens a sealed letter and prints it."
    )
    opened.add_argument("file", type=Path, metavar="FILE", help="the .age file")
    opened.add_argument("--key", type=Path, required=True, metavar="FILE", help="the file that `letter key` made")
    opened.set_defaults(run=run_open)

    answer = words.add_parser(
        "answer",
        help="seal an answer, read from standard input",
        description="Seals what comes on standard input to her key, which the desk shows beside her letters.",
    )
    answer.add_argument("--to", required=True, metavar="KEY", help="her public key: 64 hex digits, or age1…")
    answer.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the sealed answer is written")
    answer.set_defaults(run=run_answer)
    desk_letters.add_commands(words)


def run_key(args: argparse.Namespace) -> int:
    """Make a key."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    _write_new(args.out, f"# public key: {identity.to_public()}\n{identity}\n".encode())
    print(identity.to_public())
    return 0


def run_open(args: argparse.Namespace) -> int:
    """Print a letter, with nothing in it that could steer the terminal."""
    import pyrage

    from notcontent.letter import looks_sealed, parse_letter

    identity = read_identity(args.key)
    sealed = _read(args.file)
    if not looks_sealed(sealed):
        raise LetterError("This file is no sealed letter. Save it again at the desk.")
    try:
        letter = parse_letter(pyrage.decrypt(sealed, [identity]))
    except pyrage.DecryptError:
        raise LetterError("This key does not open the letter. It was sealed to another one, or is damaged.") from None
    text = json.dumps(letter, ensure_ascii=False, indent=2)
    print("".join(sign if sign == "\n" or sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text))
    return 0


def run_answer(args: argparse.Namespace) -> int:
    """Seal an answer."""
    import pyrage

    from notcontent.letter import MAX_SEALED_BYTES, format_letter, format_recipient, parse_key

    recipient = pyrage.x25519.Recipient.from_str(format_recipient(parse_key(args.to)))
    text = sys.stdin.buffer.read().decode(errors="replace").strip()
    if not text:
        raise LetterError("There is nothing to seal. Write the answer on standard input.")
    try:
        sealed = pyrage.encrypt(format_letter({"text": text}), [recipient])
    except pyrage.EncryptError:
        raise LetterError("Nothing can be sealed to this key. Copy it again from the desk.") from None
    if len(sealed) > MAX_SEALED_BYTES:
        raise LetterError("The answer is too long for one letter. Make two of it.")
    _write_new(args.out, sealed)
    print(f"Sealed into {args.out}. Choose this file at the desk.")
    return 0


def read_identity(path: Path) -> Any:
    """The age identity in a key file. Raises `LetterError`."""
    import pyrage

    lines = _read(path).decode(errors="replace").splitlines()
    secret = next((line.strip() for line in lines if line and not line.startswith("#")), "")
    try:
        return pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError:
        raise LetterError("This file holds no key of the age format (AGE-SECRET-KEY-1…).") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LetterError(f"The file cannot be read ({error.strerror}). Check its name.") from None


def _write_new(path: Path, data: bytes) -> None:
    """A file that only its owner reads. Never over another one: it may be the only copy of a key."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise LetterError(f"The file cannot be written ({error.strerror}). Choose another name.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
