"""The desk's menu: the screens that whoever is signed in may open, in the order of a day's work."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SCREENS = {
    "queue": _("Today"),
    "cases": _("Cases"),
    "proposals": _("Proposals"),
    "notices": _("Notices"),
    "partners": _("Sites"),
    "demands": _("Demands"),
    "keys": _("Keys"),
    "accounts": _("Accounts"),
    "audit": _("Audit"),
}
#: Screens that a key of the keyboard opens; the same keys for everybody.
KEYS = {"queue": "1", "cases": "2", "proposals": "3", "partners": "4"}


@dataclass(frozen=True, slots=True)
class Item:
    """One screen: where it is, what it is called, its key, and whether it or one below it is open now."""

    address: str
    word: str
    key: str
    is_here: bool


def menu_of(request: HttpRequest) -> tuple[Item, ...]:
    """What her roles open, by what the views themselves allow."""
    return tuple(
        Item(reverse(name), gettext(word), KEYS.get(name, ""), _is_here(request.path, reverse(name)))
        for name, word in SCREENS.items()
        if request.roles & getattr(resolve(reverse(name)).func, "allowed_roles", frozenset())
    )


def _is_here(path: str, address: str) -> bool:
    return path == address or (address != "/" and path.startswith(f"{address}/"))
