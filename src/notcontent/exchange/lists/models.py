"""Entries and where each of them goes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from notcontent.exchange.today import random_id, utc_today
from notcontent.feed.entry import VIDEO

FINGERPRINT_BYTES = 32


class Contest(models.TextChoices):
    """Whether people at sites have said that an entry is no intimate picture of a private person, and what follows."""

    NONE = "", "nobody has"
    SITE = "site", "its sites said so; it rests there at most"
    ALL = "all", "under two owners; it rests everywhere"
    OUT = "out", "two people at the desk have taken it out"


class Entry(models.Model):
    """One picture or video of one case. Every case owns its own entries, even for the same picture.

    `fingerprints` are 32 bytes each, one after the other; a withdrawal empties them. Of a picture (kind `pdq`) they are
    the upright one and its seven turns, of a video (kind `video`) those of its frames, upright.
    """

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=16)
    fingerprints = models.BinaryField()
    #: Of a picture; frames of a video come without theirs.
    quality = models.PositiveSmallIntegerField(null=True)
    tier = models.CharField(max_length=8, default="claimed")
    made = models.DateField(default=utc_today)
    #: Near a picture that everybody knows. It stays a claim until two people at the desk have looked at the case.
    famous = models.BooleanField(default=False)
    contest = models.CharField(max_length=4, choices=Contest.choices, default=Contest.NONE, blank=True)

    class Meta:
        """The few that are before the desk are found without reading the rest."""

        indexes = (
            models.Index(fields=["made"], condition=Q(famous=True), name="entry_famous"),
            models.Index(fields=["made"], condition=~Q(contest=""), name="entry_contested"),
        )

    @property
    def listed(self) -> bytes:
        """What partners are sent: the upright fingerprint of a picture, all frames of a video."""
        held = bytes(self.fingerprints)
        return held if self.kind == VIDEO else held[:FINGERPRINT_BYTES]


class ListingState(models.TextChoices):
    """How far an entry has come on one partner's stream."""

    WAITING = "waiting", "not sent yet"
    LIVE = "live", "sent"
    LEAVING = "leaving", "withdrawal not sent yet"
    GONE = "gone", "withdrawal sent"
    CANCELLED = "cancelled", "withdrawn before it was ever sent"


class Listing(models.Model):
    """An entry on one partner's stream. Its id is the only name the partner ever learns, and is random."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="listings")
    stream = models.ForeignKey("partners.Stream", on_delete=models.PROTECT, related_name="listings")
    state = models.CharField(max_length=10, choices=ListingState.choices, default=ListingState.WAITING)
    #: Whether the publisher owes the stream an operation about it.
    due = models.BooleanField(default=True)
    #: The delta that carried the operation. Given when it is cut, never before.
    added_number = models.BigIntegerField(null=True, default=None)
    withdrawn_number = models.BigIntegerField(null=True, default=None)
    listed_day = models.DateField(null=True, default=None)
    #: Taken back because the stream carries verified entries only. A partner forgets a withdrawn id for good, so the
    #: entry comes back, if it does, under another one.
    recalled = models.BooleanField(default=False)
    #: Whether it matches nothing on this stream while the desk looks at it, and whether the stream was told so.
    paused = models.BooleanField(default=False)
    paused_there = models.BooleanField(default=False)

    class Meta:
        """An entry is on a stream once; the publisher finds what it owes without reading the rest."""

        constraints = (
            models.UniqueConstraint(
                fields=["entry", "stream"], condition=Q(recalled=False), name="entry_once_a_stream"
            ),
        )
        indexes = (
            models.Index(fields=["stream"], condition=Q(due=True), name="listing_due"),
            models.Index(fields=["stream", "added_number"], name="listing_by_number"),
        )


class TierChange(models.Model):
    """A tier that rose, and what people did that raised it; the publisher writes it into the desk's audit."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="tier_changes")
    tier = models.CharField(max_length=8)
    why = models.CharField(max_length=20)
    day = models.DateField(default=utc_today)
    audited = models.BooleanField(default=False)

    class Meta:
        """What is still to be audited is found without reading the rest."""

        indexes = (models.Index(fields=["id"], condition=Q(audited=False), name="tier_change_not_audited"),)


class ShapedHash(models.Model):
    """A fingerprint on the stream of a client in StopNCII's shape, which knows it by its value and by nothing else.

    It is live while a listing holds it. When the last one leaves, it is withdrawn: kept for those who were sent it,
    until they know, and then deleted. Nothing then says whose it was.
    """

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    stream = models.ForeignKey("partners.Stream", on_delete=models.PROTECT, related_name="shaped")
    value = models.CharField(max_length=64)
    listings = models.ManyToManyField(Listing, related_name="shaped")
    #: The stream's number when it was listed or withdrawn.
    number = models.BigIntegerField()
    #: The midnight of that number's day, all that pages tell of it: a number would tell what came in one step.
    day = models.BigIntegerField()
    #: Whether a page that holds it was answered.
    given = models.BooleanField(default=False)
    #: The day on which the last case that held it was withdrawn.
    withdrawn = models.DateField(null=True, default=None, db_index=True)

    class Meta:
        """Found by its value, and in the order in which pages hold it."""

        constraints = (models.UniqueConstraint(fields=["stream", "value"], name="shaped_once_a_stream"),)
        indexes = (models.Index(fields=["stream", "day", "id"], name="shaped_by_day"),)


class DoneDaily(models.Model):
    """When a job of every day was last done (`exchange/daily.py`)."""

    name = models.CharField(primary_key=True, max_length=100)
    day = models.DateField(null=True, default=None)
