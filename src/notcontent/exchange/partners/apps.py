"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig

from notcontent.exchange.daily import Job, register


class Partners(AppConfig):
    """The app `partners`."""

    name = "notcontent.exchange.partners"
    label = "partners"

    def ready(self) -> None:
        """Have what sites saw in new places forgotten in time."""
        from notcontent.exchange.partners.again import forget_old  # noqa: PLC0415 - it needs the tables

        register(Job("what was seen in new places forgotten", forget_old))
