"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Letters(AppConfig):
    """The app `letters`."""

    name = "notcontent.exchange.letters"
    label = "letters"
