"""An exchange's tables filled as years would fill them: cases, entries, listings, reports, letters, sites.

Rows go straight into the tables, since a helpline's own ways would take a day: in the order of their random ids, as
far as that order is free, and without the indexes that can be built afterwards. What is derived from them (snapshots,
heads) is made by the exchange itself. Figures are the same for the same seed.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from bench.support.figures import progress

_TOGETHER = 5_000
_TABLES = (
    "cases_case", "lists_entry", "lists_listing", "partners_report", "disputes_dispute", "letters_letter",
)  # fmt: skip
#: How often what happened: a share of all cases, entries or reports.
WITHDRAWN, CLOSED, CONTESTED, FAMOUS, DISPUTED = 0.2, 0.5, 0.0005, 0.0005, 0.0002
LETTERS_A_CASE = 2
UNREAD = 0.01
_YEARS_DAYS = 730
_LETTER_BYTES = 700
_SAMPLE = 1_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything. Each entry is listed at two sites."""

    cases: int = 100_000
    entries: int = 1_000_000
    reports: int = 2_000_000
    partners: int = 1_000


@dataclass(frozen=True, slots=True)
class Filled:
    """What a filled exchange is measured with: its sites, and some of its open cases, drawn at random."""

    sites: list[Site]
    cases: list[str]


@dataclass(frozen=True, slots=True)
class Site:
    """A partner of the filled exchange: its id, its stream and the token that polls it."""

    partner: str
    feed: str
    token: str


def fill(size: Size, seed: int = 1) -> Filled:
    """Fill the empty tables that Django is connected to. Two or three minutes at full size."""
    with _in_a_hurry():
        return _fill(size, seed)


def _fill(size: Size, seed: int) -> Filled:
    dice, today = random.Random(seed), datetime.now(UTC).date()
    sites = [Site(_hex(dice, 16), _hex(dice, 32), f"nct_{secrets.token_urlsafe(32)}") for _ in range(size.partners)]
    _insert_sites(sites, size, today)
    cases = _ids(dice, size.cases)
    days = [today - timedelta(days=dice.randrange(1, _YEARS_DAYS)) for _ in cases]
    withdrawn = [dice.random() < WITHDRAWN for _ in cases]
    circumstances = ("online", "threatened", "worried")

    closings: list[date | None] = []

    def case_rows() -> Iterator[tuple[Any, ...]]:
        for case, day, gone in zip(cases, days, withdrawn, strict=True):
            ended = min(today, day + timedelta(days=dice.randrange(1, 60)))
            closed = ended if gone or dice.random() < CLOSED else None
            closings.append(closed)
            yield (
                case, _hex(dice, 64), _hex(dice, 64), _hex(dice, 64), dice.choice(circumstances), _hex(dice, 64), False,
                0, day, None, "matching" if gone else "", ended if gone else None, None, closed,
                ended if gone else None,
            )  # fmt: skip

    _insert(
        "cases_case",
        "id locator_sha256 look_sha256 withdraw_sha256 circumstance reply_to later_sites wait_days opened withdraws_on "
        "forget withdrawn spoken closed erased_here",
        case_rows(), size.cases,
    )  # fmt: skip
    entries = _ids(dice, size.entries)
    # Every case has some; which ones have more is drawn.
    owners = [*range(size.cases), *(dice.randrange(size.cases) for _ in range(size.entries - size.cases))]
    dice.shuffle(owners)

    def entry_rows() -> Iterator[tuple[Any, ...]]:
        for entry, owner in zip(entries, owners, strict=True):
            gone = withdrawn[owner]
            contest = "" if gone or dice.random() >= CONTESTED else dice.choice(("site", "all"))
            tier = dice.choices(("claimed", "seen", "verified"), (70, 20, 10))[0]
            famous = dice.random() < FAMOUS
            yield (
                entry,
                cases[owner],
                "pdq",
                b"" if gone else dice.randbytes(256),
                90,
                tier,
                days[owner],
                famous,
                contest,
            )

    _insert(
        "lists_entry", "id case_id kind fingerprints quality tier made famous contest", entry_rows(), size.entries
    )  # fmt: skip
    ids = _ids(dice, 2 * size.entries)
    places = list(range(2 * size.entries))
    dice.shuffle(places)
    listings: list[tuple[str, int]] = []

    def listing_rows() -> Iterator[tuple[Any, ...]]:
        for listing, place in zip(ids, places, strict=True):
            entry, second = divmod(place, 2)
            owner = owners[entry]
            # A person chooses her sites once, so a case's entries stand on the same ones.
            site = (owner * 7 + second * (1 + owner % (size.partners - 1))) % size.partners
            listings.append((listing, site))
            gone = withdrawn[owner]
            yield (
                listing, entries[entry], sites[site].feed, "gone" if gone else "live", False, 1, 1 if gone else None,
                days[owner], False, False, False,
            )  # fmt: skip

    _insert(
        "lists_listing",
        "id entry_id stream_id state due added_number withdrawn_number listed_day recalled paused paused_there",
        listing_rows(), 2 * size.entries,
    )  # fmt: skip
    _insert_reports(dice, sites, listings, size, today)
    _insert_letters(dice, cases, days, closings, today)
    _finish(sites)
    live = [case for case, gone in zip(cases, withdrawn, strict=True) if not gone]
    return Filled(sites, dice.sample(live, min(len(live), _SAMPLE)))


