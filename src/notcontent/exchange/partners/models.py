"""Vetted platforms, each with one stream, its tokens, and what it reports back."""

from __future__ import annotations

from django.db import models

from notcontent.exchange.today import random_id, random_short_id, utc_today
from notcontent.feed.entry import VIDEO


class Partner(models.Model):
    """A vetted platform, as she sees it when she chooses who gets her codes."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id, editable=False)
    name = models.CharField(max_length=100, unique=True)
    country = models.CharField(max_length=2)
    site = models.CharField(max_length=253, blank=True, default="")
    #: The countries whose states can force it, as vetting found: two letters each.
    forced_by = models.JSONField(default=list)
    #: Whether it runs a guard, which signs receipts.
    proves_forgetting = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    joined = models.DateField(default=utc_today)


class Client(models.TextChoices):
    """What a partner follows its stream with. Only a guard turns uploads, reads videos and signs receipts."""

    GUARD = "guard", "a guard"
    TX = "tx", "notcontent's own extension of tx and HMA"
    STOPNCII = "stopncii", "a client of StopNCII.org's exchange"


class Stream(models.Model):
    """One partner's feed. Only the publisher changes the upper half, only the partners' face the lower."""

    feed = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, related_name="stream")
    client = models.CharField(max_length=8, choices=Client.choices, default=Client.GUARD)
    epoch = models.BigIntegerField(default=1)
    number = models.BigIntegerField(default=0)
    delta_sha256 = models.CharField(max_length=64, default="0" * 64)
    count = models.BigIntegerField(default=0)
    oldest = models.BigIntegerField(default=1)
    snapshot = models.BigIntegerField(default=0)
    snapshot_sha256 = models.CharField(max_length=64, default="0" * 64)
    snapshot_bytes = models.BigIntegerField(default=0)

    #: The guard's public key (a minisign line), empty until it registers.
    guard_key = models.CharField(max_length=100, blank=True, default="")
    acked_number = models.BigIntegerField(default=0)
    #: Up to which number a client in StopNCII's shape was answered, taken or not.
    given_number = models.BigIntegerField(default=0)

    def takes(self, kind: str) -> bool:
        """Whether its client can find entries of this kind."""
        return self.client == Client.GUARD or kind != VIDEO


class Token(models.Model):
    """A secret of one stream, as its SHA-256. `scope` holds words separated by spaces: what it is good for.

    A bearer token has `feed` and `report`. A client in StopNCII's shape has a pair: one with `subscription`, one with
    `fetch` and `feedback`.
    """

    token_sha256 = models.CharField(primary_key=True, max_length=64)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="tokens")
    scope = models.CharField(max_length=50, default="feed report")
    made = models.DateField(default=utc_today)
    #: The last day on which it works.
    expires = models.DateField()
    revoked = models.BooleanField(default=False)


class Report(models.Model):
    """One match that a guard reported, once, with the decision that ended a hold, once."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="reports")
    report = models.CharField(max_length=32)
    listing = models.ForeignKey("lists.Listing", on_delete=models.CASCADE, related_name="reports")
    verdict = models.CharField(max_length=8)
    decision = models.CharField(max_length=8, null=True, default=None)
    reason = models.CharField(max_length=32, null=True, default=None)
    day = models.DateField()

    class Meta:
        """A report counts once a stream."""

        constraints = (models.UniqueConstraint(fields=["stream", "report"], name="report_counts_once"),)


class Receipt(models.Model):
    """A platform's signed word, kept as it was signed, so that anybody can check it later."""

    listing = models.ForeignKey("lists.Listing", on_delete=models.CASCADE, related_name="receipts")
    state = models.CharField(max_length=8)
    text = models.TextField()
    signature = models.TextField()
    day = models.DateField(default=utc_today)

    class Meta:
        """One receipt a listing and state."""

        constraints = (models.UniqueConstraint(fields=["listing", "state"], name="receipt_counts_once"),)
