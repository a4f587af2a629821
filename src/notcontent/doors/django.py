"""A validator for Django: `models.ImageField(validators=[check_upload])`, or the same on a form's field.

It is a plain function, so that no token gets into a migration. The guard stands in the settings:

    NOTCONTENT_GUARD = {"url": "http://127.0.0.1:8100", "token": os.environ["GUARD_TOKEN"],
                        "when_held": "stop", "when_unchecked": "stop", "when_no_picture": "stop"}
"""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import get_language

from notcontent.guard_client import BadClientSettings, GuardClient, Outcome, Rule


@functools.cache
def guard() -> GuardClient:
    """The client of the settings. Raises ImproperlyConfigured."""
    try:
        given = dict(settings.NOTCONTENT_GUARD)
        rule = Rule(given.pop("when_held"), given.pop("when_unchecked"), given.pop("when_no_picture"))
        return GuardClient(given.pop("url"), given.pop("token"), rule, **given)
    except (AttributeError, KeyError, TypeError, BadClientSettings) as error:
        why = str(error) if isinstance(error, BadClientSettings) else "See the head of notcontent/doors/django.py."
        raise ImproperlyConfigured(f"NOTCONTENT_GUARD is missing, incomplete or has too much. {why}") from error


def check_upload(file: Any) -> None:
    """Let a new upload through, or raise ValidationError with words for whoever uploads, in the active language."""
    if getattr(file, "_committed", False):
        return  # It is in the storage already; only what arrives is checked.
    file.open()
    answer = guard().check(file, accept_language=get_language() or "")
    file.seek(0)
    if answer.outcome is Outcome.STOP:
        raise ValidationError(answer.uploader_text, code=str(answer.http_status))