def _insert_sites(sites: Sequence[Site], size: Size, today: date) -> None:
    names = ((site.partner, f"Site {number}", today) for number, site in enumerate(sites))
    _insert(
        "partners_partner", "id name country site owner forced_by proves_forgetting active joined suspended",
        ((partner, name, "ZZ", "", name, "[]", True, True, day, None) for partner, name, day in names), size.partners,
    )  # fmt: skip
    from notcontent.exchange.partners.models import Stream, Token

    # They hold what they were sent: what is listed has its day since then.
    Stream.objects.bulk_create(
        Stream(feed=site.feed, partner_id=site.partner, number=1, acked_number=1, delta_sha256="1" * 64)
        for site in sites
    )
    Token.objects.bulk_create(
        Token(
            token_sha256=hashlib.sha256(site.token.encode()).hexdigest(), stream_id=site.feed, made=today,
            expires=today + timedelta(days=90), taken=True,
        )
        for site in sites
    )  # fmt: skip


def _insert_reports(
    dice: random.Random, sites: Sequence[Site], listings: Sequence[tuple[str, int]], size: Size, today: date
) -> None:
    disputed: list[tuple[int, date]] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(1, size.reports + 1):
            listing, site = listings[dice.randrange(len(listings))]
            day = today - timedelta(days=int(dice.expovariate(1 / 120)) % _YEARS_DAYS)
            verdict = dice.choices(("hold", "block", "flag", "here"), (60, 34, 3, 3))[0]
            # What lies longer would narrow the site's list, as the exchange does by itself.
            decided = verdict == "hold" and (day < today - timedelta(days=1) or dice.random() < 0.5)
            released = decided and dice.random() < 0.1
            if verdict == "hold" and dice.random() < DISPUTED:
                disputed.append((number, day))
            yield (
                number, sites[site].feed, _hex(dice, 32), listing, verdict,
                ("release" if released else "uphold") if decided else None,
                ("not_same" if released else "intimate") if decided else None,
                day, min(today, day + timedelta(days=1)) if decided else None, decided,
            )  # fmt: skip

    _insert(
        "partners_report", "id stream_id report listing_id verdict decision reason day decided weighed", rows(),
        size.reports,
    )  # fmt: skip
    _insert(
        "disputes_dispute", "id report_id kind day answer answered her_word",
        ((_hex(dice, 32), report, "not_intimate", day, "open", None, "") for report, day in disputed), len(disputed),
    )  # fmt: skip


