"""`POST /v1/uploads/{id}/statement`: the statement of reasons for a blocked upload. Nothing of it is kept."""

from __future__ import annotations

from datetime import date

from notcontent.guard.door_errors import DoorError
from notcontent.guard.statement import (
    MOST_EXPLANATION,
    MOST_GROUND,
    STATES,
    Blocked,
    Ground,
    Restriction,
    Stated,
    database_record,
    uploader_statement,
)

_TEXTS = {"reference": MOST_GROUND, "explanation": MOST_EXPLANATION, "redress": MOST_EXPLANATION}
_FIRST, _LAST = date(2020, 1, 1), date(2038, 1, 1)
_WORDS = {"ground", "restriction", "territory", "against_women", "forgery", "applied_on", *_TEXTS}


def read_stated(question: dict[str, object]) -> Stated:
    """What the platform states. Raises DoorError 422 with the name of what is wrong."""
    if strangers := sorted(question.keys() - _WORDS):
        raise _wrong(f"'{strangers[0][:40]}' is no word of a statement.")
    texts = {name: question.get(name) for name in _TEXTS}
    for name, most in _TEXTS.items():
        text = texts[name]
        if not isinstance(text, str) or not 0 < len(text.strip()) <= most:
            raise _wrong(f"'{name}' is a text of 1 to {most:,} characters.")
    territory = question.get("territory")
    if not isinstance(territory, list) or not territory or not all(each in STATES for each in map(str, territory)):
        raise _wrong("'territory' is a list of states of the European Economic Area, such as DE or GR.")
    flags = {name: question.get(name, False) for name in ("against_women", "forgery")}
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise _wrong("'against_women' and 'forgery' are true or false.")
    try:
        ground = Ground(str(question.get("ground")))
        restriction = Restriction(str(question.get("restriction", Restriction.DISABLED)))
        applied = question.get("applied_on")
        applied_on = None if applied is None else date.fromisoformat(str(applied))
    except ValueError as error:
        raise _wrong("'ground' is illegal or terms, 'restriction' removed or disabled, 'applied_on' a date.") from error
    if applied_on is not None and not _FIRST <= applied_on <= _LAST:
        raise _wrong("'applied_on' is a day from 2020 on.")
    return Stated(
        ground,
        str(texts["reference"]).strip(),
        str(texts["explanation"]).strip(),
        tuple(sorted(set(map(str, territory)))),
        str(texts["redress"]).strip(),
        restriction,
        bool(flags["against_women"]),
        bool(flags["forgery"]),
        applied_on,
    )


def statement_json(blocked: Blocked, stated: Stated) -> dict[str, object]:
    """Both statements."""
    return {"to_uploader": uploader_statement(blocked, stated), "to_database": database_record(blocked, stated)}


def _wrong(message: str) -> DoorError:
    return DoorError(422, "statement", message, "See /openapi.json for what a statement has to hold.")
