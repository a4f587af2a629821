"""What a helpline says about itself, and the few settings of its exchange. Format and parse side by side."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import unquote, urlsplit

from notcontent.exchange.errors import NotSetUp
from notcontent.exchange.folder import Folder, write_durably
from notcontent.letter import NotAPublicKey, parse_key


@dataclass(frozen=True, slots=True)
class Profile:
    """The contents of `exchange.json`.

    `hit_delay_days` keeps hits from being told to whoever opened a case a moment ago. `postgresql` is None for SQLite,
    or the connection's parts: name, user, password, host, port.
    """

    name: str
    country: str
    languages: tuple[str, ...] = ("en",)
    answer_days: int = 3
    practice: bool = False
    hit_delay_days: int = 1
    max_entries: int = 200
    partners_url: str = "http://127.0.0.1:8001"
    desk_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    desk_https: bool = False
    postgresql: dict[str, str] | None = None
    #: Processes of her face, and of the desk's.
    workers: int = 1
    #: Where the ledger of withdrawals lies; empty: in the folder. It belongs on another disk.
    ledger: str = ""
    #: The relay that notices are sent by: host, port, sender (an address), and perhaps user, password, encryption.
    mail: dict[str, str] | None = None
    #: The mailbox that answers to notices are taken from, without a mail server of one's own: host, user, password, and
    #: perhaps port, encryption, mailbox.
    mailbox: dict[str, str] | None = None
    #: After how many days the helpline deletes a backup. An older one is not restored.
    keep_backups_days: int = 30
    #: How long after a case was closed: how to reach her; links and messages, in both directions.
    keep_contact_days: int = 30
    keep_letters_days: int = 90
    #: Public keys that backups are sealed to, X25519, 64 hex digits each.
    backup_keys: tuple[str, ...] = ()
    #: Who timestamps evidence (RFC 3161), best two: name, url, and certificates (a PEM file).
    timestamp_authorities: tuple[dict[str, str], ...] = ()


def write_profile(folder: Folder, profile: Profile) -> None:
    """Store the profile in its folder."""
    write_durably(folder.profile, (json.dumps(asdict(profile), indent=2, ensure_ascii=False) + "\n").encode())


def read_profile(folder: Folder) -> Profile:
    """The folder's profile. Raises `NotSetUp` where there is none or it cannot be read."""
    try:
        return parse_profile(folder.profile.read_bytes())
    except FileNotFoundError:
        raise NotSetUp("The folder holds no exchange. Run `notcontent exchange init --folder FOLDER` first.") from None


def parse_profile(untrusted: bytes) -> Profile:
    """What `write_profile` wrote, or a human. Raises `NotSetUp` for what can't be read."""
    try:
        stored: dict[str, Any] = json.loads(untrusted)
        # Where earlier versions kept the keys that letters are sealed to; the tables hold them now.
        stored.pop("helpline_keys", None)
        known = {field.name for field in fields(Profile)}
        if unknown := set(stored) - known:
            raise NotSetUp(f"exchange.json has settings this version does not know: {', '.join(sorted(unknown))}.")
        for name in ("languages", "desk_hosts", "timestamp_authorities"):
            if name in stored:
                stored[name] = tuple(stored[name])
        # By hand, a key is most easily copied as age prints it.
        stored["backup_keys"] = tuple(parse_key(key) for key in stored.get("backup_keys", ()))
        return Profile(**stored)
    except NotAPublicKey as error:
        raise NotSetUp(f"exchange.json has a key in backup_keys that can't be one. {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise NotSetUp("exchange.json cannot be read. Put it back from a copy, or mend its JSON.") from error


def parse_postgresql(untrusted: str) -> dict[str, str]:
    """A database's address, `postgresql://USER@HOST:PORT/NAME`, in the parts that a profile keeps.

    Raises `NotSetUp` for anything else. A password in it would stand in the list of processes and is refused.
    """
    try:
        parts = urlsplit(untrusted)
        port = str(parts.port or 5432)
    except ValueError:
        parts, port = urlsplit(""), ""
    name = unquote(parts.path.removeprefix("/"))
    right = parts.scheme in ("postgresql", "postgres") and parts.username and parts.hostname and name
    if not right or parts.query or parts.fragment:
        raise NotSetUp("The database's address reads postgresql://USER@HOST:PORT/NAME.")
    if parts.password is not None:
        raise NotSetUp("Leave the password out: put it into PostgreSQL's password file (~/.pgpass).")
    return {
        "name": name,
        "user": unquote(parts.username or ""),
        "password": "",
        "host": parts.hostname or "",
        "port": port,
    }
