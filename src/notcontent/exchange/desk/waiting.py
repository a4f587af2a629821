"""What waits for a human at the desk: one row each, with the day since when and the day until when.

Every source reads its oldest rows by an index and no more than the queue shows, so the queue costs the same with ten
cases and with a hundred thousand. Never a picture, a fingerprint or a letter's text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notcontent.exchange.desk.before_desk import contested_lately, copies_and_brakes, open_disputes
from notcontent.exchange.desk.models import DangerMark, Proposal
from notcontent.exchange.desk.resealing import anything_waits
from notcontent.exchange.desk.roles import Role
from notcontent.exchange.desk.sealed_contact import SIGN_OFF_WITHIN, to_sign_off
from notcontent.exchange.desk.two_people import OPEN_DAYS, roles_that_agree
from notcontent.exchange.letters.models import About, Letter
from notcontent.exchange.notices.answered import perhaps_sent, refused_or_partly
from notcontent.exchange.notices.models import HerWord, Notice
from notcontent.exchange.notices.regimes.elapsed import Standing
from notcontent.exchange.notices.states import State
from notcontent.exchange.notices.timing import standing_of
from notcontent.exchange.notices.watching import LOOK_AGAIN
from notcontent.exchange.partners.models import CanarySeen, Partner, Vetting
from notcontent.exchange.partners.standing import silent_streams

SHOWN = 100
#: How long a match of a canary is news, and how many of them are read.
LEAK_IS_NEWS = timedelta(days=14)
LEAKS_READ = 500


class Kind(StrEnum):
    """What somebody has to look at; of what is due on one day in this order."""

    SIGN_OFF = "sign_off"
    DANGER = "danger"
    COPIES = "copies"
    BRAKE = "brake"
    LEAK = "leak"
    NOTICE = "notice"
    LETTER = "letter"
    DISPUTE = "dispute"
    CLAIM = "claim"
    PROPOSAL = "proposal"
    SITE = "site"
    VETTING = "vetting"
    KEYS = "keys"


#: Within how many days somebody at the desk looks at it: a help to sort by, promised to nobody.
WITHIN = {
    Kind.SIGN_OFF: SIGN_OFF_WITHIN,
    Kind.COPIES: timedelta(days=1),
    Kind.BRAKE: timedelta(days=1),
    Kind.LEAK: timedelta(days=1),
    Kind.NOTICE: timedelta(days=1),
    Kind.LETTER: timedelta(days=2),
    Kind.DISPUTE: timedelta(days=3),
    Kind.CLAIM: timedelta(days=3),
    Kind.PROPOSAL: timedelta(days=2),
    Kind.SITE: timedelta(days=1),
    Kind.VETTING: timedelta(days=14),
    Kind.KEYS: timedelta(days=2),
}
_ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row. `about` names what it is about (a case's short id, a site), `link` leads to where something is done."""

    kind: Kind
    what: str
    about: str
    link: str
    since: date
    due: date
    danger: bool = False


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many rows of one kind there are; `more`: and perhaps others that were not read."""

    kind: Kind
    name: str
    rows: int
    more: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """The rows that are shown, what is most pressing first, and how many there are of each kind."""

    rows: tuple[Waiting, ...]
    counts: tuple[KindCount, ...]
    more: bool


def names_of_kinds() -> dict[Kind, str]:
    """What a kind is called in the row of counts."""
    return {
        Kind.SIGN_OFF: _("To sign off"),
        Kind.DANGER: _("Danger"),
        Kind.COPIES: _("Many copies"),
        Kind.BRAKE: _("Brakes"),
        Kind.LEAK: _("Leaks"),
        Kind.NOTICE: _("Notices"),
        Kind.LETTER: _("Letters"),
        Kind.DISPUTE: _("Disputes"),
        Kind.CLAIM: _("Contested claims"),
        Kind.PROPOSAL: _("Proposals"),
        Kind.SITE: _("Silent sites"),
        Kind.VETTING: _("Vettings"),
        Kind.KEYS: _("Keys"),
    }


def read_queue(actor: str, roles: frozenset[Role], now: datetime, only: Kind | None = None) -> Queue:
    """What waits for this person now; with `only`, rows of that kind and the counts of all."""
    today = now.date()
    marks = {mark.case_id: mark for mark in DangerMark.objects.order_by("day", "id")[:SHOWN]}
    in_danger = frozenset(marks)
    sources = [
        *_to_sign_off(actor),
        *_dangers(marks.values(), today),
        *_notices(in_danger, now),
        *_answered(in_danger, now),
        *_letters(in_danger),
        *_claims(in_danger),
        *_disputes(in_danger),
        *_alarms(in_danger, today),
        *_proposals(actor, roles, in_danger, today),
        *_sites(now),
        *_keys(today),
    ]
    rows = sorted(sources, key=lambda row: (not row.danger, row.due, _ORDER[row.kind], row.since, row.link))
    wanted = [row for row in rows if only is None or row.kind == only]
    counts = _count_kinds(rows)
    return Queue(tuple(wanted[:SHOWN]), counts, len(wanted) > SHOWN or any(count.rows >= SHOWN for count in counts))


def _count_kinds(rows: Iterable[Waiting]) -> tuple[KindCount, ...]:
    names, read = names_of_kinds(), Counter(row.kind for row in rows)
    counts = {kind: KindCount(kind, names[kind], read[kind], read[kind] >= SHOWN) for kind in Kind if read[kind]}
    if read[Kind.LETTER] >= SHOWN:
        # How much there is to answer is worth to be told whole.
        cases = Letter.objects.filter(waits=True).aggregate(cases=Count("case_id", distinct=True))["cases"]
        counts[Kind.LETTER] = KindCount(Kind.LETTER, names[Kind.LETTER], cases, more=False)
    return tuple(counts.values())


@cache
def _around(name: str) -> tuple[str, str]:
    """What stands before and after the id in the address of this name. Hundreds of rows have one."""
    before, _id, after = reverse(name, args=["ID"]).partition("ID")
    return before, after


def _link(name: str, subject: str) -> str:
    return subject.join(_around(name))


def _about_case(kind: Kind, what: str, case: str, since: date, anchor: str = "", *, danger: bool) -> Waiting:
    link = _link("case", case) + anchor
    return Waiting(kind, what, case[:8], link, since, since + WITHIN[kind], danger)


def _dangers(marks: Iterable[DangerMark], today: date) -> list[Waiting]:
    what = _("Danger is marked: see how she is")
    return [
        # Every day, for as long as it is marked.
        Waiting(Kind.DANGER, what, mark.case_id[:8], _link("case", mark.case_id), mark.day, today, True)
        for mark in marks
    ]


def _to_sign_off(actor: str) -> list[Waiting]:
    link = reverse("proposals") + "#read-alone"
    what = _("Sealed contact was read alone, because of danger")
    return [
        Waiting(Kind.SIGN_OFF, what, permit.case_id[:8], link, permit.begun, permit.begun + SIGN_OFF_WITHIN, True)
        for permit in to_sign_off()[:SHOWN]
        if permit.reader != actor
    ]


def _notices(in_danger: frozenset[str], now: datetime) -> list[Waiting]:
    """Those that wait for somebody here: not for her, and not for a site that still has time."""
    rows = []
    for state in (State.COMPLETE, State.APPROVED, State.BOUNCED, State.SENT, State.ACKNOWLEDGED, State.SILENT):
        found = Notice.objects.filter(state=state.value, later=None).defer("work").order_by("drafted", "id")
        for notice in found[:SHOWN]:
            since = notice.sent.date() if notice.sent else notice.drafted
            standing = standing_of(notice, now)
            due = standing.due.date() if standing else since + WITHIN[Kind.NOTICE]
            if what := _why_it_waits(notice, standing):
                link = _link("notice", notice.id)
                danger = notice.case_id in in_danger
                rows.append(Waiting(Kind.NOTICE, what, notice.case_id[:8], link, since, due, danger))
    return rows + _looks(in_danger, now)


def _answered(in_danger: frozenset[str], now: datetime) -> list[Waiting]:
    """After a site's word, until somebody writes again or closes them; and what may have gone when she took it back."""
    texts = {
        State.REFUSED: _("Refused: take the next step, or close it"),
        State.PARTLY: _("Only a part is gone: write on for the rest"),
        State.WITHDRAWN: _("Nobody knows whether a notice went"),
    }
    rows = []
    for notice, since in (*refused_or_partly(now, SHOWN), *perhaps_sent(SHOWN)):
        what, link, due = texts[notice.stands], _link("notice", notice.id), since + WITHIN[Kind.NOTICE]
        rows.append(Waiting(Kind.NOTICE, what, notice.case_id[:8], link, since, due, notice.case_id in in_danger))
    return rows


