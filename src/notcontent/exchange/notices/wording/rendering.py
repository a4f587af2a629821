"""From facts to the exact text of a notice or of a letter after it, in a language of whoever is to read it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from notcontent.exchange.notices.errors import BadDirectory
from notcontent.exchange.notices.regimes.contract import Regime
from notcontent.exchange.notices.regimes.facts import Facts, Item
from notcontent.exchange.notices.regimes.offences import OFFENCES

FALLBACK = "en"
#: So long a site is asked to keep the evidence: as long as a government can have it kept in the United States at most.
KEEP_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent, exactly."""

    subject: str
    body: str

    @property
    def whole(self) -> str:
        """Subject and body: what she reads, what is approved and what the SHA-256 is of."""
        return f"{self.subject}\n\n{self.body}"


@dataclass(frozen=True, slots=True)
class Wording:
    """All texts of one law in one language, whether anybody has reviewed them, and the gaps in them.

    `notice` is the notice itself, `preserve` the paragraph that asks a site to keep evidence. By their ids: sentences
    that are elements of the law themselves (`declares`), `kinds` of items, ready sentences on `consent` and `grounds`,
    what `more` may stand at the end, and later `letters`.
    """

    language: str
    law: str
    by_lawyer: bool
    by_native_speaker: bool
    written: date
    notice: Text
    preserve: str
    declares: Mapping[str, str]
    kinds: Mapping[str, str]
    more: Mapping[str, str]
    consent: Mapping[str, str]
    grounds: Mapping[str, str]
    letters: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class About:
    """What a letter says of the notice before it: the site, the reference, when it went, and when time was over."""

    service: str
    reference: str
    sent: str
    due: str


#: All gaps that a letter may have.
LETTER_GAPS = frozenset({"recipient", "service", "reference", "sent", "due", "items", "sender_name", "contact", "day"})
_NAMES = {
    "law", "language", "reviewed_by_a_lawyer", "reviewed_by_a_native_speaker", "written", "subject", "body", "preserve",
    "declares", "kinds", "more", "consent", "grounds", "letters",
}  # fmt: skip


@cache
def read_wordings() -> dict[tuple[str, str], Wording]:
    """All texts by law and language. Raises `BadDirectory` for a file that is not of the form."""
    found = {}
    for file in files("notcontent.exchange.notices.wording").iterdir():
        if not file.name.endswith(".toml"):
            continue
        told = tomllib.loads(file.read_text("utf-8"))
        if set(told) != _NAMES or file.name != f"{told['law']}.{told['language']}.toml":
            raise BadDirectory(f"The text {file.name} does not have the names {', '.join(sorted(_NAMES))}. Correct it.")
        found[told["law"], told["language"]] = _read(told)
    return dict(sorted(found.items()))


def _read(told: Mapping[str, Any]) -> Wording:
    return Wording(
        told["language"], told["law"], told["reviewed_by_a_lawyer"], told["reviewed_by_a_native_speaker"],
        told["written"], _text(told), told["preserve"], told["declares"],
        told["kinds"], told["more"], told["consent"], told["grounds"],
        {rung: _text(letter) for rung, letter in told["letters"].items()},
    )  # fmt: skip


def _text(told: Mapping[str, Any]) -> Text:
    return Text(told["subject"], told["body"])


def choose_language(regime: Regime, languages: tuple[str, ...]) -> str:
    """The first of the site's languages in which there is a text for this law; else English."""
    return next((language for language in languages if (regime.key, language) in read_wordings()), FALLBACK)


