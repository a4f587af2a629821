"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig

from notcontent.exchange.daily import Job, register


class Partners(AppConfig):
    """The app `partners`."""

    name = "notcontent.exchange.partners"
    label = "partners"

    def ready(self) -> None:
        """Register what is done every day; models come before."""
        from notcontent.exchange.partners.canaries import plant_where_none_are  # noqa: PLC0415
        from notcontent.exchange.partners.holds import narrow_where_holds_lie  # noqa: PLC0415

        register(Job("sites whose holds lie get less", narrow_where_holds_lie))
        register(Job("canaries planted", plant_where_none_are))
