"""Counts of months that are over, and demands. Nothing in either leads to a case, an entry or a site."""

from __future__ import annotations

from django.db import models

from notcontent.exchange.today import random_id


class Month(models.Model):
    """What happened in one month, counted once when it was over: what it was counted from may be deleted later."""

    first_day = models.DateField(primary_key=True)
    listed = models.PositiveBigIntegerField()
    held = models.PositiveBigIntegerField()
    released = models.PositiveBigIntegerField()
    disputed = models.PositiveBigIntegerField()
    withdrawn = models.PositiveBigIntegerField()
    #: How many holds a decision ended, and the median of their lengths.
    decided = models.PositiveBigIntegerField()
    median_hold_days = models.FloatField(null=True)


class Demand(models.Model):
    """That a state demanded something, and what came of it; entered by one person at the desk, agreed to by another."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    month = models.DateField(db_index=True)
    country = models.CharField(max_length=2)
    obeyed = models.BooleanField()
