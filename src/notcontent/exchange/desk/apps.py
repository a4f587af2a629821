"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Desk(AppConfig):
    """The app `desk`."""

    name = "notcontent.exchange.desk"
    label = "desk"
