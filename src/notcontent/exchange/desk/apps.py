"""How Django knows this app."""

from __future__ import annotations

import importlib

from django.apps import AppConfig


class Desk(AppConfig):
    """The app `desk`."""

    name = "notcontent.exchange.desk"
    label = "desk"

    def ready(self) -> None:
        """Load the rooms whose acts two people do together; their models have to be there first."""
        for room in ("desk.contact", "desk.keys", "partners.vetting"):
            importlib.import_module(f"notcontent.exchange.{room}")
