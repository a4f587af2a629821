"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Public(AppConfig):
    """The app `public`."""

    name = "notcontent.exchange.public"
    label = "public"
