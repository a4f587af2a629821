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
    #: How many codes sites said they had seen again in a new place, each once a site.
    seen_again = models.PositiveBigIntegerField(default=0)
    #: How many holds a decision ended, and the median of their lengths.
    decided = models.PositiveBigIntegerField()
    median_hold_days = models.FloatField(null=True)


class NoticeQuarter(models.Model):
    """What became of the notices of one quarter to one site under one law, counted once. An empty site: all others."""

    first_day = models.DateField(db_index=True)
    site = models.CharField(max_length=31, blank=True)
    law = models.CharField(max_length=8)
    sent = models.PositiveIntegerField()
    acknowledged = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()
    #: How many refusals gave which reason.
    refused_for = models.JSONField(default=dict)
    #: How many were removed at a known hour, and the median of the hours until then.
    timed = models.PositiveIntegerField()
    hours = models.FloatField(null=True)

    class Meta:
        """A quarter is counted once."""

        constraints = (models.UniqueConstraint(fields=["first_day", "site", "law"], name="notice_quarter_once"),)


class Demand(models.Model):
    """That a state demanded something, and what came of it; entered by one person at the desk, agreed to by another."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    month = models.DateField(db_index=True)
    country = models.CharField(max_length=2)
    obeyed = models.BooleanField()
