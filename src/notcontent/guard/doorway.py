"""What a door that knows only "pass" and "stop" makes of a verdict, or of an upload that can't be checked.

The HTTP door answers in words of its own. The others speak protocols that were made for virus scanners and the like, in
which there is no hold; and what they say when nothing could be checked decides whether a failure lets everything
through or stops everything. So both are stated for each such door in the settings, and neither has a default.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notcontent.errors import NotContentError
from notcontent.guard.answering import Answering
from notcontent.guard.errors import BadSettings
from notcontent.guard.verdict import VerdictKind


class Outcome(StrEnum):
    """All that such a door can say."""

    PASS = "pass"  # noqa: S105 - a word, no password
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class DoorRule:
    """What becomes of a hold, and of an upload that can't be checked (`pass`: fail-open, `stop`: fail-closed)."""

    when_held: Outcome
    when_unchecked: Outcome


def read_rule(door: str, when_held: str, when_unchecked: str) -> DoorRule:
    """The rule of an open door. Raises BadSettings where one of the two is not stated."""
    stated = []
    for name, word in ((f"{door}_when_held", when_held), (f"{door}_when_unchecked", when_unchecked)):
        if word not in tuple(Outcome):
            raise BadSettings(
                f"The {door} door is open, so {name} has to say 'pass' or 'stop'. "
                "There is no default: decide what an upload meets there when nobody has looked at it yet."
            )
        stated.append(Outcome(word))
    return DoorRule(*stated)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the door says. `upload`: the id under which a match was recorded; `error`: why nothing was checked."""

    outcome: Outcome
    upload: str | None = None
    error: NotContentError | None = None


class Doorway:
    """One such door's way to the gate."""

    def __init__(self, answering: Answering, rule: DoorRule) -> None:
        """Judge by this rule."""
        self._answering, self._rule = answering, rule

    async def judge(self, untrusted_upload: bytes, object_id: str | None = None) -> Judged:
        """Whether an upload passes. Never raises what an upload, a list or a disk causes: that is `error`."""
        try:
            verdict = await self._answering.check(untrusted_upload, object_id)
        except NotContentError as error:
            return self.unchecked(error)
        if verdict.kind is VerdictKind.ALLOW:
            return Judged(Outcome.PASS)
        if verdict.kind is VerdictKind.HOLD:
            return Judged(self._rule.when_held, verdict.id)
        return Judged(Outcome.STOP, verdict.id)

    def unchecked(self, error: NotContentError) -> Judged:
        """The same for what the door itself could not take, such as an upload beyond its limit."""
        return Judged(self._rule.when_unchecked, error=error)
