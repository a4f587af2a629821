"""Looking whether a picture is gone: by somebody at the desk, and before that by a process that asks for headers alone.

Headers never say that something is removed, only that it seems gone, or nothing. What they spare is a human's look
where somebody saw that it was gone and they go on saying so.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.notices.errors import HeadersFailed, NoticeError, NotNow
from notcontent.exchange.notices.keeping import read_work
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.states import SEEMED, Seemed, State
from notcontent.exchange.notices.stepping import lock_notice, plan_look, require_state
from notcontent.exchange.notices.watching import LOOK_AGAIN, WATCHED

#: What a site answers for what is no longer there. 451 is none of them: it may be so in one country alone.
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
#: Of one notice; so many are surely asked in time, even where none of them answers.
MAX_LINKS = 5
LONGEST_S = 180
#: After an answer that left it open, not asked again sooner.
AGAIN_AFTER = timedelta(days=1)
#: Of notices in one run.
MAX_NOTICES = 200
BY_ITSELF = "the look at headers"


def ask_headers(notice_id: str, *, actor: str, now: datetime) -> Seemed:
    """Ask each link of a notice for its headers, and note what they say.

    Where a human saw that it was gone and a look is due, "seems gone" does for this look; else a human looks.
    Raises `NotNow`, `WorkGone`, and `HeadersFailed` where the process that asks does not run.
    """
    notice = Notice.objects.filter(id=notice_id).first()
    if notice is None or notice.stands not in WATCHED:
        raise NotNow(gettext("Nobody has said yet that it is gone, so there is nothing to look at."))
    links = [link for item in read_work(notice).facts.items for link in item.links]
    seemed = judge(ask_for_statuses(links[:MAX_LINKS])) if len(links) <= MAX_LINKS else Seemed.UNCLEAR
    with transaction.atomic():
        notice = lock_notice(notice_id)
        notice.seemed, notice.seemed_at = seemed, now
        if seemed == Seemed.GONE and _is_due(notice, now) and notice.looks < len(LOOK_AGAIN):
            _looked(notice, now)
        notice.save()
        write_audit(
            day=now.date(), actor=actor, action="notice headers asked for", subject=notice.id,
            reason=f"by the headers alone: {dict(SEEMED)[seemed]}",
        )  # fmt: skip
    return seemed


def ask_all_due(now: datetime) -> tuple[int, int, int]:
    """Ask for the headers of every notice that is due: of how many, how many seem gone, how many could not be asked.

    They come in no order that tells anything. One that can't be asked, say since it came back with a backup and its key
    did not, keeps back no other.
    """
    # While she takes her case back, nothing more is asked for her.
    watched = [state.value for state in WATCHED]
    due = (
        Notice.objects.filter(look_at__lte=now, state__in=watched, case__withdraws_on=None)
        .exclude(work=b"")
        .exclude(seemed_at__gt=now - AGAIN_AFTER)
    )
    found = list(due.order_by("look_at").values_list("id", flat=True)[:MAX_NOTICES])
    secrets.SystemRandom().shuffle(found)
    answers = []
    for notice in found:
        with contextlib.suppress(NoticeError):
            answers.append(ask_headers(notice, actor=BY_ITSELF, now=now))
    return len(answers), answers.count(Seemed.GONE), len(found) - len(answers)


def note_still_gone(notice_id: str, *, actor: str, now: datetime) -> Notice:
    """Note that somebody looked again, and it is still gone. Raises `NotNow`."""
    with transaction.atomic():
        notice = lock_notice(notice_id)
        require_state(notice, State.GONE)
        if notice.looks >= len(LOOK_AGAIN):
            raise NotNow(gettext("Its last look is over. Close it, and what it says is deleted."))
        _looked(notice, now)
        notice.save()
        write_audit(
            day=now.date(), actor=actor, action="notice looked at again", subject=notice.id, reason="it is still gone"
        )
        return notice


def judge(statuses: list[int | None]) -> Seemed:
    """What the headers of all links of a notice say together: one that leaves it open leaves all of it open."""
    return Seemed.GONE if statuses and all(one in _GONE for one in statuses) else Seemed.UNCLEAR


def ask_for_statuses(links: list[str]) -> list[int | None]:
    """What each link answers, asked by another process without tables or keys. Raises `HeadersFailed`."""
    with tempfile.TemporaryDirectory() as home:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "notcontent.capture.headers"],
                input=json.dumps({"urls": links, "practice": settings.PROFILE.practice}).encode(),
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": home}, cwd=home,
                capture_output=True, check=True, timeout=LONGEST_S,
            )  # fmt: skip
            found: list[int | None] = json.loads(done.stdout)
        except (subprocess.SubprocessError, ValueError):
            raise HeadersFailed(
                gettext("The headers could not be asked for. Look yourself, or try again later.")
            ) from None
    return found


def _is_due(notice: Notice, now: datetime) -> bool:
    return notice.stands is State.GONE and notice.look_at is not None and notice.look_at <= now


def _looked(notice: Notice, now: datetime) -> None:
    since = notice.steps.filter(state=State.GONE.value).order_by("id").last().at
    # One look does for all that were missed.
    notice.looks = max(notice.looks + 1, sum(since + day <= now for day in LOOK_AGAIN))
    plan_look(notice, since)
