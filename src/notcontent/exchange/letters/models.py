"""The table of letters: whose, of which day, and bytes that nothing here can open."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from notcontent.exchange.today import random_short_id, utc_today


class Sender(models.TextChoices):
    """Who wrote a letter."""

    HER = "you", "she"
    HELPLINE = "helpline", "the helpline"
    #: Sealed to the helpline's keys alone, and not shown in her case: what a site answered to a notice.
    FILE = "file", "the helpline's own file"


class About(models.TextChoices):
    """What a letter of hers is. How to reach her stands in a letter of its own, which needs two people to be read."""

    MESSAGE = "message", "a message"
    CONTACT = "contact", "how to reach her"
    NOTICE = "notice", "the exact text of a notice"
    REPLY = "reply", "what a site answered"


class HelplineKey(models.Model):
    """A public key that letters are sealed to. Its private half stays on one of the helpline's devices."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id, editable=False)
    #: X25519, 64 hex digits.
    public = models.CharField(max_length=64)
    #: What the helpline calls the device. Names no person.
    name = models.CharField(max_length=60)
    #: Kept offline, for the day on which every device is lost.
    is_recovery = models.BooleanField(default=False)
    added = models.DateField(default=utc_today)
    #: The last day on which anything was sealed to it.
    taken_out = models.DateField(null=True, default=None)

    class Meta:
        """A key is in use once."""

        constraints = (
            models.UniqueConstraint(fields=["public"], condition=Q(taken_out=None), name="helpline_key_in_use_once"),
        )


class Letter(models.Model):
    """One sealed letter of one case. Dated by day; `number` is its place among the letters of its case, from 1."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="letters")
    number = models.PositiveSmallIntegerField()
    sender = models.CharField(max_length=8, choices=Sender.choices)
    sealed = models.BinaryField()
    day = models.DateField(default=utc_today)
    #: Whether the helpline has fetched it from the desk.
    read = models.BooleanField(default=False)
    about = models.CharField(max_length=8, choices=About.choices, default=About.MESSAGE)
    #: Whether it waits for the helpline: one of hers, until she was answered or somebody said that it needs no answer;
    #: what a site answered, until somebody fetched it.
    waits = models.BooleanField(default=False)
    #: Whether the helpline's keys have changed since it was sealed, so that it has to be sealed anew.
    stale = models.BooleanField(default=False)

    class Meta:
        """No two letters of a case have one place; those that wait or are unread are found without reading the rest,
        and what is told of cases with letters that wait stands in the index itself."""

        constraints = (models.UniqueConstraint(fields=["case", "number"], name="letter_number_once_a_case"),)
        indexes = (
            models.Index(fields=["id"], condition=Q(stale=True), name="letter_stale"),
            models.Index(fields=["case", "day", "read", "about"], condition=Q(waits=True), name="letter_waits"),
            models.Index(fields=["sender"], condition=Q(read=False), name="letter_unread"),
        )
