"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Cases(AppConfig):
    """The app `cases`."""

    name = "notcontent.exchange.cases"
    label = "cases"