def _looks(in_danger: frozenset[str], now: datetime) -> list[Waiting]:
    """Those where it is time to look whether the picture is gone, and those where somebody saw it again."""
    rows = []
    for notice in Notice.objects.filter(look_at__lte=now).defer("work").order_by("look_at", "id")[:SHOWN]:
        if notice.stands is State.REAPPEARED:
            what = _("It was seen again: write anew")
        elif notice.stands is not State.GONE:
            what = _("Look whether it is gone")
        elif notice.looks < len(LOOK_AGAIN):
            what = _("Look again: is it still gone?")
        else:
            what = _("It stayed gone: close the notice")
        since, link = notice.look_at.date(), reverse("notice", args=[notice.id])
        danger = notice.case_id in in_danger
        due = since + WITHIN[Kind.NOTICE]
        rows.append(Waiting(Kind.NOTICE, what, notice.case_id[:8], link, since, due, danger))
    return rows


def _why_it_waits(notice: Notice, standing: Standing | None) -> str:
    if standing is not None:
        if standing.is_over:
            return _("A site’s time is over, and it has not answered")
        return _("A site’s time is nearly over") if standing.is_near else ""
    if notice.stands is State.COMPLETE and notice.her_word != HerWord.ASKED:
        return _("She said no to a notice") if notice.her_word == HerWord.NO else _("A notice waits for approval")
    if notice.stands is State.APPROVED:
        return _("Nobody knows whether a notice went") if notice.handed else _("A notice is approved, and not sent yet")
    return _("A notice came back: it did not arrive") if notice.stands is State.BOUNCED else ""


