"""The tables of notices. What a notice says stands here only sealed; its key is a file (`keeping`)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from notcontent.exchange.notices.states import ORIGINS, REFUSALS, SEEMED, Refusal, Seemed, State
from notcontent.exchange.today import random_short_id, utc_today


class Evidence(models.TextChoices):
    """What became of the evidence before the notice goes out: deleting it is what a notice is for."""

    NONE = "", "nobody said yet"
    KEPT = "kept", "kept"
    SKIPPED = "skipped", "knowingly skipped"


class HerWord(models.TextChoices):
    """What she said to this very text."""

    NOT_ASKED = "", "not asked"
    ASKED = "asked", "asked"
    YES = "yes", "yes"
    NO = "no", "no"


class Notice(models.Model):
    """One notice about one case to one site under one law. Its id is also the reference that the site is given.

    Times are exact here and nowhere else in a case, since laws count hours.
    """

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="notices")
    law = models.CharField(max_length=8)
    #: The version of the law's rules that it was checked with.
    rules = models.PositiveSmallIntegerField(default=1)
    #: The site's key in the directory; empty for one that the directory does not know, whose name is sealed.
    service = models.CharField(max_length=31, blank=True, default="")
    #: Which step of the law's ladder this is the letter of, about the notice `previous`; empty for a notice itself.
    rung = models.CharField(max_length=20, blank=True, default="")
    #: The site that takes part here and that she made her statement for, where there is one.
    partner = models.ForeignKey("partners.Partner", on_delete=models.SET_NULL, null=True, default=None)
    way = models.CharField(max_length=5)
    language = models.CharField(max_length=10)
    state = models.CharField(
        max_length=16, choices=[(state.value, state.value) for state in State], default=State.DRAFT.value
    )
    #: Sealed to a key of this notice alone; empty once it is over.
    work = models.BinaryField(default=b"")
    text_sha256 = models.CharField(max_length=64, blank=True, default="")
    #: Whether a human found that the law covers the site. Without `yes` she sees no clock.
    covered = models.CharField(max_length=6, default="unsure")
    names_her = models.BooleanField(default=False)
    evidence = models.CharField(max_length=7, choices=Evidence.choices, blank=True, default=Evidence.NONE)
    evidence_record = models.CharField(max_length=32, blank=True, default="")
    her_word = models.CharField(max_length=5, choices=HerWord.choices, blank=True, default=HerWord.NOT_ASKED)
    her_day = models.DateField(null=True, default=None)
    #: The exact text, sealed to her and to the helpline.
    letter = models.ForeignKey("letters.Letter", on_delete=models.SET_NULL, null=True, default=None)
    drafted = models.DateField(default=utc_today)
    drafted_by = models.CharField(max_length=150)
    approved_by = models.CharField(max_length=150, blank=True, default="")
    #: Set before it is handed to the relay. With no `sent` after it, nobody knows whether it went.
    handed = models.DateTimeField(null=True, default=None)
    sent = models.DateTimeField(null=True, default=None)
    #: The Message-ID, or what the form answered; no address.
    proof = models.CharField(max_length=200, blank=True, default="")
    received = models.DateTimeField(null=True, default=None)
    decided = models.DateTimeField(null=True, default=None)
    #: When somebody has to look next whether it is gone, and how often that was done (`watching`).
    look_at = models.DateTimeField(null=True, default=None)
    looks = models.PositiveSmallIntegerField(default=0)
    seemed = models.CharField(max_length=7, choices=SEEMED, blank=True, default=Seemed.NONE.value)
    seemed_at = models.DateTimeField(null=True, default=None)
    reply_sha256 = models.CharField(max_length=64, blank=True, default="")
    #: The notice that this one comes after: it bounced, or the picture reappeared.
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, default=None, related_name="later")

    class Meta:
        """Those that wait for something are found without reading the rest."""

        indexes = (
            models.Index(fields=["state", "drafted", "id"], name="notice_state"),
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="notice_look"),
            models.Index(fields=["handed"], condition=Q(handed__isnull=False, sent=None), name="notice_unclear"),
            models.Index(fields=["reply_sha256"], condition=~Q(reply_sha256=""), name="notice_reply"),
        )

    @property
    def stands(self) -> State:
        """Its state."""
        return State(self.state)


class Step(models.Model):
    """What happened to a notice: when, and who says so. `country`: it is blocked in this one only."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=16)
    at = models.DateTimeField()
    origin = models.CharField(max_length=8, choices=ORIGINS)
    reason = models.CharField(max_length=12, choices=REFUSALS, blank=True, default=Refusal.NONE.value)
    #: Which rung of the ladder, for an escalation.
    rung = models.CharField(max_length=20, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")


class Mail(models.Model):
    """A mail that was kept as a letter, by the SHA-256 of its bytes: servers send one again when they are in doubt."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="mails")
    sha256 = models.CharField(max_length=64)

    class Meta:
        """Once for each notice."""

        constraints = (models.UniqueConstraint(fields=["notice", "sha256"], name="mail_once"),)
