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
    """What the desk knows of an account besides its name and password. Its random id is what the audit keeps."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="account")


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