def _letters(in_danger: frozenset[str]) -> list[Waiting]:
    """Cases with letters that wait. Those in danger are read first, however old the others are."""
    waiting = Letter.objects.filter(waits=True).values("case_id")
    by_case = waiting.annotate(
        since=Min("day"),
        unread=Count("day", filter=Q(read=False)),
        contact=Count("day", filter=Q(about=About.CONTACT)),
        reply=Count("day", filter=Q(about=About.REPLY)),
    ).order_by("since", "case_id")
    oldest = by_case.values_list("case_id", "since", "unread", "contact", "reply")
    urgent, others = oldest.filter(case_id__in=in_danger), oldest.exclude(case_id__in=in_danger)
    words, rows = cache(_letter_words), []
    for case, since, unread, contact, reply in [*urgent, *others[:SHOWN]]:
        what, link = words(unread, contact > 0, reply > 0), _link("letters", case)
        rows.append(Waiting(Kind.LETTER, what, case[:8], link, since, since + WITHIN[Kind.LETTER], case in in_danger))
    return rows


def _letter_words(unread: int, contact: bool, reply: bool) -> str:
    if unread:
        what = ngettext("%(n)d letter to read", "%(n)d letters to read", unread) % {"n": unread}
    else:
        what = _("Read, and not answered yet")
    if contact:
        what = _("%(what)s; she said how to reach her") % {"what": what}
    return _("%(what)s; a site answered") % {"what": what} if reply else what


