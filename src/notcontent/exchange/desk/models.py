"""The desk's own table: what was done by whom."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from notcontent.exchange.errors import ExchangeError


class AuditIsAppendOnly(ExchangeError):
    """An audit row cannot be changed or deleted. Write a new one that says what is different."""


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


class FailedTries(models.Model):
    """Wrong passwords at the sign-in since the last right one, by the name's SHA-256; `last_s` as of the throttle."""

    name_sha256 = models.CharField(primary_key=True, max_length=64)
    failed = models.PositiveIntegerField(default=0)
    last_s = models.FloatField(default=0.0)
