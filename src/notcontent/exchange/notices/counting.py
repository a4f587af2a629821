"""Numbers of notices, by site and law: what became of them, and how long it took. No case is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from notcontent.exchange.notices.directory.reading import read_directory
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import WENT_OUT, State

#: Below so many sent notices a row says nothing but that there are fewer.
SMALLEST_TOLD = 5
OTHER_SITES = "other sites"


@dataclass(frozen=True, slots=True)
class Row:
    """One site under one law. `hours`: from sending to the site's word that it is removed, the median; None for none.

    A row of fewer than `SMALLEST_TOLD` has `few` set and zeros: a single notice would tell of a single person.
    """

    site: str
    law: str
    few: bool
    sent: int = 0
    acknowledged: int = 0
    removed: int = 0
    refused: int = 0
    overdue: int = 0
    hours: float | None = None


def count_notices() -> tuple[Row, ...]:
    """Rows for the desk, by site and law; sites that the directory does not know are one.

    WARNING: before they are published, small cells of a row have to be withheld too.
    """
    went = Notice.objects.exclude(sent=None).filter(state__in=[state.value for state in WENT_OUT])
    grouped: dict[tuple[str, str], list[Notice]] = {}
    for notice in went.prefetch_related("steps"):
        grouped.setdefault((notice.service, notice.law), []).append(notice)
    directory = read_directory()
    rows = []
    for (service, law), notices in grouped.items():
        site = directory[service].name if service in directory else OTHER_SITES
        rows.append(_count(site, REGIMES[law].law, notices))
    return tuple(sorted(rows, key=lambda row: (row.site.casefold(), row.law)))


def _count(site: str, law: str, notices: list[Notice]) -> Row:
    if len(notices) < SMALLEST_TOLD:
        return Row(site, law, few=True)
    been = [{step.state for step in notice.steps.all()} for notice in notices]
    return Row(
        site, law, few=False, sent=len(notices), acknowledged=_having(been, State.ACKNOWLEDGED),
        removed=_having(been, State.REMOVED), refused=_having(been, State.REFUSED), overdue=_having(been, State.SILENT),
        hours=_median_hours(notices),
    )  # fmt: skip


def _having(been: Iterable[set[str]], state: State) -> int:
    return sum(state.value in states for states in been)


def _median_hours(notices: Iterable[Notice]) -> float | None:
    took = [
        (step.at - notice.sent).total_seconds() / 3600
        for notice in notices
        for step in notice.steps.all()
        if step.state == State.REMOVED.value
    ]
    return round(median(took), 1) if took else None
