"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Desk(AppConfig):
    """The app `desk`."""

    name = "notcontent.exchange.desk"
    label = "desk"

    def ready(self) -> None:
        """Load what registers itself: acts for two people, what happens when somebody signs in."""
        from notcontent.exchange.desk import joining, sealed_contact, sessions  # noqa: F401, PLC0415
