"""Vetted platforms, each with one stream, its tokens, and what it reports back."""

from __future__ import annotations

from django.db import models

from notcontent.exchange.today import random_id, random_short_id, utc_today
from notcontent.feed.entry import VIDEO, Tier


class Partner(models.Model):
    """A vetted platform, as she sees it when she chooses who gets her codes."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id, editable=False)
    name = models.CharField(max_length=100, unique=True)
    country = models.CharField(max_length=2)
    site = models.CharField(max_length=253, blank=True, default="")
    #: Who owns it, as two people found at the vetting. Two sites of one owner are one voice; an empty one is nobody's.
    owner = models.CharField(max_length=200, blank=True, default="")
    #: The countries whose states can force it, as vetting found: two letters each.
    forced_by = models.JSONField(default=list)
    #: Whether it runs a guard, which signs receipts.
    proves_forgetting = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    joined = models.DateField(default=utc_today)
    #: Since when its stream answers nothing. It goes on with what it has until that is too old.
    suspended = models.DateField(null=True, default=None)


class Client(models.TextChoices):
    """What a partner follows its stream with. Only a guard turns uploads, reads videos and signs receipts."""

    GUARD = "guard", "a guard"
    BOT = "bot", "a guard behind a group's bot"
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
    #: The age key that the guard's snapshots are encrypted to, and the one the present snapshot was encrypted to.
    age_key = models.CharField(max_length=100, blank=True, default="")
    snapshot_age_key = models.CharField(max_length=100, blank=True, default="")
    acked_number = models.BigIntegerField(default=0)
    #: Up to which number a client in StopNCII's shape was answered, taken or not.
    given_number = models.BigIntegerField(default=0)
    #: When its client last asked, to ten minutes.
    heard = models.DateTimeField(null=True, default=None)
    #: The last day on which a request bore a good signature of the guard's key.
    signed = models.DateField(null=True, default=None)

    #: Whether it is sent verified entries and no others, and whether a rule narrowed it rather than a person.
    verified_only = models.BooleanField(default=False)
    narrowed_by_rule = models.BooleanField(default=False)
    #: Holds reported up to this day count no more against it: a person looked and said why.
    holds_excused = models.DateField(null=True, default=None)
    #: Whether requests without a good signature are refused.
    demands_signatures = models.BooleanField(default=False)

    @property
    def has_guard(self) -> bool:
        """Whether a guard follows it."""
        return self.client in (Client.GUARD, Client.BOT)

    def takes(self, kind: str) -> bool:
        """Whether its client can find entries of this kind."""
        return self.has_guard or kind != VIDEO

    def keeps_back(self, tier: str) -> bool:
        """Whether an entry of this tier must not be on it."""
        return self.verified_only and tier != Tier.VERIFIED


class Vetting(models.Model):
    """What people found out about a partner, dated; the newest counts. No personal data: people stand as numbers and
    roles.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="vettings")
    day = models.DateField(default=utc_today)
    review_again = models.DateField()
    #: Who runs it (a firm, an association) and in which country its servers stand.
    run_by = models.CharField(max_length=200)
    runs_in = models.CharField(max_length=2)
    reviewers = models.PositiveSmallIntegerField()
    reviewers_are = models.CharField(max_length=200)
    longest_hold_hours = models.PositiveSmallIntegerField()
    appeal = models.TextField(max_length=500)
    token_holder = models.CharField(max_length=200)
    why_scope = models.TextField(max_length=500)


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
    #: The SHA-256 of the token it was given for, and whether it was used yet: from then on the other one ends.
    replaces = models.CharField(max_length=64, blank=True, default="")
    taken = models.BooleanField(default=False)
    #: When it was shown after another had taken its place: it was stolen, or a guard was restored from a copy.
    shown_late = models.DateField(null=True, default=None)


class SeenRequest(models.Model):
    """A signed request that wrote something, by a hash of stream and nonce, for as long as it could come again."""

    digest = models.CharField(primary_key=True, max_length=64)
    made = models.BigIntegerField(db_index=True)


class CanaryState(models.TextChoices):
    """How far a canary has come on its stream."""

    WAITING = "waiting", "not sent yet"
    LIVE = "live", "sent"
    LEAVING = "leaving", "withdrawal not sent yet"
    GONE = "gone", "withdrawal sent"


class Canary(models.Model):
    """A fingerprint that no picture has, on one partner's stream alone, so that a leak names where it came from.

    It belongs to no case and no entry, and stays here after it was withdrawn: an old copy of a list may leak late.
    `fingerprints` are 32 bytes each: the upright one and its seven turns. The numbers are those
    of deltas.
    """

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="canaries")
    fingerprints = models.BinaryField()
    #: As the entries have it that it is sent among.
    tier = models.CharField(max_length=8, default="claimed")
    state = models.CharField(max_length=8, choices=CanaryState.choices, default=CanaryState.WAITING)
    made = models.DateField(default=utc_today)
    sent_number = models.BigIntegerField(null=True, default=None)
    withdrawn_number = models.BigIntegerField(null=True, default=None)


class CanarySeen(models.Model):
    """A match of a canary that its partner reported: no picture has it, so somebody made one or made it up."""

    canary = models.ForeignKey(Canary, on_delete=models.CASCADE, related_name="seen")
    report = models.CharField(max_length=32)
    day = models.DateField(default=utc_today)

    class Meta:
        """A report counts once."""

        constraints = (models.UniqueConstraint(fields=["canary", "report"], name="canary_seen_once"),)


class Report(models.Model):
    """One match that a guard reported, once, with the decision that ended a hold, once."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="reports")
    report = models.CharField(max_length=32)
    listing = models.ForeignKey("lists.Listing", on_delete=models.CASCADE, related_name="reports")
    verdict = models.CharField(max_length=8)
    decision = models.CharField(max_length=8, null=True, default=None)
    reason = models.CharField(max_length=32, null=True, default=None)
    day = models.DateField()
    #: The day on which the decision came, and whether the desk has dealt with it.
    decided = models.DateField(null=True, default=None)
    weighed = models.BooleanField(default=False)

    class Meta:
        """A report counts once a stream; what came lately is counted from an index alone."""

        constraints = (models.UniqueConstraint(fields=["stream", "report"], name="report_counts_once"),)
        indexes = (models.Index(fields=["day", "verdict", "listing", "decision"], name="report_lately"),)


class OftenStopped(models.Model):
    """A listing that had stopped many uploads within a few days when a report came (see `often_stopped`)."""

    listing = models.OneToOneField("lists.Listing", primary_key=True, on_delete=models.CASCADE, related_name="+")
    #: The last day on which that was so.
    day = models.DateField(db_index=True)


class SeenAgain(models.Model):
    """That a site saw a listed entry again in a place that followed a closed one (see `again`). Never which place.

    `week`: the Monday of the week in which that was. `told`: the day on which the site said so.
    """

    listing = models.OneToOneField("lists.Listing", on_delete=models.CASCADE, related_name="seen_again")
    week = models.DateField()
    told = models.DateField(default=utc_today, db_index=True)


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
