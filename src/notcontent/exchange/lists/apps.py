"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Lists(AppConfig):
    """The app `lists`."""

    name = "notcontent.exchange.lists"
    label = "lists"
