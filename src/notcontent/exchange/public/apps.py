"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig

from notcontent.exchange.daily import Job, register


class Public(AppConfig):
    """The app `public`."""

    name = "notcontent.exchange.public"
    label = "public"

    def ready(self) -> None:
        """Have months and quarters counted once they are over."""
        from notcontent.exchange.public.counting import count_months  # noqa: PLC0415 - it needs the tables
        from notcontent.exchange.public.notices import count_quarters  # noqa: PLC0415 - so does this

        register(Job("months counted", count_months))
        register(Job("quarters of notices counted", count_quarters))
