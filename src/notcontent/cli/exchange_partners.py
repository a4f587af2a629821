"""`notcontent exchange partner` and `… canary`: sites that take part, for whoever runs the machine."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from notcontent.cli.exchange_folder import add_command, open_folder


def add_partner_commands(words: argparse._SubParsersAction[Any]) -> None:
    """Add what is about sites."""
    partner = words.add_parser("partner", help="platforms that take part")
    partner_words = partner.add_subparsers(title="commands", dest="partner_command", required=True, metavar="COMMAND")
    add = add_command(
        partner_words, "add", "add a platform (or make it another token) and print what its guard needs", _add_partner
    )
    add.add_argument("name", help="its name, as people see it")
    add.add_argument("--country", required=True, help="two letters")
    add.add_argument("--site", default="", help="its domain")
    add.add_argument("--owner", default="", help="for practice: who owns it; elsewhere two people at the desk say so")
    add.add_argument(
        "--forced-by", type=_countries, metavar="CC,CC", help="countries whose states can force it, as vetting found"
    )
    add.add_argument("--no-guard", action="store_true", help="it runs no guard, so it can't prove that it forgets")
    add.add_argument(
        "--client", choices=["guard", "bot", "tx", "stopncii"], default="guard",
        help="what it follows its list with: a guard, a guard behind a group's bot (sent verified entries only), "
        "notcontent's extension of tx and HMA, or a client of StopNCII.org's exchange, such as tx or HMA unchanged "
        "(only a guard proves that it forgets)",
    )  # fmt: skip
    add.add_argument(
        "--without-second-person", metavar="WHY",
        help="add it although the desk is where two people do that: for the first site, and for when there is no desk. "
        "It stays in the audit, and the desk says so on the site's page until the site was vetted there",
    )  # fmt: skip
    add.add_argument("--url", help="where its guard reaches the partners' face")
    add.add_argument("--json", action="store_true", help="print one JSON object")

    canary = words.add_parser("canary", help="fingerprints that no picture has, which tell where a leak came from")
    canary_words = canary.add_subparsers(title="commands", dest="canary_command", required=True, metavar="COMMAND")
    check = add_command(
        canary_words, "check", "say whose list a leaked file came from (exit code 1 where no canary is in it)", _check
    )
    check.add_argument("file", type=Path, help="fingerprints as text, 64 hex digits each, or a snapshot; - reads them")
    check.add_argument("--json", action="store_true", help="print one JSON object")


def _countries(text: str) -> list[str]:
    countries = text.upper().split(",")
    if not all(len(country) == 2 and country.isascii() and country.isalpha() for country in countries):
        raise argparse.ArgumentTypeError("give country codes of two letters with commas between them, such as DE,US")
    return countries


def _add_partner(args: argparse.Namespace) -> int:
    folder = open_folder(args)
    from notcontent.exchange.partners.joining import add_partner_by_command
    from notcontent.exchange.profile import read_profile
    from notcontent.exchange.today import utc_today

    profile = read_profile(folder)
    joined = add_partner_by_command(
        name=args.name,
        country=args.country,
        site=args.site,
        proves_forgetting=not args.no_guard,
        owner=args.owner,
        forced_by=args.forced_by,
        today=utc_today(),
        client=args.client,
        practice=profile.practice,
        reason=args.without_second_person,
    )
    url = args.url or profile.partners_url
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
    if not (profile.practice or joined.already_there):
        print("The audit says so. Vet it at the desk, where two people add the next one (Sites).")
    if joined.subscription_key:
        print("Give its operator these lines over a safe channel. Both keys are shown this once.")
        print(f"  URL               {told['url']}\n  function key      {joined.function_key}")
        print(f"  subscription key  {joined.subscription_key}")
        print(f"For tx: TX_STOPNCII_KEYS={joined.function_key},{joined.subscription_key},{told['url']}")
        return 0
    print("Give its operator these three lines over a safe channel. The token is shown this once.")
    print(f"  URL       {told['url']}\n  token     {told['token']}\n  root key  {told['root_key']}")
    return 0


def _check(args: argparse.Namespace) -> int:
    open_folder(args)
    from notcontent.exchange.partners.leaks import read_leak, trace_leak
    from notcontent.exchange.today import utc_today

    untrusted = sys.stdin.buffer.read() if str(args.file) == "-" else args.file.read_bytes()
    leak = trace_leak(read_leak(untrusted), utc_today())
    if args.json:
        sources = [
            {"partner": source.partner_id, "name": source.name, "found": source.found, "sent": source.sent}
            for source in leak.sources
        ]
        print(json.dumps({"fingerprints": leak.fingerprints, "sources": sources}))
        return 0 if leak.sources else 1
    print(f"{leak.fingerprints} fingerprint{'' if leak.fingerprints == 1 else 's'} read.")
    for source in leak.sources:
        print(f"{source.name}: {source.found} of the {source.sent} canaries that only its list ever held are in it.")
    if leak.sources:
        print("It is what was sent there, or this exchange's own tables. The audit has this search.")
        return 0
    print("No canary is in it. It may be a part of a list, or come from elsewhere: that proves nobody innocent.")
    return 1
