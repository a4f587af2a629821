"""The statement of reasons for a blocked upload: to the uploader (Digital Services Act, Art. 17), and as the record
for the Commission's Transparency Database (Art. 24(5)). Pure: no clock, no file, no network.

The platform owes both and sends both; here they are only written, from what is on record and what the platform states.
Neither says anything of the person in the picture, of the uploader, of a list, or of how near the match was. Fields and
words of the record are those of the database's API, version 1.

WARNING: no legal advice. A lawyer reads the platform's grounds and both texts before the first one is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

#: The 30 states of the European Economic Area, as the database writes them.
STATES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
MOST_GROUND, MOST_EXPLANATION = 500, 2000


class Ground(StrEnum):
    """What the restriction rests on."""

    ILLEGAL = "illegal"
    TERMS = "terms"


class Restriction(StrEnum):
    """What was done with the upload."""

    REMOVED = "removed"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Blocked:
    """What is on record of a blocked upload. `by_person`: somebody looked and decided, not a machine or a clock."""

    upload: str
    day: date
    is_video: bool
    by_person: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """What the platform states.

    `reference`: the provision of law, or the clause of its terms. `explanation`: why it applies. `territory`: where the
    restriction holds. `against_women`: which of the two categories is reported. `forgery`: made or altered by machine.
    `redress`: how the uploader can object, with addresses. `applied_on`: when it was restricted.
    """

    ground: Ground
    reference: str
    explanation: str
    territory: tuple[str, ...]
    redress: str
    restriction: Restriction = Restriction.DISABLED
    against_women: bool = False
    forgery: bool = False
    applied_on: date | None = None


def facts(blocked: Blocked) -> str:
    """What the decision rests on, in words that fit every upload."""
    looked = (
        "A person at the service looked at it and decided."
        if blocked.by_person
        else "No person took part in this decision."
    )
    return (
        f"Before it was shown, the {'video' if blocked.is_video else 'picture'} was compared automatically with "
        "material that is shared without the consent of the person shown, and it matched. "
        f"The service did this of its own accord. {looked}"
    )


def database_record(blocked: Blocked, stated: Stated) -> dict[str, object]:
    """The body of one `POST /api/v1/statement`, ready as JSON. `puid` is the upload's id, which is random."""
    women = "_AGAINST_WOMEN" if stated.against_women else ""
    keyword = "MATERIAL_DEEPFAKE" if stated.forgery else "IMAGE_SHARING"
    kind = "CONTENT_TYPE_VIDEO" if blocked.is_video else "CONTENT_TYPE_IMAGE"
    record: dict[str, object] = {
        "decision_visibility": [f"DECISION_VISIBILITY_CONTENT_{stated.restriction.upper()}"],
        "content_type": [kind, "CONTENT_TYPE_SYNTHETIC_MEDIA"] if stated.forgery else [kind],
        "category": f"STATEMENT_CATEGORY_CYBER_VIOLENCE{women}",
        "category_specification": [f"KEYWORD_NON_CONSENSUAL_{keyword}{women}"],
        "territorial_scope": sorted(stated.territory),
        "content_date": blocked.day.isoformat(),
        "application_date": (stated.applied_on or blocked.day).isoformat(),
        "decision_facts": facts(blocked),
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": f"AUTOMATED_DECISION_{'PARTIALLY' if blocked.by_person else 'FULLY'}",
        "puid": blocked.upload,
    }
    if stated.ground is Ground.ILLEGAL:
        record |= {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": stated.reference,
            "illegal_content_explanation": stated.explanation,
        }
    else:
        record |= {
            "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            "incompatible_content_ground": stated.reference,
            "incompatible_content_explanation": stated.explanation,
        }
    return record


def uploader_statement(blocked: Blocked, stated: Stated) -> str:
    """What Art. 17(3) wants told to the uploader: measure, scope, facts, automation, ground, ways to object."""
    done = "removed" if stated.restriction is Restriction.REMOVED else "not shown to anybody"
    ground = "The legal ground is" if stated.ground is Ground.ILLEGAL else "The clause of our terms is"
    return "\n\n".join(
        (
            f"Your upload of {blocked.day.isoformat()} was {done}. "
            f"This holds in {', '.join(sorted(stated.territory))}, without an end date.",
            facts(blocked),
            f"{ground}: {stated.reference}. {stated.explanation}",
            "If you think this is wrong, for instance because it is your own picture or of public interest: "
            f"{stated.redress} You may also turn to a certified out-of-court dispute settlement body, or to a court.",
        )
    )
