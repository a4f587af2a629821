"""Keeping evidence: a sealed record with its hash comes in, a signed manifest and a row of custody are made."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from importlib.metadata import version

from django.db import transaction
from django.utils.translation import gettext

from notcontent.evidence.manifest import Manifest, format_manifest
from notcontent.exchange.cases.models import Case, Forget
from notcontent.exchange.errors import UnknownName
from notcontent.exchange.evidence.custody import id_of, write_touch
from notcontent.exchange.evidence.errors import NotSealed, TooMuchEvidence
from notcontent.exchange.evidence.models import CapturePermit, Evidence, ExportPermit
from notcontent.exchange.folder import Folder
from notcontent.exchange.letters.keys import changed_lately
from notcontent.exchange.limits import MAX_SEALED_BYTES
from notcontent.exchange.today import random_id
from notcontent.feed.signature import SigningKey
from notcontent.feed.text import NO_HASH
from notcontent.letter import FIRST_BYTES, MIN_SEALED_BYTES

MAX_PIECES = 100
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


def tool() -> str:
    """What a manifest says it was kept with."""
    return f"notcontent {version('notcontent')}"


def keep_evidence(
    folder: Folder,
    case_id: str,
    record_sha256: str,
    untrusted_sealed: bytes,
    *,
    actor: str,
    now: datetime,
    offline: bool = False,
) -> Evidence:
    """The kept piece. The same sealed bytes again are the same piece. `offline`: sealed to the offline keys alone.

    `record_sha256` is the hash of the record inside, which nobody here can check: whoever opens it does. Raises
    `UnknownName`, `NotSealed` and `TooMuchEvidence`.
    """
    if not _HASH.fullmatch(record_sha256) or not looks_sealed(untrusted_sealed):
        raise NotSealed(
            gettext("What came is no sealed record with its hash. Seal it on the desk's page and send it again.")
        )
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(id=case_id).first()
        if case is None or case.is_forgotten:
            raise UnknownName(
                gettext("There is no such case, or everything in it was forgotten. Nothing can be kept there.")
            )
        held = pieces_of(case_id)
        if known := Evidence.objects.filter(case_id=case_id, sealed=untrusted_sealed).first():
            return known
        if len(held) >= MAX_PIECES:
            raise TooMuchEvidence(
                gettext("A case holds at most %(n)s pieces of evidence. Export what is there first.")
                % {"n": MAX_PIECES}
            )
        previous = held[-1].manifest_sha256 if held else NO_HASH
        told = Manifest(random_id(), record_sha256, now.replace(microsecond=0), id_of(actor), tool(), previous)
        signed = SigningKey.from_text(folder.online_key.read_text()).sign(format_manifest(told))
        piece: Evidence = Evidence.objects.create(
            id=told.evidence, case_id=case_id, sealed=untrusted_sealed, manifest=signed.text,
            signature=signed.signature, manifest_sha256=hashlib.sha256(signed.text.encode()).hexdigest(),
            offline=offline, stale=not offline and changed_lately(now.date()),
        )  # fmt: skip
        write_touch(piece.id, "kept in full" if offline else "kept", actor=actor, now=now)
        return piece


def looks_sealed(data: bytes) -> bool:
    """Whether this may be a sealed record: all that can be told without a key."""
    return data.startswith(FIRST_BYTES) and MIN_SEALED_BYTES <= len(data) <= MAX_SEALED_BYTES


def pieces_of(case_id: str) -> list[Evidence]:
    """The evidence of a case, in the order in which it was kept. What is sealed is read only once it is asked for."""
    held = {piece.told.previous_sha256: piece for piece in Evidence.objects.filter(case_id=case_id).defer("sealed")}
    ordered = []
    place = NO_HASH
    while (piece := held.pop(place, None)) is not None:
        ordered.append(piece)
        place = piece.manifest_sha256
    return ordered


def fetch_evidence(evidence_id: str, *, actor: str, now: datetime) -> Evidence:
    """A piece as it is sealed, for whoever has a key; the touch is written down. Raises `UnknownName`."""
    with transaction.atomic():
        piece = Evidence.objects.select_for_update().filter(id=evidence_id).first()
        if piece is None:
            raise UnknownName(gettext("There is no such evidence, or it was forgotten. Look at the case again."))
        write_touch(piece.id, "opened", actor=actor, now=now)
        return piece


def forget_with_cases() -> None:
    """Delete the evidence of cases in which everything was forgotten. What was exported is out of reach."""
    gone = Case.objects.filter(withdrawn__isnull=False, forget=Forget.EVERYTHING).values("id")
    Evidence.objects.filter(case_id__in=gone).delete()
    for permits in (ExportPermit, CapturePermit):
        permits.objects.filter(case_id__in=gone).delete()
