"""From facts to the exact text of a notice, in a language of the site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from string import Template

from notcontent.exchange.notices.errors import BadDirectory
from notcontent.exchange.notices.regimes.contract import Regime
from notcontent.exchange.notices.regimes.facts import Facts, Item

FALLBACK = "en"
_HEAD = ("language", "law", "reviewed by a lawyer", "written", "subject")


@dataclass(frozen=True, slots=True)
class Wording:
    """One text file: its language, whether a lawyer has reviewed it, and the gaps in its subject and body."""

    language: str
    law: str
    reviewed: bool
    written: date
    subject: str
    body: str
    preserve: str


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent, exactly."""

    subject: str
    body: str

    @property
    def whole(self) -> str:
        """Subject and body: what she reads, what is approved and what the SHA-256 is of."""
        return f"{self.subject}\n\n{self.body}"


#: Said in the text's own language where the host is asked to keep what it takes down.
_PRESERVE = {
    "en": "\nPlease keep what you take down, and what you know of who uploaded it, for the authorities: we may report "
    "a crime.\n",
}


@cache
def read_wordings() -> dict[tuple[str, str], Wording]:
    """All texts by law and language. Raises `BadDirectory` for a file that is not of the form."""
    found = {}
    for file in files("notcontent.exchange.notices.wording").iterdir():
        if not file.name.endswith(".txt"):
            continue
        head_text, _, body = file.read_text("utf-8").partition("\n\n")
        head = dict(line.split(": ", 1) for line in head_text.splitlines())
        if tuple(head) != _HEAD or file.name != f"{head['law']}.{head['language']}.txt":
            raise BadDirectory(f"The text {file.name} does not begin with {', '.join(_HEAD)}. Correct it.")
        language = head["language"]
        found[head["law"], language] = Wording(
            language, head["law"], head["reviewed by a lawyer"] == "yes", date.fromisoformat(head["written"]),
            head["subject"], body, _PRESERVE[language],
        )  # fmt: skip
    return found


def choose_language(regime: Regime, languages: tuple[str, ...]) -> str:
    """The first of the site's languages in which there is a text for this law; else English."""
    return next((language for language in languages if (regime.key, language) in read_wordings()), FALLBACK)


def render(regime: Regime, facts: Facts, *, service: str, reference: str, day: date) -> Text:
    """The text. It holds the fields that the law asks for (`regime.fields`) and nothing else of what is known.

    Raises `KeyError` for a text with a gap that the law does not name.
    """
    wording = read_wordings()[regime.key, facts.language]
    known = {
        "items": "\n".join(_tell_item(number, item) for number, item in enumerate(facts.items, start=1)),
        "consent_facts": facts.consent_facts.strip(),
        "legal_explanation": facts.legal_explanation.strip(),
        "signature": facts.signature.strip(),
        "sender_name": facts.sender_name.strip(),
        "sender_email": facts.sender_email,
        "contact": facts.contact,
        "service": service,
        "reference": reference,
        "sent": day.isoformat(),
    }
    gaps = {name: value for name, value in known.items() if name in regime.fields}
    gaps["preserve"] = wording.preserve if facts.preserve else ""
    body = Template(wording.body).substitute(gaps)
    if facts.her_name.strip() or facts.criminal_reference.strip():
        body = f"{body}\n{_tell_more(facts)}\n"
    return Text(Template(wording.subject).substitute(gaps), body)


def _tell_item(number: int, item: Item) -> str:
    lines = [f"({number}) {item.kind}: {item.description.strip()}", *(f"    {link}" for link in item.links)]
    if item.native_id.strip():
        lines.append(f"    {item.native_id.strip()}")
    return "\n".join(lines)


def _tell_more(facts: Facts) -> str:
    told = [facts.her_name.strip(), facts.criminal_reference.strip()]
    return "\n".join(text for text in told if text)