def render(
    regime: Regime, facts: Facts, *, service: str, reference: str, day: date, language: str | None = None
) -> Text:
    """The text. It holds the fields that the law asks for (`regime.fields`) and nothing else of what is known.

    `language` is another one than the notice's, for whoever has to understand it. Raises `KeyError` for a text with a
    gap that the law does not name.
    """
    wording = read_wordings()[regime.key, language or facts.language]
    known = {
        "items": _tell_items(wording, facts),
        "consent_facts": tell_consent(wording, facts),
        "legal_explanation": tell_grounds(wording, facts),
        "signature": facts.signature.strip(),
        "sender_name": facts.sender_name.strip(),
        "sender_email": facts.sender_email,
        "contact": facts.contact,
        "service": service,
        "reference": reference,
        "sent": day.isoformat(),
    }
    gaps = {name: value for name, value in known.items() if name in regime.fields}
    keep = Template(wording.preserve).substitute(keep_until=(day + KEEP_FOR).isoformat())
    gaps |= _declare(regime, wording, facts)
    gaps["preserve"] = f"\n{keep}" if facts.preserve else ""
    body = Template(wording.notice.body).substitute(gaps)
    if more := _tell_more(wording, facts):
        body = f"{body}\n{more}\n"
    return Text(Template(wording.notice.subject).substitute(gaps), body)


def render_letter(
    regime: Regime, rung: str, facts: Facts, about: About, *, recipient: str, day: date, language: str | None = None
) -> Text:
    """The letter of one step of the ladder, about a notice that was sent before."""
    wording = read_wordings()[regime.key, language or facts.language]
    letter = wording.letters[rung]
    gaps = {
        "recipient": recipient, "service": about.service, "reference": about.reference, "sent": about.sent,
        "due": about.due, "items": _tell_items(wording, facts), "sender_name": facts.sender_name.strip(),
        "contact": facts.contact, "day": day.isoformat(),
    }  # fmt: skip
    body = Template(letter.body).substitute(gaps)
    if more := _tell_more(wording, facts):
        body = f"{body}\n{more}\n"
    return Text(Template(letter.subject).substitute(gaps), body)


def gap_of(element: str) -> str:
    """The gap for a sentence that is itself an element of the law: `eu.bona_fide` stands at `$eu_bona_fide`."""
    return element.replace(".", "_")


def _declare(regime: Regime, wording: Wording, facts: Facts) -> dict[str, str]:
    """Each such sentence if it is declared. What only she can add stands in the text that she is asked about."""
    elements = {element.id: element for element in regime.elements}
    return {
        gap_of(name): sentence if elements[name].from_her or elements[name].is_there(facts) else ""
        for name, sentence in wording.declares.items()
    }


def tell_consent(wording: Wording, facts: Facts) -> str:
    """What shows that she did not agree: the ready sentences, then what somebody wrote."""
    told = [wording.consent[one] for one in facts.ready_consent if one in wording.consent]
    return "\n".join(text for text in (*told, facts.consent_facts.strip()) if text)


def tell_grounds(wording: Wording, facts: Facts) -> str:
    """Which law it breaks: the ready sentences, the crime that was chosen, then what somebody wrote."""
    told = [wording.grounds[one] for one in facts.grounds if one in wording.grounds]
    if facts.offence in OFFENCES and "offence" in wording.grounds:
        told.append(Template(wording.grounds["offence"]).substitute(provision=OFFENCES[facts.offence].provision))
    return "\n".join(text for text in (*told, facts.legal_explanation.strip()) if text)


def _tell_items(wording: Wording, facts: Facts) -> str:
    return "\n".join(_tell_item(wording, number, item) for number, item in enumerate(facts.items, start=1))


def _tell_item(wording: Wording, number: int, item: Item) -> str:
    lines = [
        f"({number}) {wording.kinds[item.kind]}: {item.description.strip()}",
        *(f"    {link}" for link in item.links),
    ]
    if item.native_id.strip():
        lines.append(f"    {item.native_id.strip()}")
    return "\n".join(lines)


def _tell_more(wording: Wording, facts: Facts) -> str:
    known = {"her_name": facts.her_name.strip(), "criminal_reference": facts.criminal_reference.strip()}
    return "\n".join(Template(wording.more[name]).substitute({name: text}) for name, text in known.items() if text)
