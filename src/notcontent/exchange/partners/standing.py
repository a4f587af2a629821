"""How each partner stands: what it was sent and holds, when it was last heard, what it owes, what needs a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notcontent.exchange.errors import UnknownName
from notcontent.exchange.lists.models import Listing, ListingState
from notcontent.exchange.partners.holds import Holds, count_holds
from notcontent.exchange.partners.models import CanarySeen, CanaryState, Client, Partner, Stream, Token, Vetting
from notcontent.exchange.partners.vetting import newest_vetting
from notcontent.feed.receipt import ReceiptState

#: A guard asks all the time; a client in StopNCII's shape perhaps once a day.
SILENT_AFTER = timedelta(hours=2)
SHAPED_SILENT_AFTER = timedelta(days=2)
#: A guard answers from a list for so long after it last agreed with a head, if its operator has not set otherwise.
STALE_AFTER = timedelta(hours=24)
#: Erasing may take 24 hours; whoever owes a receipt for longer, counted in days, should be asked.
RECEIPT_LATE_AFTER = timedelta(days=2)
TOKEN_ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Line:
    """One partner in the list. `state` is a word, `shape` the class that gives it its form and colour."""

    partner: Partner
    stream: Stream
    state: str
    shape: str
    behind: int
    open_holds: int
    receipts: int


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token: never the token, nor what could be taken for it."""

    name: str
    good_for: str
    made: date
    expires: date
    state: str
    shape: str
    can_end: bool


@dataclass(frozen=True, slots=True)
class Canaries:
    """How many of a partner's canaries are on its list, were ever sent, and were reported as matches."""

    live: int
    sent: int
    seen: int


@dataclass(frozen=True, slots=True)
class Standing:
    """One partner, whole. `alarms` are sentences; `secret_alarms` those that speak of canaries."""

    line: Line
    holds: Holds
    reports: int
    receipts_late: int
    tokens: tuple[TokenLine, ...]
    vetting: Vetting | None
    canaries: Canaries
    alarms: tuple[str, ...]
    secret_alarms: tuple[str, ...]


def list_partners(now: datetime) -> list[Line]:
    """Every partner that takes part, by name."""
    streams = Stream.objects.filter(partner__active=True).select_related("partner").order_by("partner__name")
    open_holds = Count(
        "reports",
        filter=Q(
            reports__verdict="hold", reports__decision=None, reports__listing__state=ListingState.LIVE,
        ),
    )  # fmt: skip
    held = dict(streams.annotate(held=open_holds).values_list("feed", "held"))
    owed = dict(_owed().values_list("stream_id").annotate(count=Count("id")))
    return [_line(stream, now, held[stream.feed], owed.get(stream.feed, 0)) for stream in streams]


def silent_streams(now: datetime, limit: int) -> list[Stream]:
    """Streams of partners that take part and have not asked for their list for too long, longest silent first."""
    heard = Stream.objects.filter(partner__active=True, partner__suspended=None, heard__lt=now - SILENT_AFTER)
    found = heard.select_related("partner").order_by("heard", "feed")
    return [stream for stream in found if _is_silent(stream, now)][:limit]


def look_at_partner(partner_id: str, now: datetime) -> Standing:
    """One partner. Raises `UnknownName`."""
    stream = Stream.objects.select_related("partner").filter(partner_id=partner_id).first()
    if stream is None:
        raise UnknownName(_("There is no such site. Look at the list of sites again."))
    today = now.date()
    owed = _owed().filter(stream=stream)
    late = owed.filter(entry__case__withdrawn__lt=today - RECEIPT_LATE_AFTER).count()
    holds = count_holds(stream, today)
    line = _line(stream, now, holds.open, owed.count())
    vetting = newest_vetting(stream.partner)
    tokens = stream.tokens.order_by("-made", "-expires")
    canaries = Canaries(
        stream.canaries.filter(state=CanaryState.LIVE).count(),
        stream.canaries.exclude(state=CanaryState.WAITING).count(),
        CanarySeen.objects.filter(canary__stream=stream).count(),
    )
    return Standing(
        line=line,
        holds=holds,
        reports=stream.reports.count(),
        receipts_late=late,
        tokens=tuple(_token_line(token, today) for token in tokens),
        vetting=vetting,
        canaries=canaries,
        alarms=tuple(_alarms(line, holds, late, vetting, now)),
        secret_alarms=tuple(_canary_alarms(canaries)),
    )