def _insert_letters(
    dice: random.Random, cases: Sequence[str], days: Sequence[date], closings: Sequence[date | None], today: date
) -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        for case, day, closed in zip(cases, days, closings, strict=True):
            if closed is not None and closed <= today - timedelta(days=30):
                # Deleted since, or as good as.
                continue
            for number in range(1, LETTERS_A_CASE + 1):
                about = "contact" if number > 1 and dice.random() < 0.3 else "message"
                sender = "you" if number == 1 or about == "contact" else "helpline"
                read = sender == "you" and dice.random() > UNREAD
                sealed, waits = dice.randbytes(_LETTER_BYTES), sender == "you" and not read
                yield _hex(dice, 16), case, number, sender, sealed, day, read, about, False, waits

    _insert(
        "letters_letter", "id case_id number sender sealed day read about stale waits", rows(),
        LETTERS_A_CASE * len(cases),
    )  # fmt: skip


def _hex(dice: random.Random, digits: int) -> str:
    return f"{dice.getrandbits(4 * digits):0{digits}x}"


def _ids(dice: random.Random, count: int) -> list[str]:
    """Random ids of 32 hex digits in ascending order, in which an index takes them fast."""
    return sorted(_hex(dice, 32) for _ in range(count))


def _insert(table: str, columns: str, rows: Iterable[tuple[Any, ...]], count: int) -> None:
    """All rows in one transaction: by COPY where the database has it."""
    from django.db import connection, transaction

    names = columns.split()
    left = iter(rows)
    done = 0
    with transaction.atomic(), connection.cursor() as cursor:
        while some := list(islice(left, _TOGETHER)):
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
                    for row in some:
                        copy.write_row(row)
            else:
                places = ", ".join(["%s"] * len(names))
                cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", some)
            done += len(some)
            progress(f"{table}: {done:,} of {count:,}")


@contextmanager
def _in_a_hurry() -> Iterator[None]:
    """Without indexes that can be built afterwards, checks of foreign keys, or waiting for the disk.

    For this connection alone: what a power cut takes is simply filled again.
    """
    from django.db import connection

    if connection.vendor == "sqlite":
        settings = ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000", "secure_delete = OFF")
        statements = [f"PRAGMA {setting}" for setting in (*settings, "wal_autocheckpoint = 50000")]
        indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name"
    else:
        statements = ["SET session_replication_role = replica", "SET synchronous_commit = off"]
        statements.append("SET maintenance_work_mem = '512MB'")
        indexes = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname NOT IN (SELECT conname FROM pg_constraint)"
            " AND tablename"
        )
    tables = ", ".join(f"'{table}'" for table in _TABLES)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"{indexes} IN ({tables})")
        dropped = cursor.fetchall()
        for name, _made_by in dropped:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        for number, (_name, made_by) in enumerate(dropped, 1):
            progress(f"index {number} of {len(dropped)}")
            cursor.execute(made_by)
        if connection.vendor == "postgresql":
            # As its own daemon would have done long ago; on SQLite the exchange does it daily.
            cursor.execute("VACUUM ANALYZE")
    connection.close()


def _finish(sites: Sequence[Site]) -> None:
    """Count what each stream holds, note what stopped many uploads lately, and set sequences where ids were given."""
    from django.core.management.color import no_style
    from django.db import connection
    from django.db.models import Count

    from notcontent.exchange.lists.models import Listing
    from notcontent.exchange.partners.models import Report, Stream
    from notcontent.exchange.partners.often_stopped import lately, note_often_stopped

    today = datetime.now(UTC).date()
    stopped = list(Report.objects.filter(day__in=lately(today)).values_list("listing_id", flat=True).distinct())
    for start in range(0, len(stopped), _TOGETHER):
        note_often_stopped(stopped[start : start + _TOGETHER], today)
    live = Listing.objects.filter(state="live").values("stream_id").annotate(live=Count("id"))
    counts = dict(live.values_list("stream_id", "live"))
    streams = [Stream(feed=site.feed, count=counts.get(site.feed, 0)) for site in sites]
    Stream.objects.bulk_update(streams, ["count"], batch_size=200)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Report]):
            cursor.execute(statement)
