"""The desk's own tables: accounts and their roles, what one person asked for, and what was done by whom."""

from __future__ import annotations

from typing import Any, NoReturn

from django.contrib.auth.models import User
from django.db import models

from notcontent.exchange.desk.errors import AuditIsAppendOnly
from notcontent.exchange.today import random_short_id


class AuditRow(models.Model):
    """One act of a human at the helpline. Each row carries the hash of the one before it."""

    number = models.BigIntegerField(primary_key=True)
    day = models.DateField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=50)
    subject = models.CharField(max_length=64)
    reason = models.TextField()
    previous_sha256 = models.CharField(max_length=64)
    row_sha256 = models.CharField(max_length=64, unique=True)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only."""
        if not self._state.adding:
            raise AuditIsAppendOnly("An audit row cannot be changed. Write a new one that says what is different.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise AuditIsAppendOnly("An audit row cannot be deleted. Write a new one that says what is different.")


class Account(models.Model):
    """What the desk knows of an account besides its name and password. Its random id is what the audit keeps.

    Nothing in here opens anything: the secret of the codes is derived from `totp_salt` with a key that is no part of
    the database, and invitations and recovery codes are kept as keyed hashes.
    """

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="account")
    #: Sessions begun under a lower number are over.
    generation = models.PositiveIntegerField(default=1)
    totp_salt = models.CharField(max_length=32, default="")
    #: The newest step of 30 seconds whose code was used, so that none is used twice.
    totp_step = models.BigIntegerField(default=0)
    invitation = models.CharField(max_length=64, default="", db_index=True)
    invited_until = models.DateTimeField(null=True)
    #: Two people agreed that a link may be made for it.
    link_allowed = models.BooleanField(default=False)


class RecoveryCode(models.Model):
    """A way in when the phone is lost, once. Using it deletes it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    keyed_hash = models.CharField(max_length=64)


class SecurityKey(models.Model):
    """A device that signs in instead of a code (WebAuthn): its public key."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="security_keys")
    name = models.CharField(max_length=40)
    added = models.DateField()
    credential = models.BinaryField(unique=True, max_length=1024)
    public_key = models.BinaryField(max_length=1024)
    sign_count = models.BigIntegerField(default=0)


class Tries(models.Model):
    """Wrong tries to sign in, under a keyed hash of a name or device. Deleted an hour after the last one."""

    keyed_hash = models.CharField(primary_key=True, max_length=64)
    failed = models.PositiveIntegerField(default=0)
    last = models.DateTimeField(db_index=True)


class RoleHeld(models.Model):
    """One role of one account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="held")
    role = models.CharField(max_length=10)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "role"], name="a_role_once"),)


class Proposal(models.Model):
    """What one person asked for. Open while `decided` is None; then `agreed` says how it ended."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id)
    act = models.CharField(max_length=36)
    subject = models.CharField(max_length=64)
    payload = models.TextField()
    reason = models.TextField()
    asked = models.DateField()
    asked_by = models.CharField(max_length=150)
    decided = models.DateField(null=True)
    decided_by = models.CharField(max_length=150, default="")
    agreed = models.BooleanField(null=True)


class DangerMark(models.Model):
    """Somebody at the desk marked that the person of this case may be in danger."""

    #: What the audit calls it: rows that are never erased name no case.
    id = models.CharField(primary_key=True, max_length=16, default=random_short_id)
    case_id = models.CharField(unique=True, max_length=32)
    day = models.DateField()
    marked_by = models.CharField(max_length=150)


class ContactPermit(models.Model):
    """One person may read what is sealed in one case, until a day; agreed to by another, or alone because of danger."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id)
    case_id = models.CharField(max_length=32, db_index=True)
    reader = models.CharField(max_length=150)
    reason = models.TextField()
    begun = models.DateField()
    until = models.DateField()
    alone = models.BooleanField()
    signed_off = models.DateField(null=True)
    signed_off_by = models.CharField(max_length=150, default="")
    was_right = models.BooleanField(null=True)
