"""Desk accounts: made, given and refused roles, closed. What is done here stands in the audit."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import BadAccountName, LastLead
from notcontent.exchange.desk.models import Account, RoleHeld
from notcontent.exchange.desk.roles import Role
from notcontent.exchange.errors import UnknownName

PASSWORD_BYTES = 12
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def make_account(name: str, roles: Iterable[Role], *, actor: str, today: date) -> Account:
    """An account of this name that holds these roles, whether or not it was there. Raises `BadAccountName`."""
    check_account_name(name)
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


def check_account_name(untrusted_name: str) -> None:
    """Raises `BadAccountName`."""
    if not NAME.fullmatch(untrusted_name):
        raise BadAccountName(
            gettext(
                "An account's name is of at most 32 small letters, digits and hyphens. It need not be a person's name."
            )
        )


def find_account(name: str) -> Account:
    """The account of this name. Raises `UnknownName`."""
    account = Account.objects.filter(user__username=name).first()
    if account is None:
        raise UnknownName(
            gettext("No desk account has this name. Check it; `notcontent exchange desk-users` lists all.")
        )
    return account


def give_role(account: Account, role: Role, *, actor: str, today: date) -> None:
    """The account holds this role from now on."""
    with transaction.atomic():
        _, given = RoleHeld.objects.get_or_create(account=account, role=role.value)
        if given:
            write_audit(day=today, actor=actor, action=f"role given: {role}", subject=account.id, reason="her work")


def take_role(account: Account, role: Role, *, actor: str, reason: str, today: date) -> None:
    """The account holds this role no longer. Raises `LastLead`."""
    with transaction.atomic():
        taken, _ = RoleHeld.objects.filter(account=account, role=role.value).delete()
        if taken:
            write_audit(day=today, actor=actor, action=f"role taken: {role}", subject=account.id, reason=reason)
            _require_a_lead(role is Role.LEAD)


def close_account(account: Account, *, actor: str, reason: str, today: date) -> None:
    """Nobody signs in with it any more; sessions, roles, invitation and second factor are gone. Raises `LastLead`."""
    with transaction.atomic():
        led = account.held.filter(role=Role.LEAD.value).exists()
        account.held.all().delete()
        account.recovery_codes.all().delete()
        account.security_keys.all().delete()
        account.user.set_unusable_password()
        account.user.is_active = False
        account.user.save()
        account.totp_salt, account.invitation, account.invited_until = "", "", None
        account.link_allowed = False
        account.generation += 1
        account.save()
        write_audit(day=today, actor=actor, action="account closed", subject=account.id, reason=reason)
        _require_a_lead(led)


def set_practice_password(account: Account) -> str:
    """A password of ours, told this once, so that a practice desk can be entered without an invitation."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    account.user.set_password(password)
    account.user.save()
    return password


def _require_a_lead(one_less: bool) -> None:
    if one_less and not Account.objects.filter(held__role=Role.LEAD.value, user__is_active=True).exists():
        raise LastLead(gettext("Without this account nobody would lead the desk. Make somebody else a lead first."))
