"""The table of cases. Nothing in it opens a case: it keeps hashes of keys that are made from words it never sees."""

from __future__ import annotations

from django.db import models

from notcontent.exchange.today import random_id, utc_today


class Circumstance(models.TextChoices):
    """What brought a person here."""

    ONLINE = "online", "It is online"
    THREATENED = "threatened", "Somebody threatens to share it"
    WORRIED = "worried", "To be ready"


class Case(models.Model):
    """What one person opened. Dated by day; the three hashes are SHA-256, 64 hex digits."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    locator_sha256 = models.CharField(max_length=64, unique=True)
    look_sha256 = models.CharField(max_length=64)
    withdraw_sha256 = models.CharField(max_length=64)
    circumstance = models.CharField(max_length=16, choices=Circumstance.choices)
    opened = models.DateField(default=utc_today)
    withdrawn = models.DateField(null=True, default=None, db_index=True)
    #: When the bytes were gone from every file of this exchange.
    erased_here = models.DateField(null=True, default=None)
