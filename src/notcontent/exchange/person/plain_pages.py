"""What the pages without script look like. Pure: each is a whole page of HTML in one language.

Nothing that was typed is shown back.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from notcontent.exchange.cases.looking import SiteState, SiteStatus, Status
from notcontent.exchange.cases.models import Notices
from notcontent.exchange.cases.terms import Keeping
from notcontent.exchange.letters.models import Letter, Sender
from notcontent.exchange.notices.telling import Told
from notcontent.exchange.public.scriptless import Scriptless
from notcontent.hand_on import SIGNS
from notcontent.page.languages import LANGUAGES, read_text, read_texts

_GOOD = (SiteState.LISTED, SiteState.STOPPED, SiteState.ERASED)


@dataclass(frozen=True, slots=True)
class KitFile:
    """The kit that is offered: SHA-256 in hex, and the minisign public key that signs it."""

    sha256: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Notified:
    """The notices to sites that she is told of; `answer_days` is how long the helpline takes."""

    told: tuple[Told, ...]
    answer_days: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What she asked to see besides: how often she was found, and whether in new places."""

    often: bool = False
    places: bool = False


@dataclass(frozen=True, slots=True)
class PlainPages(Scriptless):
    """The pages of one helpline in one language."""

    def menu(self, kit: KitFile) -> str:
        """Where the pages begin."""
        tag = self.language.tag
        ways = "".join(
            f'<li><a class="row" href="/plain/{way}?lang={tag}">{self._say(f"plain.{way}")}</a></li>'
            for way in ("look", "withdraw", "send")
        )
        languages = " · ".join(
            f'<a href="/plain/?lang={other.tag}" lang="{other.tag}">{escape(other.own_name)}</a>'
            for other in LANGUAGES.values()
        )
        proof = "".join(
            f'<li>{name}: <bdi class="code">{escape(value)}</bdi></li>'
            for name, value in (("SHA-256", kit.sha256), ("minisign", kit.public_key))
        )
        return self._page(
            "plain.heading",
            f'<p>{self._say("plain.intro")}</p><ul class="rows">{ways}</ul>'
            f'<p><a href="/kit/{tag}" download="notes.html">{self._say("start.kit")}</a></p><ul class="small">'
            f'<li><a href="/kit/{tag}.minisig" download="notes.html.minisig">notes.html.minisig</a></li>{proof}</ul>'
            f'<p class="small"><a href="/root-key?lang={tag}">{self._say("rootKey.heading")}</a> · '
            f'<a href="/numbers?lang={tag}">{self._say("numbers.heading")}</a></p><p>{languages}</p>',
            back=False,
        )

    def look(self, trouble: str = "") -> str:
        """Where the looking code is typed. `trouble`: the key of a text."""
        return self._page(
            "plain.look", self._form("look", self._code_field("plain.lookLabel") + self._asks_more(), trouble)
        )

    def withdraw(self, trouble: str = "") -> str:
        """Where the withdrawing code is typed, with all that a withdrawal does."""
        choices = "".join(self._choice(value, f"withdraw.{value}") for value in ("matching", "everything"))
        happens = "".join(f"<li>{escape(line)}</li>" for line in self._lines("withdraw.list"))
        fields = (
            f'<fieldset class="field"><legend>{self._say("plain.forget")}</legend><ul class="rows">{choices}'
            f'<li><label class="row"><input type="radio" name="forget" value="keep" required>'
            f'<span class="row-main">{self._say("status.keep")}</span></label></li></ul></fieldset>'
            f"<ul>{happens}</ul>{self._code_field('plain.withdrawLabel')}"
        )
        return self._page("plain.withdraw", self._form("withdraw", fields, trouble, "goOn"))

    def send(self, trouble: str = "") -> str:
        """Where a case file is chosen."""
        field = (
            f'<div class="field"><label for="file">{self._say("plain.sendLabel")}</label>'
            '<input type="file" id="file" name="file" required></div>'
        )
        return self._page("plain.send", self._form("send", field, trouble, kind="multipart/form-data"))

    def sent(self) -> str:
        """A case file has been taken in."""
        return self._page("plain.send", f'<p class="lead">{self._say("plain.sent")}</p><p>{self._say("done.care")}</p>')

    def status(self, status: Status, keeping: Keeping, notices: Notified, asked: Asked, *, kept: bool = False) -> str:
        """How a case stands. `kept`: a waiting withdrawal was just stopped."""
        case = status.case
        facts = [("status.opened", self._day(case.opened)), ("status.entries", str(status.entries))]
        notes = [self._say("status.kept")] if kept else []
        if case.withdrawn:
            facts.append(("status.withdrawn", self._day(case.withdrawn)))
            notes.append(self._say("status.after"))
        if case.erased_here:
            notes.append(self._fill("status.goneHere", day=self._day(case.erased_here)))
        if case.withdraws_on:
            notes.append(self._fill("status.waiting", day=self._day(case.withdraws_on)))
        notes += self._kept(keeping)
        notes += [self._say("status.lookedAt")] if status.resting else []
        notes += [self._say("status.takenOut")] if status.taken_out else []
        asked = Asked() if case.withdrawn else asked
        sites = "".join(self._site(site, case.withdrawn is not None, asked) for site in status.sites)
        letters = "".join(f"<li>{self._letter(letter)}</li>" for letter in status.letters)
        told = [
            '<dl class="facts">',
            *(f"<div><dt>{self._say(name)}</dt><dd>{value}</dd></div>" for name, value in facts),
            "</dl>",
            *(f'<div class="note"><p>{note}</p></div>' for note in notes),
            f"<h2>{self._say('status.sites')}</h2>",
            sites or f"<p>{self._say('status.noSites')}</p>",
            f"<p>{self._places(status)}</p>" if asked.places else "",
            f'<p class="small quiet">{self._say("status.delay")}</p>' if asked.often or asked.places else "",
            f"<h2>{self._say('status.notices.heading')}</h2>" if notices.told else "",
            *(self._notice(told, notices.answer_days) for told in notices.told),
            f"<h2>{self._say('status.letters')}</h2>",
            f'<ol class="timeline">{letters}</ol>' if letters else f"<p>{self._say('status.lettersNone')}</p>",
            f'<p class="small quiet">{self._say("status.needWords")}</p>' if letters else "",
            "" if case.is_forgotten else f'<p class="small quiet">{self._how_long(keeping)}</p>',
        ]
        return self._page("status.heading", "".join(told))

    def _places(self, status: Status) -> str:
        told = any(site.seen_again for site in status.sites)
        return self._say("status.newPlaces" if told else "status.noNewPlaces")

    def _kept(self, keeping: Keeping) -> list[str]:
        notes = []
        if keeping.closed and not keeping.withdrawn:
            notes.append(self._fill("status.closed", day=self._day(keeping.closed)))
        if hold := keeping.hold:
            what = ", ".join(self._say(f"status.keeps.{kind}") for kind in hold.keeps)
            days = {"day": self._day(hold.until), "since": self._day(hold.since)}
            reason = f"<bdi>{escape(hold.reason)}</bdi>"
            notes.append(self._fill("status.hold", what=what, reason=reason, **days))
        return notes

    def _how_long(self, keeping: Keeping) -> str:
        if keeping.contact_deleted and keeping.letters_deleted:
            days = {"contact": self._day(keeping.contact_deleted), "letters": self._day(keeping.letters_deleted)}
            return self._fill("status.deleted", **days)
        return self._fill("status.howLong", contact=str(keeping.contact_days), letters=str(keeping.letters_days))

    def _site(self, site: SiteStatus, withdrawn: bool, asked: Asked) -> str:
        said = site.statement
        parts = [f'<p class="bar"><b><bdi>{escape(site.partner.name)}</bdi></b> '
                 f'<span class="quiet small">{self._country(site.partner.country)}</span></p>']  # fmt: skip
        if site.state is not SiteState.NONE:
            word, meaning = self._lines(f"status.states.{site.state}")
            since = self._fill("status.since", day=self._day(site.since)) if site.state is not SiteState.WAITING else ""
            kind = "good" if site.state in _GOOD else "wait"
            parts.append(f'<p><span class="state state-{kind}">{escape(word)}</span> {since}<br>{escape(meaning)}</p>')
        if asked.often and site.state is not SiteState.NONE:
            parts.append(f"<p>{self._say('status.hits.' + site.hits.replace(' ', '_'))}</p>")
            parts.append(f"<p>{self._say('status.alreadyThere')}</p>" if site.already_there else "")
        if asked.places and site.seen_again:
            parts.append(f"<p>{self._fill('status.seenAgain', day=self._day(site.seen_again))}</p>")
        if site.note is not None:
            parts.append(f'<p class="small quiet">{self._say(f"status.notes.{site.note}")}</p>')
        if withdrawn and not site.partner.proves_forgetting:
            parts.append(f'<p class="small quiet">{self._say("status.cannotProve")}</p>')
        if said is not None and not withdrawn:
            if said.notices == Notices.REVOKED:
                told = self._say("status.revoked")
            else:
                how = "status.statementGo" if said.notices == Notices.GO else "status.statementAsk"
                told = f"{self._fill('status.statement', day=self._day(said.day))} {self._say(how)}"
            parts.append(f'<p class="small quiet">{told}</p>')
        return f'<div class="card">{"".join(parts)}</div>'

    def _notice(self, told: Told, answer_days: int) -> str:
        """How far it has come and who says so, as on her page. Her yes or no needs her words, so nothing is asked."""
        site = told.site or read_text(self.language.tag, "status.notices.someSite")
        due = f"{self._day(told.due.date())}, {told.due:%H:%M} UTC" if told.due else ""
        since = self._day(told.since.date()) if told.since else ""
        said = self._fill(
            f"status.notices.{told.word}", since=since, due=due, days=str(answer_days), country=escape(told.country)
        )
        answer = ""
        if told.answer:
            answer = f"<p>{self._fill('status.youSaid', answer=self._say(f'status.notices.{told.answer}'))}</p>"
        return (
            f'<div class="card"><p><b><bdi>{self._fill("status.notices.to", site=escape(site))}</bdi></b> '
            f'<span class="quiet small"><bdi lang="en">{escape(told.law)}</bdi></span></p><p>{said}</p>'
            f"{answer}</div>"
        )

    def _letter(self, letter: Letter) -> str:
        if letter.sender == Sender.HELPLINE:
            return f"{self._day(letter.day)} {self._say('status.fromHelpline')}"
        read = self._say("status.read" if letter.read else "status.unread")
        return f"{self._day(letter.day)} {self._say('status.fromYou')}. {read}."

    def _code_field(self, label: str) -> str:
        # The browser itself keeps back what is shorter than a code, so that words typed by mistake go nowhere.
        return (
            f'<div class="field"><label for="code">{self._say(label)}</label>'
            f'<input type="text" id="code" name="code" required pattern=".{{{SIGNS},}}" dir="ltr" autocomplete="off" '
            f'autocapitalize="characters" spellcheck="false" translate="no" title="{self._say("plain.badCode")}"></div>'
        )

    def _asks_more(self) -> str:
        return "".join(
            f'<p><label class="row"><input type="checkbox" name="{name}" value="yes">'
            f'<span class="row-main">{self._say(key)}</span></label></p>'
            for name, key in (("often", "status.showHits"), ("places", "status.showPlaces"))
        )

    def _choice(self, value: str, key: str) -> str:
        title, meaning = self._lines(key)
        return (
            f'<li><label class="row"><input type="radio" name="forget" value="{value}" required>'
            f'<span class="row-main">{escape(title)}<span class="row-more">{escape(meaning)}</span></span></label></li>'
        )

    def _form(
        self, way: str, fields: str, trouble: str, button: str = "", kind: str = "application/x-www-form-urlencoded"
    ) -> str:
        alert = f'<p class="error" role="alert">{self._say(trouble)}</p>' if trouble else ""
        intro = f'<div class="note"><p>{self._say("plain.intro")}</p></div>' if way != "send" else ""
        return (
            f'{intro}{alert}<form method="post" enctype="{kind}" action="/plain/{way}?lang={self.language.tag}" '
            f'autocomplete="off">{fields}<p class="buttons"><button class="button-main">'
            f"{self._say(button or f'plain.{way}')}</button></p></form>"
        )

    def _page(self, heading: str, body: str, *, back: bool = True) -> str:
        tag = self.language.tag
        menu = f'<a href="/plain/?lang={tag}">{self._say("back")}</a> · ' if back else ""
        leave = (
            f'<div class="leave" role="region" aria-label="{self._say("leave.label")}">'
            f'<a class="button leave-button" href="{escape(self.language.elsewhere)}" rel="noreferrer nofollow">'
            f"{self._say('leave.button')}</a></div>"
        )
        return self._document(
            self._say("plain.title"),
            self._say(heading),
            f'{body}<p>{menu}<a href="/{tag}">{self._say("plain.home")}</a></p>',
            head='<meta name="robots" content="noindex">',
            above=leave,
        )

    def _lines(self, key: str) -> list[str]:
        found = read_texts(self.language.tag)
        for name in key.split("."):
            found = found[name]  # type: ignore[assignment]
        return list(found)
