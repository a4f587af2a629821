"""Desk accounts: made by command, with a password printed once."""

from __future__ import annotations

import secrets
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from notcontent.exchange.desk.audit import write_audit

PASSWORD_BYTES = 12


def make_desk_user(name: str, *, actor: str, today: date) -> str:
    """Make the account, or give the one of this name a new password. Returns the password, told this once."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with transaction.atomic():
        user, made = User.objects.get_or_create(username=name)
        user.set_password(password)
        user.save()
        action = "desk account made" if made else "desk password renewed"
        write_audit(day=today, actor=actor, action=action, subject=name[:64], reason="asked for by command")
    return password
