"""What every desk screen knows: whose exchange it is, the language, first screen and menu, what was read alone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from notcontent.exchange.desk.home import home_of
from notcontent.exchange.desk.languages import LANGUAGES, language_now
from notcontent.exchange.desk.menu import menu_of
from notcontent.exchange.desk.sealed_contact import is_overdue, to_sign_off
from notcontent.exchange.today import utc_today


def add_profile(request: HttpRequest) -> dict[str, Any]:
    """Template context: the helpline's profile, the language, and the roles and screens of whoever is signed in."""
    context: dict[str, Any] = {
        "profile": settings.PROFILE,
        "home": "sign-in",
        "language": language_now(),
        "languages": LANGUAGES.values(),
    }
    if request.user.is_authenticated:
        today = utc_today()
        context |= {
            "roles": request.roles,
            "home": home_of(request.roles),
            "menu": menu_of(request),
            "read_alone": [(permit, is_overdue(permit, today)) for permit in to_sign_off()] if request.roles else [],
        }
    return context