def _claims(in_danger: frozenset[str]) -> list[Waiting]:
    famous, contested = _("A claim near a picture that everybody knows"), _("A claim that people at sites contest")
    return [
        _about_case(
            Kind.CLAIM,
            famous if one.famous else contested,
            one.case,
            one.since,
            f"#contested-{one.entry}",
            danger=one.case in in_danger,
        )
        for one in contested_lately(SHOWN, in_danger)
    ]


def _disputes(in_danger: frozenset[str]) -> list[Waiting]:
    words, rows = cache(lambda kind_word: _("Disputed: %(kind)s") % {"kind": _(kind_word)}), []
    for one in open_disputes(SHOWN, in_danger):
        what = words(one.kind_word)
        rows.append(_about_case(Kind.DISPUTE, what, one.case, one.since, "#disputes", danger=one.case in in_danger))
    return rows


def _alarms(in_danger: frozenset[str], today: date) -> list[Waiting]:
    brake, copies = _("A brake at %(site)s lets uploads pass"), _("Stopped again and again at %(site)s")
    rows = []
    for alarm in copies_and_brakes(today, SHOWN):
        kind, text = (Kind.BRAKE, brake) if alarm.brake else (Kind.COPIES, copies)
        what = text % {"site": alarm.site}
        rows.append(_about_case(kind, what, alarm.case, alarm.since, "#alarms", danger=alarm.case in in_danger))
    return rows


def _proposals(actor: str, roles: frozenset[Role], in_danger: frozenset[str], today: date) -> list[Waiting]:
    """Open ones that this person may agree to. How to reach somebody in danger can't wait as long as the rest."""
    open_ones = Proposal.objects.filter(decided=None, asked__gte=today - timedelta(days=OPEN_DAYS))
    rows = []
    for asked in open_ones.exclude(asked_by=actor).order_by("asked", "id")[:SHOWN]:
        if roles & roles_that_agree(asked.act):
            danger = asked.subject in in_danger
            due = asked.asked if danger else asked.asked + WITHIN[Kind.PROPOSAL]
            what = _("%(who)s asks: %(act)s") % {"who": asked.asked_by, "act": _(asked.act)}
            link = reverse("proposals") + f"#proposal-{asked.id}"
            rows.append(Waiting(Kind.PROPOSAL, what, asked.subject[:8], link, asked.asked, due, danger))
    return rows


def _sites(now: datetime) -> list[Waiting]:
    today, rows = now.date(), []

    def add(kind: Kind, what: str, partner: Partner, since: date) -> None:
        rows.append(Waiting(kind, what, partner.name, _link("partner", partner.id), since, since + WITHIN[kind]))

    for stream in silent_streams(now, SHOWN):
        add(Kind.SITE, _("It has not asked for its list for a while"), stream.partner, stream.heard.date())
    vettings = Vetting.objects.filter(partner__active=True).order_by("day", "id")
    due = dict(vettings.values_list("partner", "review_again"))  # Of each partner the newest stays.
    for partner in Partner.objects.filter(id__in=[one for one, again in due.items() if again <= today]):
        add(Kind.VETTING, _("It is time to vet it again"), partner, due[partner.id])
    seen = CanarySeen.objects.filter(day__gte=today - LEAK_IS_NEWS).values_list("canary__stream__partner", "day")
    leaks = {partner: day for partner, day in seen.order_by("-day", "id")[:LEAKS_READ]}
    for partner in Partner.objects.filter(id__in=leaks):
        add(Kind.LEAK, _("It reported a match of a canary: its list may have leaked"), partner, leaks[partner.id])
    return rows


def _keys(today: date) -> list[Waiting]:
    if not anything_waits():
        return []
    what = _("Letters or evidence wait to be sealed anew")
    return [Waiting(Kind.KEYS, what, _("Keys"), reverse("keys"), today, today + WITHIN[Kind.KEYS])]
