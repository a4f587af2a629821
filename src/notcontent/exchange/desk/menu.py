"""The desk's menu: the screens that whoever is signed in may open, in the order of a day's work."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SCREENS = {
    "cases": _("Cases"),
    "claims": _("Claims"),
    "proposals": _("Proposals"),
    "partners": _("Sites"),
    "keys": _("Keys"),
    "accounts": _("Accounts"),
    "audit": _("Audit"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One screen: where it is, what it is called, and whether it or one below it is open now."""

    address: str
    word: str
    is_here: bool


def menu_of(request: HttpRequest) -> tuple[Item, ...]:
    """What her roles open, by what the views themselves allow."""
    return tuple(
        Item(reverse(name), gettext(word), _is_here(request.path, reverse(name)))
        for name, word in SCREENS.items()
        if request.roles & getattr(resolve(reverse(name)).func, "allowed_roles", frozenset())
    )


def _is_here(path: str, address: str) -> bool:
    return path == address or path.startswith("/cases/" if address == "/" else f"{address}/")
