"""The tables of evidence: sealed records with their signed manifests, their timestamps, and who touched them.

Times stand here to the second, unlike elsewhere: when something was kept is what evidence is about.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from notcontent.evidence.manifest import Manifest, Touch, parse_manifest
from notcontent.exchange.evidence.errors import CustodyIsAppendOnly
from notcontent.exchange.today import random_id, random_short_id
from notcontent.feed.signature import Signed
from notcontent.feed.text import check_time


class Evidence(models.Model):
    """One record of one case, sealed to the helpline's keys. What shows of it is the hash of its salted fields."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id, editable=False)
    case_id = models.CharField(max_length=32, db_index=True)
    manifest = models.TextField()
    signature = models.TextField()
    manifest_sha256 = models.CharField(max_length=64)
    sealed = models.BinaryField()
    #: Whether it is sealed to the helpline's offline keys alone, so that no device of the desk opens it.
    offline = models.BooleanField(default=False)
    #: Whether the keys have changed since it was sealed, so that it has to be sealed anew.
    stale = models.BooleanField(default=False)

    class Meta:
        """Those that wait are found without reading the rest."""

        indexes = (models.Index(fields=["id"], condition=models.Q(stale=True), name="evidence_stale"),)

    @property
    def told(self) -> Manifest:
        """What the manifest says."""
        return parse_manifest(self.manifest)

    @property
    def signed(self) -> Signed:
        """The manifest with its signature."""
        return Signed(self.manifest, self.signature)


class Timestamp(models.Model):
    """An authority's raw reply over a manifest, and the certificates it was checked against."""

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="stamps")
    authority = models.CharField(max_length=60)
    reply = models.BinaryField()
    certificates = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """One of each authority is enough."""

        constraints = (models.UniqueConstraint(fields=["evidence", "authority"], name="stamp_once_an_authority"),)


class CustodyRow(models.Model):
    """One touch of one piece of evidence. It stays when the evidence is forgotten, and names nothing but random ids."""

    evidence = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    #: `YYYY-MM-DDTHH:MM:SSZ`, as it is hashed.
    at = models.CharField(max_length=20)
    actor = models.CharField(max_length=150)
    what = models.CharField(max_length=80)
    previous_sha256 = models.CharField(max_length=64)
    row_sha256 = models.CharField(max_length=64)

    class Meta:
        """Rows of one piece follow on one another."""

        constraints = (models.UniqueConstraint(fields=["evidence", "number"], name="custody_number_once"),)

    @property
    def touch(self) -> Touch:
        """The row as a value."""
        return Touch(self.evidence, self.number, check_time(self.at), self.actor, self.what, self.previous_sha256)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only."""
        if not self._state.adding:
            raise CustodyIsAppendOnly(
                "A row of custody cannot be changed. Write a new one that says what is different."
            )
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise CustodyIsAppendOnly("A row of custody cannot be deleted. Write a new one that says what is different.")


class ExportPermit(models.Model):
    """Two people agreed that one of them may take the evidence of a case out, until a day."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id, editable=False)
    case_id = models.CharField(max_length=32, db_index=True)
    reader = models.CharField(max_length=150)
    begun = models.DateField()
    until = models.DateField()


class CapturePermit(models.Model):
    """Two people agreed that one of them may capture one page in full, until a day. Gone once it was used."""

    id = models.CharField(primary_key=True, max_length=16, default=random_short_id, editable=False)
    case_id = models.CharField(max_length=32, db_index=True)
    reader = models.CharField(max_length=150)
    #: A keyed hash of the address: it stands nowhere unsealed.
    address = models.CharField(max_length=64)
    reason = models.CharField(max_length=1000)
    begun = models.DateField()
    until = models.DateField()
