"""Timestamps for what was kept, from the authorities in `exchange.json`. No transaction is open while one is asked."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext

from notcontent.evidence.timestamp import Authority, TimestampFailed, ask_for_stamp
from notcontent.exchange.errors import NotSetUp
from notcontent.exchange.evidence.custody import write_touch
from notcontent.exchange.evidence.models import Evidence, Timestamp
from notcontent.exchange.folder import Folder

logger = logging.getLogger(__name__)

EXCHANGE = "exchange"


def authorities(folder: Folder) -> list[Authority]:
    """Those that are configured, with their certificates. Raises `NotSetUp` where one can't be read."""
    found = []
    for told in settings.PROFILE.timestamp_authorities:
        try:
            # A path in exchange.json may be inside of the folder or anywhere else.
            certificates = Path(folder.path, told["certificates"]).read_text()
            found.append(Authority(told["name"], told["url"], certificates))
        except (KeyError, TypeError, OSError, UnicodeError):
            raise NotSetUp(
                gettext(
                    "timestamp_authorities in exchange.json needs a name, a url and a file of certificates (PEM) for "
                    "each."
                )
            ) from None
    return found


def stamp_evidence(evidence_id: str, asked: list[Authority], now: datetime) -> int:
    """Ask every authority that has not stamped it yet; how many are missing after that."""
    piece = Evidence.objects.filter(id=evidence_id).first()
    if piece is None:
        return 0
    stamped = set(piece.stamps.values_list("authority", flat=True))
    missing = 0
    for authority in asked:
        if authority.name in stamped:
            continue
        try:
            stamp = ask_for_stamp(piece.manifest.encode(), authority)
        except TimestampFailed:
            logger.warning("an authority gave no timestamp; it is asked again")
            missing += 1
            continue
        with transaction.atomic():
            if Evidence.objects.select_for_update().filter(id=evidence_id).exists():
                _, new = Timestamp.objects.get_or_create(
                    evidence=piece,
                    authority=authority.name,
                    defaults={"reply": stamp.reply, "certificates": authority.certificates, "at": stamp.at},
                )
                if new:
                    write_touch(piece.id, "timestamped", actor=EXCHANGE, now=now)
    return missing


def stamp_case(folder: Folder, case_id: str, now: datetime) -> int:
    """Ask for every timestamp that is missing in a case; how many are missing after that. Raises `NotSetUp`."""
    asked = authorities(folder)
    ids = list(Evidence.objects.filter(case_id=case_id).values_list("id", flat=True))
    return sum(stamp_evidence(id_, asked, now) for id_ in ids)


def stamp_what_waits(folder: Folder, now: datetime) -> int:
    """Ask for every timestamp that is missing anywhere; how many are missing after that. Raises `NotSetUp`."""
    asked = authorities(folder)
    waiting = Evidence.objects.annotate(held=Count("stamps")).filter(held__lt=len(asked))
    return sum(stamp_evidence(id_, asked, now) for id_ in list(waiting.values_list("id", flat=True)))
