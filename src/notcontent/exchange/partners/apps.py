"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Partners(AppConfig):
    """The app `partners`."""

    name = "notcontent.exchange.partners"
    label = "partners"
