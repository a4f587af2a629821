"""`notcontent exchange audit`: show, verify and sign the record of what people did at the desk."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add_audit_commands(add: Any) -> None:
    """Add them; `add(name, text, run)` makes a command with a data folder."""
    verify = add(
        "verify", "check every row and every signed head; exit 1 names the first row that does not hold", _verify
    )
    verify.add_argument(
        "--head", type=Path, action="append", default=[], metavar="FILE",
        help="a head that was kept elsewhere, with FILE.minisig beside it (may be repeated)",
    )  # fmt: skip
    show = add("show", "print the rows, oldest first", _show)
    show.add_argument("--from-row", type=int, default=1, metavar="N", help="begin with this row")
    show.add_argument("--json", action="store_true", help="print one JSON object a row")
    add("sign", "sign how the audit stands now; the running exchange does it once a day", _sign)


def _verify(args: argparse.Namespace) -> int:
    from notcontent.cli.exchange_folder import open_folder

    folder = open_folder(args)
    from notcontent.exchange.desk.audit import check_audit, online_keys
    from notcontent.exchange.desk.audit_head import read_head_file, read_signed_heads
    from notcontent.exchange.desk.errors import AuditHeadUnreadable
    from notcontent.exchange.desk.models import AuditRow

    keys = online_keys(folder)
    try:
        fault = check_audit(folder, [read_head_file(path, keys) for path in args.head])
    except AuditHeadUnreadable as error:
        print(f"The audit does not hold: {error}")
        return 1
    if fault:
        print(f"The audit does not hold: {fault.text}. Compare it with a backup and with heads kept elsewhere.")
        return 1
    heads = read_signed_heads(folder, keys)
    last = f"the last of {heads[-1].day.isoformat()}" if heads else "the first is signed when the exchange runs"
    print(f"The audit holds: {AuditRow.objects.count()} rows, {len(heads) + len(args.head)} signed heads ({last}).")
    return 0


def _show(args: argparse.Namespace) -> int:
    from notcontent.cli.exchange_folder import open_folder

    open_folder(args)
    from notcontent.exchange.desk.models import Account, AuditRow

    names = dict(Account.objects.values_list("id", "user__username"))
    for row in AuditRow.objects.filter(number__gte=args.from_row).order_by("number").iterator():
        if args.json:
            fields = ("number", "actor", "action", "subject", "reason", "previous_sha256", "row_sha256")
            print(json.dumps({"day": row.day.isoformat(), **{name: getattr(row, name) for name in fields}}))
        else:
            who = names.get(row.actor, row.actor)
            print(f"{row.number}  {row.day.isoformat()}  {who}: {row.action}, {row.subject}: {row.reason}")
    return 0


def _sign(args: argparse.Namespace) -> int:
    from notcontent.cli.exchange_folder import open_folder

    folder = open_folder(args)
    from notcontent.exchange.desk.audit import check_audit, sign_head
    from notcontent.exchange.desk.audit_head import last_head_file
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.today import utc_today

    if (fault := check_audit(folder)) is not None or not sign_head(folder, read_online_key(folder), utc_today()):
        print(f"Nothing was signed: {fault.text if fault else 'the audit no longer fits its last head'}.")
        return 1
    print(f"Signed: {last_head_file(folder)}")
    return 0
