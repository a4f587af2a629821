"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig

from notcontent.exchange.daily import Job, register


class Cases(AppConfig):
    """The app `cases`."""

    name = "notcontent.exchange.cases"
    label = "cases"

    def ready(self) -> None:
        """Register what is done every day."""
        from notcontent.exchange.cases.replaying import drop_old_lines  # noqa: PLC0415 - models come before

        register(Job("old lines of the ledger dropped", drop_old_lines))
