"""Erasing: withdrawn bytes leave every file of this exchange, and only then does a case say so."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from notcontent.exchange.cases.models import Case
from notcontent.exchange.folder import Folder, write_durably
from notcontent.exchange.lists.folding import fold_stream
from notcontent.exchange.lists.models import Listing, ListingState, ShapedHash
from notcontent.exchange.lists.shaping import forget_told, take_step
from notcontent.exchange.partners.models import Client, Stream
from notcontent.feed.signature import SigningKey


def erase_everywhere(folder: Folder, key: SigningKey, now: datetime) -> int:
    """Fold every stream, rebuild the database file, empty its log; then mark the cases. Returns how many were marked.

    Only cases that were withdrawn before this began are marked: their bytes are then in no file of the data folder.
    """
    for feed, client in Stream.objects.values_list("feed", "client"):
        if client == Client.STOPNCII:
            while take_step(feed, now.date()):
                pass
    # It is installed where the publisher and commands are; this file is loaded on every face.
    from notcontent.exchange.evidence.keeping import forget_with_cases  # noqa: PLC0415

    forget_told(now.date())
    forget_with_cases()
    withdrawn = list(erasable_cases().values_list("id", flat=True))
    for feed in Stream.objects.exclude(client=Client.STOPNCII).values_list("feed", flat=True):
        fold_stream(folder, key, feed, now)
    if withdrawn or folder.erase_request.exists():
        rebuild_database()
    erased = truncate_log()
    marked = 0
    if erased:
        for start in range(0, len(withdrawn), 500):
            marked += Case.objects.filter(id__in=withdrawn[start : start + 500]).update(erased_here=now.date())
        write_durably(folder.last_erasure, b"")
    return marked


def erasable_cases() -> QuerySet[Case]:
    """Withdrawn cases that are not erased yet and can be: no client in StopNCII's shape still has to be told.

    A fingerprint that waits to be told is nobody's any more. It is known by the day of its withdrawal, so now and then
    a case waits for another one of that day and site.
    """
    here = ShapedHash.objects.filter(withdrawn=OuterRef("withdrawn"), stream__listings__entry__case=OuterRef("id"))
    leaving = Listing.objects.filter(
        entry__case=OuterRef("id"), stream__client=Client.STOPNCII, state=ListingState.LEAVING
    )
    return Case.objects.filter(~Exists(here), ~Exists(leaving), withdrawn__isnull=False, erased_here=None)


_HOLDING = (
    *("lists_entry", "lists_shapedhash", "letters_letter", "cases_case", "cases_statement"),
    "partners_seenagain",
    *("evidence_evidence", "evidence_timestamp", "evidence_exportpermit"),
)


def rebuild_database() -> None:
    """Rewrite the database file without its free space.

    `secure_delete` overwrites what a row gave up, but copies that a B-tree left behind when it moved rows between
    pages are
    out of its reach; a rebuilt file has none.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
        elif connection.vendor == "postgresql":
            cursor.execute(f"VACUUM FULL {', '.join(_HOLDING)}")


def truncate_log() -> bool:
    """Empty SQLite's write-ahead log. False when somebody was reading just then: try again soon."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, _, _ = cursor.fetchone()
    return not busy
