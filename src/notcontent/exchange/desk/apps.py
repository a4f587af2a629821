"""How Django knows this app."""

from __future__ import annotations

import importlib

from django.apps import AppConfig


class Desk(AppConfig):
    """The app `desk`."""

    name = "notcontent.exchange.desk"
    label = "desk"

    def ready(self) -> None:
        """Make known what takes two people."""
        importlib.import_module("notcontent.exchange.partners.vetting")
