"""The table of cases. Nothing in it opens a case: it keeps hashes of keys that are made from words it never sees."""

from __future__ import annotations

from django.db import models

from notcontent.exchange.today import random_id, utc_today


class Circumstance(models.TextChoices):
    """What brought a person here."""

    ONLINE = "online", "It is online"
    THREATENED = "threatened", "Somebody threatens to share it"
    WORRIED = "worried", "To be ready"
    NO_FILE = "no_file", "She does not have the file"


class Forget(models.TextChoices):
    """What a withdrawal takes back: only the codes, or all that the case holds."""

    MATCHING = "matching", "Stop matching"
    EVERYTHING = "everything", "Forget everything"


class Notices(models.TextChoices):
    """Whether the helpline may send notices about her to a site."""

    ASK = "ask", "ask her each time"
    GO = "go", "without asking again"
    REVOKED = "revoked", "taken back"


class Case(models.Model):
    """What one person opened. Dated by day; the three hashes are SHA-256, 64 hex digits."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    locator_sha256 = models.CharField(max_length=64, unique=True)
    look_sha256 = models.CharField(max_length=64)
    withdraw_sha256 = models.CharField(max_length=64)
    #: Empty once everything is forgotten.
    circumstance = models.CharField(max_length=16, choices=Circumstance.choices, blank=True)
    #: The public key that answers to her are sealed to, 64 hex digits.
    reply_to = models.CharField(max_length=64, blank=True, default="")
    #: Whether sites that join later get her codes too.
    later_sites = models.BooleanField(default=False)
    #: How long a withdrawal waits and can be stopped.
    wait_days = models.PositiveSmallIntegerField(default=0)
    opened = models.DateField(default=utc_today)
    #: The day on which a withdrawal that waits is carried out.
    withdraws_on = models.DateField(null=True, default=None, db_index=True)
    #: What the withdrawal forgets; said when it is asked for, true once `withdrawn` is there.
    forget = models.CharField(max_length=10, choices=Forget.choices, blank=True, default="")
    withdrawn = models.DateField(null=True, default=None, db_index=True)
    #: The day on which two people at the desk said that they had spoken with her.
    spoken = models.DateField(null=True, default=None)
    #: The day from which its terms run: the desk closed it, or it was withdrawn. A new letter opens it again.
    closed = models.DateField(null=True, default=None, db_index=True)
    #: When the bytes were gone from every file of this exchange.
    erased_here = models.DateField(null=True, default=None)

    class Meta:
        """The newest are listed without reading the rest."""

        indexes = (models.Index(fields=["-opened", "id"], name="case_by_day"),)

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing is left but what shows the receipts."""
        return self.withdrawn is not None and self.forget == Forget.EVERYTHING


class Statement(models.Model):
    """Her dated word for one site: she is the person shown or acts for her, it was not agreed, notices may be sent."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="statements")
    partner = models.ForeignKey("partners.Partner", on_delete=models.CASCADE, related_name="statements")
    notices = models.CharField(max_length=8, choices=Notices.choices)
    day = models.DateField(default=utc_today)

    class Meta:
        """The last word for a site is the one that holds."""

        constraints = (models.UniqueConstraint(fields=["case", "partner"], name="statement_once_a_site"),)


class LegalHold(models.Model):
    """What two people at the desk keep of one case beyond its terms, until the end of a day. She sees all of it."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="legal_hold")
    #: What it names: how to reach her, and links and messages.
    contact = models.BooleanField()
    letters = models.BooleanField()
    #: In the words of whoever asked for it.
    reason = models.TextField()
    since = models.DateField()
    until = models.DateField(db_index=True)
