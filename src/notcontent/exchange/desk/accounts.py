"""Desk accounts: made by command, with a password printed once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import BadAccountName
from notcontent.exchange.desk.models import Account, RoleHeld
from notcontent.exchange.desk.roles import Role

PASSWORD_BYTES = 12
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def make_account(name: str, roles: Iterable[Role], *, actor: str, today: date) -> Account:
    """An account of this name that holds these roles, whether or not it was there. Raises `BadAccountName`."""
    if not NAME.fullmatch(name):
        raise BadAccountName(
            "An account's name is of at most 32 small letters, digits and hyphens. It need not be a person's name."
        )
    with transaction.atomic():
        user, _ = User.objects.get_or_create(username=name)
        account, made = Account.objects.get_or_create(user=user)
        if made:
            user.set_unusable_password()
            user.save()
            write_audit(
                day=today, actor=actor, action="account made", subject=account.id, reason="somebody joins the desk"
            )
        for role in roles:
            give_role(account, role, actor=actor, today=today)
    return account


def give_role(account: Account, role: Role, *, actor: str, today: date) -> None:
    """The account holds this role from now on."""
    with transaction.atomic():
        _, given = RoleHeld.objects.get_or_create(account=account, role=role.value)
        if given:
            write_audit(day=today, actor=actor, action=f"role given: {role}", subject=account.id, reason="her work")


def make_desk_user(name: str, roles: Iterable[Role] = (Role.DESK,), *, actor: str, today: date) -> str:
    """Make the account, or give the one of this name a new password. Returns the password, told this once."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with transaction.atomic():
        account = make_account(name, roles, actor=actor, today=today)
        account.user.set_password(password)
        account.user.save()
        write_audit(
            day=today, actor=actor, action="password renewed", subject=account.id, reason="asked for by command"
        )
    return password
