"""Holds as a partner reports them: who decides about them, how long they lie, and what follows where nobody does.

A hold is a claim's power over an upload until a human being has looked. Where nobody looks, a list of claims becomes a
way to have things stopped for good; so such a partner is sent verified entries only until somebody says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from notcontent.exchange.lists.models import ListingState
from notcontent.exchange.partners.changing import narrow
from notcontent.exchange.partners.models import Report, Stream
from notcontent.exchange.partners.vetting import newest_vetting

#: The rule: of the holds of the last 30 days, at least five and at least a fifth ended without a human decision or are
#: open for longer than the partner's own longest hold.
LOOK_BACK = timedelta(days=30)
AT_LEAST = 5
SHARE = 0.2
#: Where no longest hold is on record.
USUAL_LONGEST_HOLD_HOURS = 72
#: How the desk sees open holds: up to so many days old.
AGES = (0, 1, 3, 7)


@dataclass(frozen=True, slots=True)
class Holds:
    """The holds of the last 30 days that count. `open_by_age` is beside `AGES`, its last number for what is older.

    `overdue` of the open ones are surely older than `longest_hold_hours`; `unseen` ended as the platform had set for
    holds that nobody decides about.
    """

    longest_hold_hours: int
    decided: int
    unseen: int
    overdue: int
    open_by_age: tuple[int, ...]

    @property
    def open(self) -> int:
        """How many are open."""
        return sum(self.open_by_age)

    @property
    def lie(self) -> bool:
        """Whether they lie, by the rule."""
        neglected = self.unseen + self.overdue
        return neglected >= AT_LEAST and neglected >= SHARE * (self.decided + neglected)


def count_holds(stream: Stream, today: date) -> Holds:
    """What the partner's reports say. A hold whose entry was withdrawn needs no decision and does not count."""
    since = max(today - LOOK_BACK, stream.holds_excused or date.min)
    rows = Report.objects.filter(stream=stream, verdict="hold", day__gt=since, listing__state=ListingState.LIVE)
    vetting = newest_vetting(stream.partner)
    longest = vetting.longest_hold_hours if vetting else USUAL_LONGEST_HOLD_HOURS
    decided = unseen = overdue = 0
    by_age = [0] * (len(AGES) + 1)
    for day, decision, reason, count in rows.values_list("day", "decision", "reason").annotate(count=Count("id")):
        if decision is not None:
            unseen += count if reason == "expired" else 0
            decided += count if reason != "expired" else 0
            continue
        age = max(0, (today - day).days)
        by_age[next((at for at, days in enumerate(AGES) if age <= days), len(AGES))] += count
        # It was made on that day, at its last minute perhaps.
        overdue += count if (age - 1) * 24 >= longest else 0
    return Holds(longest, decided, unseen, overdue, tuple(by_age))


def narrow_where_holds_lie(today: date) -> int:
    """Send partners whose holds lie verified entries only, with an audit row each. Returns how many that were."""
    narrowed = 0
    for stream in Stream.objects.filter(verified_only=False, partner__active=True).select_related("partner"):
        holds = count_holds(stream, today)
        if holds.lie:
            total = holds.decided + holds.unseen + holds.overdue
            reason = (
                f"Of {total} holds in 30 days {holds.unseen} ended unseen and {holds.overdue} are open for more than "
                f"{holds.longest_hold_hours} hours."
            )
            narrow(stream.partner_id, actor="the exchange", reason=reason, today=today, by_rule=True)
            narrowed += 1
    return narrowed
