"""How Django knows this app."""

from __future__ import annotations

from django.apps import AppConfig


class Evidence(AppConfig):
    """The app `evidence`. It is there at the desk, for commands and for the publisher, and on no other face."""

    name = "notcontent.exchange.evidence"
    label = "evidence"
