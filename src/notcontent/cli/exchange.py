"""`notcontent exchange`: set up, serve and look after a helpline's exchange."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from notcontent.cli.audit import add_audit_commands
from notcontent.cli.desk_users import add_desk_user_commands

DEFAULT_FOLDER = Path("exchange-data")


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    exchange = commands.add_parser("exchange", help="run a helpline's exchange")
    words = exchange.add_subparsers(title="commands", dest="exchange_command", required=True, metavar="COMMAND")

    init = _add(words, "init", "make the data folder, the keys and the tables", _init)
    init.add_argument("--name", default="Helpline", help="the helpline's name, as people see it")
    init.add_argument("--country", default="ZZ", help="its country, two letters")
    init.add_argument("--language", action="append", help="a language it answers in (may be repeated; default en)")
    init.add_argument("--answer-days", type=int, default=3, help="days within which it answers")
    init.add_argument(
        "--helpline-key", type=_public_key, action="append", default=[], metavar="AGE1…",
        help="a public key that letters are sealed to, as `notcontent letter key` prints it (may be repeated)",
    )  # fmt: skip
    init.add_argument("--hit-delay-days", type=int, default=1, help="days before a person is told of a hit")
    init.add_argument("--partners-url", default="http://127.0.0.1:8001", help="where guards reach the partners' face")
    init.add_argument("--practice", action="store_true", help="say on every screen that nothing reaches a real site")

    serve = _add(words, "serve", "start the three faces and the publisher; Ctrl-C stops them", _serve)
    for face, port in (("person", 8000), ("partners", 8001), ("desk", 8002)):
        serve.add_argument(f"--{face}-port", type=int, default=port, help=f"port of the {face} face (0: any free one)")
        serve.add_argument(f"--{face}-host", default="127.0.0.1", help=f"address of the {face} face")
    serve.add_argument("--json", action="store_true", help="print the addresses as one JSON object")

    partner = words.add_parser("partner", help="platforms that take part")
    partner_words = partner.add_subparsers(title="commands", dest="partner_command", required=True, metavar="COMMAND")
    add = _add(
        partner_words, "add", "add a platform (or make it another token) and print what its guard needs", _add_partner
    )
    add.add_argument("name", help="its name, as people see it")
    add.add_argument("--country", required=True, help="two letters")
    add.add_argument("--site", default="", help="its domain")
    add.add_argument(
        "--forced-by", type=_countries, metavar="CC,CC", help="countries whose states can force it, as vetting found"
    )
    add.add_argument("--no-guard", action="store_true", help="it runs no guard, so it can't prove that it forgets")
    add.add_argument(
        "--client", choices=["guard", "tx", "stopncii"], default="guard",
        help="what it follows its list with: a guard, notcontent's extension of tx and HMA, or a client of "
        "StopNCII.org's exchange, such as tx or HMA unchanged (only a guard proves that it forgets)",
    )  # fmt: skip
    add.add_argument("--url", help="where its guard reaches the partners' face")
    add.add_argument("--json", action="store_true", help="print one JSON object")

    add_desk_user_commands(lambda name, text, run: _add(words, name, text, run))

    audit = words.add_parser("audit", help="what people did at the desk, and whether the record holds")
    audit_words = audit.add_subparsers(title="commands", dest="audit_command", required=True, metavar="COMMAND")
    add_audit_commands(lambda name, text, run: _add(audit_words, name, text, run))

    tier = _add(words, "tier", "set how far people have confirmed an entry (audited)", _tier)
    tier.add_argument("entry", help="the entry's id, or the id a partner knows it by")
    tier.add_argument("tier", choices=["claimed", "seen", "verified"])
    tier.add_argument("--by", required=True, metavar="NAME", help="who decided")
    tier.add_argument("--reason", required=True, help="why, in a few words")

    _add(words, "erase", "erase what was withdrawn from every file now instead of within 24 hours", _erase)
    status = _add(words, "status", "say how the exchange stands", _status)
    status.add_argument("--json", action="store_true", help="print one JSON object")


def _add(words: argparse._SubParsersAction[Any], name: str, text: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = words.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help=f"data folder (default {DEFAULT_FOLDER})")
    parser.set_defaults(run=run)
    return parser


def _public_key(text: str) -> str:
    from notcontent.letter import NotAPublicKey, parse_key

    try:
        return parse_key(text)
    except NotAPublicKey as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _countries(text: str) -> list[str]:
    countries = text.upper().split(",")
    if not all(len(country) == 2 and country.isascii() and country.isalpha() for country in countries):
        raise argparse.ArgumentTypeError("give country codes of two letters with commas between them, such as DE,US")
    return countries


def open_exchange(args: argparse.Namespace) -> Any:
    """The profile of the exchange in the folder, with Django loaded for commands. Raises `NotSetUp`."""
    from notcontent.exchange.profile import read_profile

    return read_profile(open_folder(args))


def open_folder(args: argparse.Namespace) -> Any:
    """The folder, with Django loaded for commands. Raises `NotSetUp`."""
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.listener import prepare_django
    from notcontent.exchange.profile import read_profile

    folder = Folder(args.folder.resolve())
    read_profile(folder)
    prepare_django(folder.path, None)
    return folder


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
        helpline_keys=tuple(args.helpline_key),
    )
    made = set_up(folder, profile, utc_today())
    bring_tables_up_to_date(folder)
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


def _add_partner(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.partners.joining import add_partner
    from notcontent.exchange.profile import read_profile
    from notcontent.exchange.today import utc_today

    joined = add_partner(
        name=args.name,
        country=args.country,
        site=args.site,
        proves_forgetting=not args.no_guard,
        forced_by=args.forced_by,
        today=utc_today(),
        client=args.client,
    )
    url = args.url or read_profile(folder).partners_url
    told = {
        "partner": joined.partner,
        "feed": joined.feed,
        "token": joined.token,
        "root_key": folder.root_public.read_text().strip(),
        "url": url,
        "already_there": joined.already_there,
    }
    if joined.subscription_key:
        # What clients in StopNCII's shape take: no signature can be checked, so no root key helps them.
        told = told | {
            "url": f"{url}/stopncii/v1",
            "subscription_key": joined.subscription_key,
            "function_key": joined.function_key,
        }
    if args.json:
        print(json.dumps(told))
        return 0
    print("This partner was here before; this is another token for it." if joined.already_there else "Partner added.")
    if joined.subscription_key:
        print("Give its operator these lines over a safe channel. Both keys are shown this once.")
        print(f"  URL               {told['url']}\n  function key      {joined.function_key}")
        print(f"  subscription key  {joined.subscription_key}")
        print(f"For tx: TX_STOPNCII_KEYS={joined.function_key},{joined.subscription_key},{told['url']}")
        return 0
    print("Give its operator these three lines over a safe channel. The token is shown this once.")
    print(f"  URL       {told['url']}\n  token     {told['token']}\n  root key  {told['root_key']}")
    return 0


def _tier(args: argparse.Namespace) -> int:
    open_folder(args)
    from notcontent.exchange.desk.tiers import set_tier
    from notcontent.exchange.today import utc_today
    from notcontent.feed.entry import Tier

    told = set_tier(args.entry, Tier(args.tier), actor=args.by, reason=args.reason, today=utc_today())
    print(f"Done and written into the audit. {told} stream{'' if told == 1 else 's'} will hear of it.")
    return 0


def _erase(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.lists.publisher import erase_now

    erase_now(folder)
    print("Everything that was withdrawn is gone from every file of this exchange.")
    return 0


def _status(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.desk.audit import check_audit
    from notcontent.exchange.desk.counting import count_all
    from notcontent.exchange.lists.publisher import pending_erasures
    from notcontent.exchange.partners.models import Stream

    fault = check_audit(folder)
    broken = fault.number if fault else None
    told: dict[str, Any] = count_all() | {
        "not_erased_yet": pending_erasures(),
        "audit_broken_at": broken,
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
    print("The audit holds." if broken is None else f"The audit is broken at row {broken}: compare it with a copy.")
    return 1 if broken else 0
