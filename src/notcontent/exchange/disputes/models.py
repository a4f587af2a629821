"""The table of disputes. A dispute knows an upload by the report that a guard made of it, and by nothing else."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from notcontent.exchange.today import random_id, utc_today


class Kind(models.TextChoices):
    """What is said against a hold or a block; no other word travels."""

    NOT_INTIMATE = "not_intimate", "It is not intimate"
    PUBLIC_INTEREST = "public_interest", "It is of public interest"
    PUBLISHED = "published_myself", "I published this myself"
    AGREES = "shown_and_agree", "I am shown and agree"


class Answer(models.TextChoices):
    """All that whoever disputes ever learns."""

    OPEN = "open", "nobody has decided yet"
    UPHELD = "upheld", "the hold or block stands"
    RELEASED = "released", "this upload need not be stopped"


class HerWord(models.TextChoices):
    """What she said of it in her case."""

    NONE = "", "nothing yet"
    YES = "yes", "that is so"
    NO = "no", "that is not so"


class Dispute(models.Model):
    """What somebody said against one match of one upload."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    report = models.OneToOneField("partners.Report", on_delete=models.CASCADE, related_name="dispute")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    day = models.DateField(default=utc_today, db_index=True)
    answer = models.CharField(max_length=8, choices=Answer.choices, default=Answer.OPEN)
    answered = models.DateField(null=True, default=None)
    her_word = models.CharField(max_length=3, choices=HerWord.choices, blank=True, default=HerWord.NONE)

    class Meta:
        """What is open is found without reading the rest."""

        indexes = (models.Index(fields=["day"], condition=Q(answer="open"), name="dispute_open"),)
