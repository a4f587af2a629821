"""What a door that knows only "pass" and "stop" makes of a verdict, or of an upload that can't be checked.

The HTTP door answers in words of its own. The others speak protocols that were made for virus scanners and the like, in
which there is no hold; and what they say when nothing could be checked decides whether a failure lets everything
through or stops everything. So both are stated for each such door in the settings, and neither has a default.

Such doors are shown everything that passes a site, and most of it is no picture: pages, styles, archives, sheets. What
begins like no picture and no video is passed over, whatever the rule says; it was not left unchecked, there was nothing
to check. Whatever begins like one and can't be read, or is of a kind that we don't open, was left unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notcontent.errors import NotContentError
from notcontent.fingerprint.formats import find_picture_format, is_other_picture
from notcontent.fingerprint.refusals import PictureNotOpened
from notcontent.fingerprint.video.formats import HEAD_BYTES as VIDEO_HEAD_BYTES
from notcontent.fingerprint.video.formats import find_video_format
from notcontent.guard import metrics
from notcontent.guard.answering import Answering
from notcontent.guard.asker import Asker
from notcontent.guard.errors import BadSettings
from notcontent.guard.verdict import VerdictKind

#: So many first bytes of a file tell whether it concerns us.
HEAD_BYTES = VIDEO_HEAD_BYTES


class Outcome(StrEnum):
    """All that such a door can say."""

    PASS = "pass"  # noqa: S105 - a word, no password
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class DoorRule:
    """What becomes of a hold, and of an upload that can't be checked (`pass`: fail-open, `stop`: fail-closed).

    `door`: whose rule this is; what went through it is counted under this name.
    """

    when_held: Outcome
    when_unchecked: Outcome
    door: str = "other"


def read_rule(door: str, when_held: str, when_unchecked: str) -> DoorRule:
    """The rule of an open door. Raises BadSettings where one of the two is not stated."""
    stated: dict[str, Outcome] = {}
    for name, word in ((f"{door}_when_held", when_held), (f"{door}_when_unchecked", when_unchecked)):
        if word not in tuple(Outcome):
            raise BadSettings(
                f"The {door} door is open, so {name} has to say 'pass' or 'stop'. "
                "There is no default: decide what an upload meets there when nobody has looked at it yet."
            )
        stated[name] = Outcome(word)
    held, unchecked = stated.values()
    return DoorRule(held, unchecked, door)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the door says. `upload`: the id under which a match was recorded; `error`: why nothing was checked;
    `passed_over`: it is neither picture nor video.
    """

    outcome: Outcome
    upload: str | None = None
    error: NotContentError | None = None
    passed_over: bool = False


def is_nothing_for_us(untrusted_bytes: bytes | memoryview) -> bool:
    """Whether this is neither picture nor video, told from the first `HEAD_BYTES` of it or from all of it."""
    head = bytes(untrusted_bytes[:HEAD_BYTES])
    return not (find_picture_format(head) or is_other_picture(head) or find_video_format(head))


class Doorway:
    """One such door's way to the gate."""

    def __init__(
        self, answering: Answering, rule: DoorRule, asker: Asker | None = None, *, shown_everything: bool = True
    ) -> None:
        """Judge by this rule; `asker` where the door knows more of who asks than which door it is.

        `shown_everything`: documents, texts and archives come through it as well, and are passed over; where only
        pictures and videos are sent, what is neither can't be checked.
        """
        self._answering, self._rule, self._asker = answering, rule, asker or Asker(rule.door)
        self._shown_everything = shown_everything

    async def judge(self, untrusted_upload: bytes, object_id: str | None = None) -> Judged:
        """Whether an upload passes. Never raises what an upload, a list or a disk causes: that is `error`."""
        if self._shown_everything and is_nothing_for_us(untrusted_upload):
            return Judged(Outcome.PASS, passed_over=True)
        if is_other_picture(untrusted_upload):
            return self.unchecked(PictureNotOpened())
        try:
            verdict = await self._answering.check(untrusted_upload, object_id, asker=self._asker)
        except NotContentError as error:
            return Judged(self._rule.when_unchecked, error=error)
        if verdict.kind is VerdictKind.ALLOW:
            return Judged(Outcome.PASS)
        if verdict.kind is VerdictKind.HOLD:
            return Judged(self._rule.when_held, verdict.id)
        return Judged(Outcome.STOP, verdict.id)

    def unchecked(self, error: NotContentError) -> Judged:
        """The same for what the door itself could not take, such as an upload beyond its limit."""
        metrics.count_unchecked(self._asker.door, error)
        return Judged(self._rule.when_unchecked, error=error)
