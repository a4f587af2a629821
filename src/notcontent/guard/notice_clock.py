"""How long a platform has after a notice that an intimate picture is shown without consent. Pure: `now` is an argument.

Both laws give 48 hours as they pass, with no pause for nights or weekends, from a notice that has what they ask for.
Sources: TAKE IT DOWN Act (Pub. L. 119-12), section 3(a)(1) and (3); Online Safety Act 2023, sections 10(3A), 10(3B) and
20A(2), inserted by the Crime and Policing Act 2026, sections 100 and 101. docs/platform/notices.md says what of this
was read, when, and what was not.

WARNING: no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

LENGTH = timedelta(hours=48)
#: From here on the clock is near its end, and the platform is told.
NEAR = timedelta(hours=12)


class Regime(StrEnum):
    """The law that a notice rests on."""

    US = "us"
    UK = "uk"


class Element(StrEnum):
    """What a notice has to have. Not whether it is true: that is for a person to see."""

    #: It is in writing.
    WRITTEN = "written"
    #: A physical or electronic signature of the person, or of somebody who may act for her.
    SIGNATURE = "signature"
    #: It is from the person shown, or from somebody who may act for her.
    CAPACITY = "capacity"
    #: It says that the content is intimate image content.
    INTIMATE = "intimate"
    #: It says which picture or video is meant.
    IDENTIFIES = "identifies"
    #: Enough to find it.
    LOCATES = "locates"
    #: A statement in good faith: in the United States that it was shared without consent.
    GOOD_FAITH = "good_faith"
    #: What helps to see that it was shared without consent.
    FACTS = "facts"
    #: A statement that it is true as far as its sender knows.
    TRUE = "true"
    #: How the sender can be reached.
    CONTACT = "contact"


ELEMENTS = {
    Regime.US: (
        Element.WRITTEN, Element.SIGNATURE, Element.CAPACITY, Element.IDENTIFIES, Element.LOCATES, Element.GOOD_FAITH,
        Element.FACTS, Element.CONTACT,
    ),
    Regime.UK: (
        Element.INTIMATE, Element.CAPACITY, Element.GOOD_FAITH, Element.TRUE, Element.IDENTIFIES, Element.CONTACT,
    ),
}  # fmt: skip


class Standing(StrEnum):
    """How a notice stands."""

    #: Something that the law asks for is missing, so no clock runs.
    INCOMPLETE = "incomplete"
    RUNNING = "running"
    #: At most `NEAR` is left.
    NEAR = "near"
    #: The time is over, and not all was done.
    LATE = "late"
    #: All was done, or it was refused.
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one notice. `started`: when it was complete; `stopped`: when all was done; None: not yet.

    Both are aware of their time zone, whichever that is: what counts is the time that passes, not what a clock on a
    wall shows when it is put forward or back in between.
    """

    started: datetime | None
    stopped: datetime | None = None

    @property
    def deadline(self) -> datetime | None:
        """The last moment that is in time, in UTC."""
        # In UTC first: Python adds to the clock on the wall in other zones, which would be an hour off twice a year.
        return None if self.started is None else self.started.astimezone(UTC) + LENGTH

    def left(self, now: datetime) -> timedelta | None:
        """How much is left, or was left when it stopped; below zero: so long over. None while none runs."""
        if self.deadline is None:
            return None
        return self.deadline - (self.stopped or now).astimezone(UTC)

    def standing(self, now: datetime) -> Standing:
        """How it stands now."""
        left = self.left(now)
        if self.stopped is not None:
            return Standing.DONE
        if left is None:
            return Standing.INCOMPLETE
        if left < timedelta(0):
            return Standing.LATE
        return Standing.NEAR if left <= NEAR else Standing.RUNNING
