"""Making an exchange: its folder, its secret, its keys, its tables."""

from __future__ import annotations

import json
import secrets
from datetime import date

import pyrage

from notcontent.exchange.errors import AlreadySetUp, LedgerBroken, NotRestored
from notcontent.exchange.folder import Folder, write_durably
from notcontent.exchange.ledger import Ledger
from notcontent.exchange.profile import Profile, read_profile, write_profile
from notcontent.feed.keys import FeedKeys, format_feed_keys
from notcontent.feed.signature import SigningKey

ROOT_KEY_FILE = "root.key"
ADVICE = """This folder holds the offline root key of your exchange (root.key).

Whoever holds it can tell every platform to trust other signing keys. The running exchange never needs it.
Move this whole folder to two memory sticks, keep them in two locked places, and delete it here:

    1. copy the folder to both sticks and compare the copies,
    2. delete the folder from this machine.

You need it again only when the online key was stolen or is replaced.
"""


def set_up(folder: Folder, profile: Profile, today: date) -> bool:
    """Make what is not there yet. True if anything was made; safe to repeat after a sudden end.

    Raises `AlreadySetUp` when the folder belongs to an exchange of another name.
    """
    if folder.profile.exists():
        if read_profile(folder).name != profile.name:
            raise AlreadySetUp(
                "The folder already holds another helpline's exchange. Choose another folder, or go on with that one."
            )
        return False
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.path.chmod(0o700)
    for place in (folder.feeds, folder.root_folder):
        place.mkdir(mode=0o700, exist_ok=True)
    if not folder.secret.exists():
        write_durably(folder.secret, secrets.token_bytes(64))
    make_case_file_key(folder)
    root_file = folder.root_folder / ROOT_KEY_FILE
    if not root_file.exists():
        write_durably(root_file, SigningKey.generate().to_text().encode())
        write_durably(folder.root_folder / "READ-ME.txt", ADVICE.encode())
    root = SigningKey.from_text(root_file.read_text())
    if not folder.online_key.exists():
        write_durably(folder.online_key, SigningKey.generate().to_text().encode())
    online = SigningKey.from_text(folder.online_key.read_text())
    signed = root.sign(format_feed_keys(FeedKeys(1, today, (online.public,), ())))
    write_durably(folder.feed_keys, json.dumps(signed.to_json()).encode())
    write_durably(folder.root_public, (root.public.text + "\n").encode())
    # Nothing was ever withdrawn, so nothing is to be erased for a day: the first deltas stay as they were cut.
    write_durably(folder.last_erasure, b"")
    # Last, because its presence says that everything else is there.
    write_profile(folder, profile)
    return True


def make_case_file_key(folder: Folder) -> None:
    """Make the key that case files are sealed to, where there is none yet (docs/spec/person.md §8)."""
    if not folder.case_file_key.exists():
        write_durably(folder.case_file_key, f"{pyrage.x25519.Identity.generate()}\n".encode())


def make_ledger(folder: Folder) -> None:
    """Begin the ledger of withdrawals where there never was one; else see that it is there and whole.

    Raises `LedgerMissing`, `LedgerBroken`, `LedgerUnwritable`.
    """
    ledger = Ledger(folder.ledger(read_profile(folder).ledger))
    if not folder.ledger_mark.exists():
        write_durably(folder.ledger_mark, f"{ledger.begin()}\n".encode())
    if ledger.read().first.ledger != folder.ledger_mark.read_text().strip():
        raise LedgerBroken("The ledger of withdrawals is another exchange's. Put the right one back.")


def refuse_unfinished(folder: Folder) -> None:
    """Raises `NotRestored` where a restore ended in the middle: what people took back could still stand there."""
    if folder.unfinished.exists():
        raise NotRestored(
            "A backup was not restored to its end into this folder. Delete the folder, empty the PostgreSQL database "
            "if there is one, and restore again."
        )
