"""The table of letters: whose, of which day, and bytes that nothing here can open."""

from __future__ import annotations

from django.db import models

from notcontent.exchange.today import random_short_id, utc_today


class Sender(models.TextChoices):
    """Who wrote a letter."""

    HER = "you", "she"
    HELPLINE = "helpline", "the helpline"


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

    class Meta:
        """No two letters of a case have one place."""

        constraints = (models.UniqueConstraint(fields=["case", "number"], name="letter_number_once_a_case"),)