def _owed() -> QuerySet[Listing]:
    """Withdrawals that a partner who signs receipts was sent and has not answered with the last one."""
    return (
        Listing.objects.filter(state=ListingState.GONE, listed_day__isnull=False, entry__case__withdrawn__isnull=False)
        .filter(stream__partner__proves_forgetting=True)
        .exclude(receipts__state=ReceiptState.ERASED.value)
    )


def _line(stream: Stream, now: datetime, open_holds: int, receipts: int) -> Line:
    behind = max(0, stream.number - stream.acked_number)
    state, shape = _state(stream, behind, now)
    return Line(stream.partner, stream, state, shape, behind, open_holds, receipts)


def _state(stream: Stream, behind: int, now: datetime) -> tuple[str, str]:
    if stream.partner.suspended:
        return _("suspended"), "state-stop"
    if stream.heard is None:
        return _("has not come yet"), "state-none"
    if now - stream.heard > STALE_AFTER:
        return _("silent, its list is too old"), "state-stop"
    if _is_silent(stream, now):
        return _("silent"), "state-wait"
    if behind:
        return _("behind"), "state-wait"
    return _("in step"), "state-good"


def _is_silent(stream: Stream, now: datetime) -> bool:
    after = SHAPED_SILENT_AFTER if stream.client == Client.STOPNCII else SILENT_AFTER
    return stream.heard is not None and now - stream.heard > after


def _token_line(token: Token, today: date) -> TokenLine:
    name, works = token.token_sha256[:8], not token.revoked and token.expires >= today
    if token.revoked:
        state, shape = _("revoked"), "state-none"
    elif not works:
        state, shape = _("ended"), "state-none"
    elif token.shown_late:
        state, shape = _("shown after its successor was in use"), "state-stop"
    elif not token.taken:
        state, shape = _("not used yet"), "state-wait"
    else:
        state, shape = _("in use"), "state-good"
    return TokenLine(name, token.scope, token.made, token.expires, state, shape, works)


def _alarms(line: Line, holds: Holds, receipts_late: int, vetting: Vetting | None, now: datetime) -> Iterator[str]:
    stream, today = line.stream, now.date()
    tokens = list(stream.tokens.all())
    if not line.partner.suspended and _is_silent(stream, now):
        yield _("It has not asked for its list for a while. Ask its operator whether the guard runs.")
    if receipts_late:
        yield ngettext(
            "%(count)d withdrawal is without its last receipt for more than two days.",
            "%(count)d withdrawals are without their last receipt for more than two days.",
            receipts_late,
        ) % {"count": receipts_late}
    if stream.narrowed_by_rule:
        yield _("It is sent verified entries only, because too many of its holds lay undecided. A lead can undo that.")
    elif holds.lie:
        yield _("Too many holds lie there undecided. Within a day it will be sent verified entries only.")
    working = [token for token in tokens if not token.revoked and token.expires >= today]
    if not working:
        yield _("No token works. Make one, or it stays away.")
    elif max(token.expires for token in working) <= today + TOKEN_ENDS_SOON:
        yield _("Its last token ends within two weeks and was not renewed by itself.")
    if any(token.shown_late and not token.revoked for token in tokens):
        yield _("An old token was shown after its successor was in use: it may be stolen. Ask, and revoke it.")
    if vetting is None and not settings.PROFILE.practice:
        yield _("It joined by command, without a second person, and no vetting is on record. Vet it.")
    elif vetting is not None and vetting.review_again <= today:
        yield _("It is time to vet it again.")


def _canary_alarms(canaries: Canaries) -> Iterator[str]:
    if canaries.seen:
        yield _(
            "It reported a match of a canary. No picture has one: somebody made a picture from its list, or its "
            "reports are made up."
        )
