"""What every law says about itself to the rest of the room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from notcontent.exchange.notices.directory.service import Does, Service
from notcontent.exchange.notices.regimes.elapsed import Clock
from notcontent.exchange.notices.regimes.facts import Capacity, Facts, Minor

Check = Callable[[Facts], bool]


class Level(StrEnum):
    """How much an element is asked for. A notice with a missing `MUST`, or `IF` whose condition holds, is not sent."""

    MUST = "must"
    IF = "if"
    RECOMMENDED = "recommended"


def always(_: Facts) -> bool:
    """The condition of elements that every notice needs."""
    return True


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that a law wants in a notice. `asks` tells a person what to add; `source` where the law says so.

    `from_her`: only she can add it, after she has read the rest.
    """

    id: str
    level: Level
    asks: str
    source: str
    is_there: Check
    applies: Check = always
    from_her: bool = False

    def is_missing(self, facts: Facts) -> bool:
        """Whether these facts need it and lack it."""
        return self.level is not Level.RECOMMENDED and self.applies(facts) and not self.is_there(facts)


class Answer(StrEnum):
    """Whether a law covers a site. Only `yes` starts a clock that she sees."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The answer, and why in one sentence."""

    answer: Answer
    why: str


@dataclass(frozen=True, slots=True)
class Reveals:
    """What a route tells about her: to the site, to whoever uploaded it, to a state. Shown before a route is chosen."""

    site: str
    uploader: str
    state: str
    least: str


class Opens(StrEnum):
    """From when a step can be taken: what its letter says has to be true by then."""

    SENT = "sent"
    HALF = "half"
    OVER = "over"
    REFUSED = "refused"
    OVER_OR_REFUSED = "over_or_refused"


#: Where days are counted for an answer: the country of the site, or the helpline's own.
AT_THE_SITE, AT_HOME = "site", "home"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step when a site does not do what the law says: who is asked, from when, and what they learn.

    `to` says it in words; `name` is the recipient of its letter, empty for the site itself. Its text stands in `wording`
    under `id`; without a letter it is a step that needs a conversation. `address` is the recipient's form or page as far
    as `source` has it. `reminds`: the notice goes on waiting after it. `answer` is the time for an answer to the letter,
    counted by the days of `place`: a country, `AT_THE_SITE` or `AT_HOME`.
    """

    id: str
    to: str
    opens: Opens
    when: str
    learns: str
    name: str = ""
    has_letter: bool = True
    reminds: bool = False
    answer: Clock | None = None
    place: str = AT_THE_SITE
    address: str = ""
    source: str = ""

    @property
    def goes_to_site(self) -> bool:
        """Whether its letter goes to the site that had the notice."""
        return self.has_letter and not self.name


@dataclass(frozen=True, slots=True)
class Preservation:
    """What a request to keep evidence rests on under this law, in plain words, and where that stands."""

    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact stands, and whether its text itself was read (`read`) or only a report about it."""

    title: str
    read: bool


@dataclass(frozen=True, slots=True)
class Regime:
    """One law. `sends` is false for a route that is only explained; `fields` are the facts that its text may hold.

    `clocks` come in the order in which they run. `says` are the sentences of the law that a text in each language must
    render; `guide` are the steps of a route that is only explained.
    """

    key: str
    law: str
    checked: date
    sends: bool
    may_send: frozenset[Capacity]
    elements: tuple[Element, ...]
    clocks: tuple[Clock, ...]
    reveals: Reveals
    ladder: tuple[Rung, ...]
    sources: tuple[Source, ...]
    fields: frozenset[str]
    covers: Callable[[Service], Coverage]
    version: int = 1
    preservation: Preservation | None = None
    guide: tuple[str, ...] = ()

    def missing(self, facts: Facts) -> tuple[Element, ...]:
        """The elements without which the notice is not what the law asks for."""
        return tuple(element for element in self.elements if element.is_missing(facts))

    @property
    def removal(self) -> Clock | None:
        """The clock for taking it down, if the law has one or the house sets itself one."""
        return next((clock for clock in self.clocks if clock.id.endswith(".remove")), None)

    def rung(self, rung_id: str) -> Rung | None:
        """The step of this id."""
        return next((rung for rung in self.ladder if rung.id == rung_id), None)


def is_adult(facts: Facts) -> bool:
    """Whether somebody said that she was of age. All other answers leave these routes (a hotline for minors)."""
    return facts.minor is Minor.NO


def as_listed(service: Service, key: str, otherwise: Coverage) -> Coverage:
    """What the directory says of this site and law; `otherwise` where it says nothing."""
    said = service.covered.get(key)
    return Coverage(Answer(said.answer), said.why) if said else otherwise


#: What no law of these covers, whatever a directory says.
ONLY_CARRIES = frozenset({Does.EMAIL, Does.ACCESS})
