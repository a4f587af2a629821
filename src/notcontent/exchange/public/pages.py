"""What the public pages look like: without script, in each of the page's languages, the same for everybody. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from notcontent.exchange.notices.counting import OTHER_SITES
from notcontent.exchange.public.counting import FEWER, Demanded, ToldMonth
from notcontent.exchange.public.notices import ToldNotices
from notcontent.exchange.public.root_key import RootKey
from notcontent.exchange.public.scriptless import Scriptless
from notcontent.page.languages import LANGUAGES, read_texts

_OF_MONTHS = (
    "month", "listed", "held", "released", "disputed", "medianHold", "withdrawn", "newPlaces", "byStates",
)  # fmt: skip
_OF_NOTICES = (
    "quarter", "site", "law", "sent", "confirmed", "removed", "refused", "why", "overdue", "medianHours",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PublicPages(Scriptless):
    """The public pages of one helpline in one language."""

    def numbers(self, months: Iterable[ToldMonth], notices: Iterable[ToldNotices]) -> str:
        """`/numbers`."""
        by_month = self._table("numbers.heading", _OF_MONTHS, [self._month(month) for month in months])
        by_quarter = self._table("numbers.notices", _OF_NOTICES, [self._quarter(row) for row in notices])
        return self._page(
            "numbers",
            f"<p>{self._say('numbers.lead')} {self._say('numbers.newPlacesLead')}</p>"
            f"{by_month or self._empty('numbers.noMonth')}"
            f"<h2>{self._say('numbers.notices')}</h2><p>{self._say('numbers.noticesLead')}</p>"
            f"{by_quarter or self._empty('numbers.noQuarter')}",
            "/v1/numbers",
        )

    def root_key(self, root: RootKey) -> str:
        """`/root-key`: the key, what it vouches for, and how anybody checks both with minisign."""
        issued = self._fill("rootKey.issued", day=self._day(root.vouched.issued), n=str(root.vouched.sequence))
        facts = [
            ("rootKey.heading", [root.key.text]),
            ("rootKey.maySign", [key.text for key in root.may_sign]),
            ("rootKey.revoked", list(root.vouched.revoked)),
        ]
        told = "".join(
            f"<div><dt>{self._say(name)}</dt>{''.join(f'<dd>{_code(text)}</dd>' for text in texts)}</div>"
            for name, texts in facts
            if texts
        )
        files = " · ".join(
            f'<a href="/root-key/{name}" download="{name}">{name}</a>'
            for name in ("feed-keys.txt", "feed-keys.txt.minisig")
        )
        return self._page(
            "rootKey",
            f'<p>{self._say("rootKey.lead")}</p><dl class="facts">{told}</dl><p class="small quiet">{issued}</p>'
            f'<div class="note"><p>{self._say("rootKey.compare")}</p></div><h2>{self._say("rootKey.check")}</h2>'
            f"<p>{self._say('rootKey.files')}</p><p>{files}</p>"
            f"{_command(f'minisign -Vm feed-keys.txt -P {root.key.text}')}<p>{self._say('rootKey.kit')}</p>"
            f"{''.join(_command(f'minisign -Vm notes.html -P {key.text}') for key in root.may_sign)}"
            f"<p>{self._say('rootKey.evidence')}</p>{_command(f'python3 verify.py . {root.key.text}')}",
            "/v1/root-key",
            "/root-key",
        )

    def _month(self, month: ToldMonth) -> list[str]:
        counts = (month.listed, month.held, month.released_as_not_intimate, month.disputed)
        days = self._fewer() if month.median_hold_days is None else self._days(month.median_hold_days)
        return [
            _head(month.month), *(_number(self._count(count)) for count in counts), _number(days),
            _number(self._count(month.withdrawn)), _number(self._count(month.seen_again)),
            f"<td>{self._demands(month.demands_by_states)}</td>",
        ]  # fmt: skip

    def _quarter(self, row: ToldNotices) -> list[str]:
        site = self._say("numbers.otherSites") if row.site == OTHER_SITES else f"<bdi>{escape(row.site)}</bdi>"
        reasons = "; ".join(
            f"{self._say('numbers.reasons.' + (reason or 'none'))}: {count}" for reason, count in row.refused_for
        )
        return [
            _head(row.quarter), f"<td>{site}</td>", f'<td><bdi lang="en">{escape(row.law)}</bdi></td>',
            _number(str(row.sent)), *(_number(self._told(one)) for one in (row.acknowledged, row.removed, row.refused)),
            f"<td>{reasons or '–'}</td>", _number(self._told(row.overdue)), _number(self._told(row.median_hours)),
        ]  # fmt: skip

    def _count(self, count: int | str) -> str:
        return self._fewer() if count == FEWER else str(count)

    def _told(self, count: float | None) -> str:
        return self._fewer() if count is None else f"{count:g}"

    def _fewer(self) -> str:
        return self._say("numbers.fewer")

    def _days(self, median: float) -> str:
        forms: dict[str, str] = read_texts(self.language.tag)["numbers"]["days"]  # type: ignore[index, call-overload, assignment]
        form = forms.get(self._locale.plural_form(median), forms["other"])
        return escape(form).format(n=f"{median:g}")

    def _demands(self, demands: Sequence[Demanded]) -> str:
        told = (
            self._fill("numbers.demand", country=self._country(one.country), n=str(one.demands), obeyed=str(one.obeyed))
            for one in demands
        )
        return "; ".join(told) or self._say("numbers.noDemand")

    def _table(self, label: str, heads: Iterable[str], rows: Sequence[list[str]]) -> str:
        if not rows:
            return ""
        named = "".join(f'<th scope="col">{self._say(f"numbers.{head}")}</th>' for head in heads)
        body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
        return (
            f'<div class="table-wrap" tabindex="0" role="region" aria-label="{self._say(label)}"><table class="table">'
            f"<thead><tr>{named}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _empty(self, key: str) -> str:
        return f'<p class="empty">{self._say(key)}</p>'

    def _page(self, section: str, body: str, programs: str, address: str = "/numbers") -> str:
        heading = self._say(f"{section}.heading")
        languages = " · ".join(
            f'<a href="{address}?lang={other.tag}" lang="{other.tag}">{escape(other.own_name)}</a>'
            for other in LANGUAGES.values()
        )
        return self._document(
            f"{heading} · {escape(self.helpline)}",
            heading,
            f'{body}<p><a href="{programs}">{self._say("numbers.programs")}</a></p><p class="small">{languages}</p>',
            head='<link rel="stylesheet" href="/page/numbers.css">',
        )


def _head(text: str) -> str:
    # A month reads the same way round in every language.
    return f'<th scope="row"><bdi dir="ltr">{escape(text)}</bdi></th>'


def _number(text: str) -> str:
    return f'<td class="number">{text}</td>'


def _code(text: str) -> str:
    return f'<bdi class="code">{escape(text)}</bdi>'


def _command(text: str) -> str:
    return f'<pre dir="ltr" translate="no">{escape(text)}</pre>'
