"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig

from notcontent.exchange.daily import Job, register


class Lists(AppConfig):
    """The app `lists`."""

    name = "notcontent.exchange.lists"
    label = "lists"

    def ready(self) -> None:
        """Register what is done every day."""
        from notcontent.exchange.lists.measuring import measure_tables  # noqa: PLC0415 - as the other apps do it

        register(Job("tables measured for the planner", measure_tables))
