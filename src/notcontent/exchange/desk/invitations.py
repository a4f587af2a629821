"""Invitations: a link, good once and for three days, with which somebody chooses her own password."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import NoSuchInvitation, WeakPassword
from notcontent.exchange.desk.keyed import keyed_hash
from notcontent.exchange.desk.models import Account

GOOD_FOR = timedelta(days=3)
CODE_BYTES = 20
MAX_PASSWORD_CHARACTERS = 1000


def invite(account: Account, *, actor: str, now: datetime) -> str:
    """A new code for this account; one made before is good no longer, and neither are password, factor and sessions."""
    code = secrets.token_urlsafe(CODE_BYTES)
    with transaction.atomic():
        account.user.set_unusable_password()
        account.user.is_active = True
        account.user.save()
        account.recovery_codes.all().delete()
        account.security_keys.all().delete()
        account.totp_salt, account.generation, account.link_allowed = "", account.generation + 1, False
        account.invitation, account.invited_until = keyed_hash("invitation", code), now + GOOD_FOR
        account.save()
        write_audit(day=now.date(), actor=actor, action="invited", subject=account.id, reason="to choose a password")
    return code


def find_invited(untrusted_code: str, now: datetime) -> Account:
    """The account that a code invites. Raises `NoSuchInvitation` for a wrong, used or old one."""
    code = untrusted_code.strip()
    account = Account.objects.filter(
        invitation=keyed_hash("invitation", code), invited_until__gt=now, user__is_active=True
    ).first()
    if not code or account is None:
        raise NoSuchInvitation(
            gettext("This invitation was used, is older than three days, or was copied in part. Ask for another.")
        )
    return account


def accept_invitation(untrusted_code: str, password: str, *, now: datetime) -> Account:
    """Choose the password; the code is used up. Raises `NoSuchInvitation` and `WeakPassword`."""
    with transaction.atomic():
        account = find_invited(untrusted_code, now)
        set_password(account, password)
        account.invitation, account.invited_until = "", None
        account.save()
        name = account.user.username
        write_audit(day=now.date(), actor=name, action="invitation taken", subject=account.id, reason="by herself")
    return account


def set_password(account: Account, password: str) -> None:
    """Give the account this password and end its sessions. Raises `WeakPassword`."""
    if len(password) > MAX_PASSWORD_CHARACTERS:
        raise WeakPassword(
            gettext("Choose a password of at most %(n)s characters.") % {"n": f"{MAX_PASSWORD_CHARACTERS:,}"}
        )
    try:
        validate_password(password, account.user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from None
    account.user.set_password(password)
    account.user.save()
    account.generation += 1
    account.save()
