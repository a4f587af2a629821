"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Notices(AppConfig):
    """The app `notices`: its tables are there on every face, since she sees how far a notice has come."""

    name = "notcontent.exchange.notices"
    label = "notices"
