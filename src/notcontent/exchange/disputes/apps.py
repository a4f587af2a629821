"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Disputes(AppConfig):
    """The app `disputes`."""

    name = "notcontent.exchange.disputes"
    label = "disputes"
