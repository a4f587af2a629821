"""`notcontent exchange`: set up, serve and look after a helpline's exchange."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from notcontent.cli.audit import add_audit_commands
from notcontent.cli.desk_users import add_desk_user_commands
from notcontent.cli.exchange_folder import add_command, open_folder
from notcontent.cli.exchange_look import add_look_command
from notcontent.cli.exchange_partners import add_partner_commands
from notcontent.cli.exchange_replies import add_replies_command


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    exchange = commands.add_parser("exchange", help="run a helpline's exchange")
    words = exchange.add_subparsers(title="commands", dest="exchange_command", required=True, metavar="COMMAND")

    init = add_command(words, "init", "make the data folder, the keys and the tables", _init)
    init.add_argument("--name", default="Helpline", help="the helpline's name, as people see it")
    init.add_argument("--country", default="ZZ", help="its country, two letters")
    init.add_argument("--language", action="append", help="a language it answers in (may be repeated; default en)")
    init.add_argument("--answer-days", type=int, default=3, help="days within which it answers")
    init.add_argument(
        "--helpline-key", type=_public_key, action="append", default=[], metavar="AGE1…",
        help="a public key that letters are sealed to, as `notcontent letter key` prints it (may be repeated)",
    )  # fmt: skip
    init.add_argument(
        "--recovery-key", type=_public_key, action="append", default=[], metavar="AGE1…",
        help="one whose private half stays offline, for the day on which every device is lost",
    )  # fmt: skip
    init.add_argument("--hit-delay-days", type=int, default=1, help="days before a person is told of a hit")
    init.add_argument("--partners-url", default="http://127.0.0.1:8001", help="where guards reach the partners' face")
    init.add_argument(
        "--postgresql", type=_postgresql, metavar="ADDRESS",
        help="keep the tables in this empty PostgreSQL database instead of SQLite, as postgresql://USER@HOST:PORT/NAME "
        "(the password comes from PostgreSQL's own password file)",
    )  # fmt: skip
    init.add_argument("--practice", action="store_true", help="say on every screen that nothing reaches a real site")

    serve = add_command(words, "serve", "start the three faces and the publisher; Ctrl-C stops them", _serve)
    for face, port in (("person", 8000), ("partners", 8001), ("desk", 8002)):
        serve.add_argument(f"--{face}-port", type=int, default=port, help=f"port of the {face} face (0: any free one)")
        serve.add_argument(f"--{face}-host", default="127.0.0.1", help=f"address of the {face} face")
    serve.add_argument("--json", action="store_true", help="print the addresses as one JSON object")

    add_partner_commands(words)

    add_desk_user_commands(lambda name, text, run: add_command(words, name, text, run))

    add_look_command(lambda name, text, run: add_command(words, name, text, run))
    add_replies_command(lambda name, text, run: add_command(words, name, text, run))

    audit = words.add_parser("audit", help="what people did at the desk, and whether the record holds")
    audit_words = audit.add_subparsers(title="commands", dest="audit_command", required=True, metavar="COMMAND")
    add_audit_commands(lambda name, text, run: add_command(audit_words, name, text, run))

    tier = add_command(words, "tier", "for practice: set how far people have confirmed an entry (audited)", _tier)
    tier.add_argument("entry", help="the entry's id, or the id a partner knows it by")
    tier.add_argument("tier", choices=["claimed", "seen", "verified"])
    tier.add_argument("--by", required=True, metavar="NAME", help="who decided")
    tier.add_argument("--reason", required=True, help="why, in a few words")

    add_command(words, "stamp", "ask for timestamps of evidence that are missing", _stamp)
    add_command(words, "erase", "erase what was withdrawn from every file now instead of within 24 hours", _erase)
    backup = add_command(words, "backup", "write the whole exchange into one sealed file, while it runs", _backup)
    backup.add_argument("file", type=Path, help="the file to write; it must not be there yet")
    backup.add_argument(
        "--to", type=_public_key, action="append", default=[], metavar="AGE1…",
        help="the public key it is sealed to (default: backup_keys of exchange.json; may be repeated)",
    )  # fmt: skip
    back = add_command(words, "restore", "make an exchange from a backup and the ledger of withdrawals", _restore)
    back.add_argument("file", type=Path, help="the backup")
    back.add_argument("--key", type=Path, required=True, help="the private key file that opens it")
    back.add_argument("--ledger", type=Path, help="the ledger of withdrawals (default: where the backup says)")
    back.add_argument("--settings", type=Path, help="an exchange.json to use instead of the backup's")
    status = add_command(words, "status", "say how the exchange stands", _status)
    status.add_argument("--json", action="store_true", help="print one JSON object")


def _public_key(text: str) -> str:
    from notcontent.letter import NotAPublicKey, parse_key

    try:
        return parse_key(text)
    except NotAPublicKey as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _postgresql(text: str) -> dict[str, str]:
    from notcontent.exchange.errors import NotSetUp
    from notcontent.exchange.profile import parse_postgresql

    if find_spec("psycopg") is None:
        raise argparse.ArgumentTypeError("PostgreSQL's client is missing: pip install 'notcontent[postgresql]'")
    try:
        return parse_postgresql(text)
    except NotSetUp as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _init(args: argparse.Namespace) -> int:
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.profile import Profile
    from notcontent.exchange.serving import bring_tables_up_to_date
    from notcontent.exchange.setting_up import set_up
    from notcontent.exchange.today import utc_today

    folder = Folder(args.folder.resolve())
    profile = Profile(
        name=args.name,
        country=args.country.upper(),
        languages=tuple(args.language or ["en"]),
        answer_days=args.answer_days,
        practice=args.practice,
        hit_delay_days=args.hit_delay_days,
        partners_url=args.partners_url,
        postgresql=args.postgresql,
    )
    made = set_up(folder, profile, utc_today())
    bring_tables_up_to_date(folder)
    from notcontent.exchange.letters.keys import give_first_keys

    give_first_keys(args.helpline_key, args.recovery_key, utc_today())
    print("The exchange is set up." if made else "The exchange was set up before; nothing was changed.")
    print(f"Root public key, which guards pin: {folder.root_public.read_text().strip()}")
    if folder.root_folder.exists():
        print(f"Move {folder.root_folder} off this machine now; READ-ME.txt in it says how.")
    return 0


def _serve(args: argparse.Namespace) -> int:
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.serving import Addresses, serve

    addresses = Addresses(
        args.person_port, args.partners_port, args.desk_port, args.person_host, args.partners_host, args.desk_host
    )

    def announce(urls: dict[Any, str]) -> None:
        if args.json:
            print(json.dumps({str(face): url for face, url in urls.items()}))
        else:
            for face, url in urls.items():
                print(f"{face:<9}{url}")
            print("Ctrl-C stops everything.")
        sys.stdout.flush()

    serve(Folder(args.folder.resolve()), addresses, announce)
    return 0


def _tier(args: argparse.Namespace) -> int:
    open_folder(args)
    from notcontent.exchange.desk.tiers import set_tier
    from notcontent.exchange.today import utc_today
    from notcontent.feed.entry import Tier

    told = set_tier(args.entry, Tier(args.tier), actor=args.by, reason=args.reason, today=utc_today())
    print(f"Done and written into the audit. {told} stream{'' if told == 1 else 's'} will hear of it.")
    return 0


def _stamp(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.evidence.stamping import stamp_what_waits
    from notcontent.exchange.today import utc_now

    missing = stamp_what_waits(folder, utc_now())
    print(f"{missing} timestamps are missing. Ask again later." if missing else "No timestamp is missing.")
    return int(missing > 0)


def _erase(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.lists.publisher import erase_now

    erase_now(folder)
    print("Everything that was withdrawn is gone from every file of this exchange.")
    return 0


def _backup(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.backing_up import back_up
    from notcontent.exchange.profile import read_profile
    from notcontent.exchange.today import utc_today

    profile = read_profile(folder)
    length = back_up(folder, args.file.resolve(), tuple(args.to) or profile.backup_keys, utc_today())
    print(f"Written: {length:,} bytes. Inside: the database, exchange.json, the online key and the faces' secrets.")
    print("Not inside: the ledger of withdrawals, without which it can't be restored, and the offline root key.")
    print(f"Delete this file within {profile.keep_backups_days} days: it still holds what people take back meanwhile.")
    return 0


def _restore(args: argparse.Namespace) -> int:
    from notcontent.exchange.errors import NotABackup
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.restoring import restore

    try:
        identity = next(line for line in args.key.read_text().splitlines() if line and not line.startswith("#"))
        settings = args.settings.read_bytes() if args.settings else None
    except (OSError, UnicodeDecodeError, StopIteration):
        raise NotABackup("The key file or the settings file can't be read. Check both paths.") from None
    done = restore(args.file, Folder(args.folder.resolve()), identity.strip(), args.ledger, settings)
    print(f"Restored from {done.manifest.made.isoformat()}. {done.withdrawn} cases were withdrawn since, and are now.")
    print(
        f"The lists begin epoch {done.epoch}; guards take a new snapshot by themselves. Start it with exchange serve."
    )
    print(f"Withdrawals go on being written into {done.ledger}.")
    print("Cases opened since are lost, and so is what was revoked: look through accounts, sites and keys.")
    for partner in done.anew:
        print(f"  {partner}: its operator must clear what was fetched and fetch again")
    return 0


def _status(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.cases.famous import read_famous
    from notcontent.exchange.daily import last_days
    from notcontent.exchange.desk.audit import check_audit
    from notcontent.exchange.desk.before_desk import contested_lately
    from notcontent.exchange.desk.counting import count_all
    from notcontent.exchange.lists.publisher import pending_erasures
    from notcontent.exchange.partners.models import Stream

    fault = check_audit(folder)
    broken = fault.number if fault else None
    told: dict[str, Any] = count_all() | {
        "not_erased_yet": pending_erasures(),
        "famous": len(read_famous(folder.famous)),
        "before_desk": len(contested_lately(1000)),
        "audit_broken_at": broken,
        "daily": {name: day and day.isoformat() for name, day in last_days().items()},
        "streams": [
            {
                "partner": stream.partner.name,
                "feed": stream.feed,
                "epoch": stream.epoch,
                "number": stream.number,
                "count": stream.count,
                "acked": stream.acked_number,
                "guard_registered": bool(stream.guard_key),
                "client": stream.client,
                "proves_forgetting": stream.partner.proves_forgetting,
                "withdrawals_untold": stream.shaped.filter(withdrawn__isnull=False).count(),
            }
            for stream in Stream.objects.select_related("partner").order_by("partner__name")
        ],
    }
    if args.json:
        print(json.dumps(told))
        return 1 if broken else 0
    print(f"{told['cases']} open cases, {told['withdrawn']} withdrawn ({told['not_erased_yet']} not erased yet)")
    print(f"{told['live']} codes on sites' lists, {told['waiting']} changes on their way")
    for stream in told["streams"]:
        sent = f"list {stream['number']} sent, {stream['acked']} held there, {stream['count']} codes"
        if stream["client"] == "stopncii":
            sent = f"{stream['count']} fingerprints, {stream['withdrawals_untold']} withdrawn ones it has not taken yet"
        print(f"  {stream['partner']}: {sent}{'' if stream['proves_forgetting'] else '; can’t prove that it forgets'}")
    for name, day in told["daily"].items():
        print(f"Every day: {name}, last {day or 'not yet'}")
    print(f"{told['famous']} pictures that everybody knows, {told['before_desk']} claims before the desk")
    print("The audit holds." if broken is None else f"The audit is broken at row {broken}: compare it with a copy.")
    return 1 if broken else 0
