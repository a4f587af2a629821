"""What is done once a day, by the publisher: also after days on which nothing ran, and only once where it was killed.

An app registers its jobs in `ready`. A job keeps its own transactions, short ones, since whoever sends a case waits for
each; after all of them it is noted as done today. One that died in the middle is run again, so what it does must be
harmless to do again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import Error

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """`name` says what is done, for the status; `run` gets today in UTC."""

    name: str
    run: Callable[[date], object]


_jobs: dict[str, Job] = {}


def register(job: Job) -> None:
    """Have it run every day, after those that were registered before."""
    if _jobs.setdefault(job.name, job) != job:
        raise ValueError(f"two daily jobs have the name {job.name!r}")


def run_what_is_due(today: date) -> list[str]:
    """Run what was not done today yet, each for itself; the names of those that were done.

    One that fails is tried again at the next look, and the others run all the same.
    """
    done = []
    for job in list(_jobs.values()):
        try:
            if _run_once(job, today):
                done.append(job.name)
        except Error:
            # The database is full or busy. The publisher deals with that, for everything it does.
            raise
        except Exception:  # one job's fault stops neither the lists nor the other jobs; status tells its last day
            logger.exception("a daily job failed")
    return done


def last_days() -> dict[str, date | None]:
    """When each job was last done, by its name; None where it never was."""
    from notcontent.exchange.lists.models import DoneDaily  # noqa: PLC0415 - apps register before there are models

    days = dict(DoneDaily.objects.values_list("name", "day"))
    return {name: days.get(name) for name in _jobs}


def _run_once(job: Job, today: date) -> bool:
    from notcontent.exchange.lists.models import DoneDaily  # noqa: PLC0415 - apps register before there are models

    # Not "earlier than": after a clock that was ahead by years it must run again.
    if DoneDaily.objects.filter(name=job.name, day=today).exists():
        return False
    job.run(today)
    DoneDaily.objects.update_or_create(name=job.name, defaults={"day": today})
    return True
