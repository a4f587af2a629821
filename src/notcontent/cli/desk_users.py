"""`notcontent exchange desk-user`, `desk-users`: who works at the desk, and as what."""

from __future__ import annotations

import argparse
from typing import Any

ROLES = ["desk", "lead", "auditor", "operator"]


def add_desk_user_commands(add: Any) -> None:
    """Add them; `add(name, text, run)` makes a command with a data folder."""
    user = add(
        "desk-user",
        "invite somebody to the desk, or anew who lost a password or phone; prints a link",
        _desk_user,
    )
    user.add_argument("name", help="small letters, digits and hyphens; need not be a person's name")
    user.add_argument(
        "--role", action="append", default=[], choices=ROLES,
        help="what the account may do from now on (may be repeated; a new one gets desk if none is named)",
    )  # fmt: skip
    user.add_argument("--take", action="append", default=[], choices=ROLES, help="take a role away, and invite nobody")
    user.add_argument("--close", action="store_true", help="close the account: it opens nothing any more")
    user.add_argument("--reason", help="why, without names; --take and --close need it")
    user.add_argument("--url", help="how her browser reaches the desk (default: the first of desk_hosts)")

    add("desk-users", "list the desk's accounts, their roles and whether a second factor is set", _desk_users)


def _desk_user(args: argparse.Namespace) -> int:
    from notcontent.cli.exchange_folder import open_exchange

    profile = open_exchange(args)
    from notcontent.exchange.desk.accounts import (
        close_account,
        find_account,
        make_account,
        set_practice_password,
        take_role,
    )
    from notcontent.exchange.desk.invitations import invite
    from notcontent.exchange.desk.models import Account
    from notcontent.exchange.desk.roles import COMMAND_LINE, Role
    from notcontent.exchange.desk.two_people import check_reason
    from notcontent.exchange.today import utc_now, utc_today

    if args.close or args.take:
        account, reason = find_account(args.name), check_reason(args.reason or "")
        for role in args.take:
            take_role(account, Role(role), actor=COMMAND_LINE, reason=reason, today=utc_today())
        if args.close:
            close_account(account, actor=COMMAND_LINE, reason=reason, today=utc_today())
        print("Done and written into the audit.")
        return 0
    is_new = not Account.objects.filter(user__username=args.name).exists()
    roles = [Role(role) for role in args.role or (["desk"] if is_new else [])]
    account = make_account(args.name, roles, actor=COMMAND_LINE, today=utc_today())
    code = invite(account, actor=COMMAND_LINE, now=utc_now())
    host, scheme = profile.desk_hosts[0], "https" if profile.desk_https else "http"
    url = args.url or f"{scheme}://{host}{'' if profile.desk_https else ':8002'}"
    print(
        "The account is ready. Give her this link over a safe channel; it is good once, for three days, and lets her\n"
        "choose a password and set up a second factor. What she had before opens nothing any more."
    )
    print(f"  {url.rstrip('/')}/invitation#{code}")
    if profile.practice:
        print("For practice, this password works too, without a second factor.")
        print(f"password: {set_practice_password(account)}")
    return 0


def _desk_users(args: argparse.Namespace) -> int:
    from notcontent.cli.exchange_folder import open_exchange

    open_exchange(args)
    from notcontent.exchange.desk.models import Account

    for account in Account.objects.select_related("user").order_by("user__username"):
        roles = ", ".join(sorted(held.role for held in account.held.all())) or "no role"
        state = "second factor set" if account.totp_salt else "no second factor yet"
        print(f"{account.user.username}: {roles}; {state if account.user.is_active else 'closed'} ({account.id})")
    return 0
