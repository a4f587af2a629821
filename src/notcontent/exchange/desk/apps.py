"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Desk(AppConfig):
    """The app `desk`."""

    name = "notcontent.exchange.desk"
    label = "desk"

    def ready(self) -> None:
        """Load the rooms whose acts two people do together."""
        from notcontent.exchange.desk import contact, keys  # noqa: PLC0415 - models have to be there first

        _ = contact, keys
