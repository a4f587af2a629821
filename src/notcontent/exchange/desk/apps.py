"""How Django knows this app."""

from __future__ import annotations

import importlib

from django.apps import AppConfig

from notcontent.exchange.daily import Job, register

#: Each makes known what two people do together, or what happens when somebody signs in.
ROOMS_WITH_ACTS = (
    "desk.claim_acts",
    "desk.joining",
    "desk.keeping",
    "desk.keys",
    "desk.sealed_contact",
    "desk.sessions",
    "evidence.exporting",
    "evidence.full_capture",
    "partners.vetting",
)


class Desk(AppConfig):
    """The app `desk`. It is there at the desk, for commands and for the publisher, and on no other face."""

    name = "notcontent.exchange.desk"
    label = "desk"

    def ready(self) -> None:
        """Load what needs the models of every app: acts of two people, and jobs of every day that are audited."""
        for room in ROOMS_WITH_ACTS:
            importlib.import_module(f"notcontent.exchange.{room}")
        from notcontent.exchange.desk.keeping import delete_and_audit  # noqa: PLC0415
        from notcontent.exchange.desk.sealed_contact import forget_with_cases  # noqa: PLC0415
        from notcontent.exchange.desk.two_people import forget_old_proposals  # noqa: PLC0415
        from notcontent.exchange.notices.following import find_silent_today  # noqa: PLC0415
        from notcontent.exchange.notices.keeping import forget_old_keys  # noqa: PLC0415
        from notcontent.exchange.partners.canaries import plant_where_none_are  # noqa: PLC0415
        from notcontent.exchange.partners.holds import narrow_where_holds_lie  # noqa: PLC0415

        register(Job("sites whose holds lie get less", narrow_where_holds_lie))
        register(Job("what was kept long enough deleted", delete_and_audit))
        register(Job("permits of forgotten cases forgotten", forget_with_cases))
        register(Job("old proposals forgotten", forget_old_proposals))
        register(Job("notices whose time is over noted", find_silent_today))
        register(Job("keys of notices that are over deleted", forget_old_keys))
        register(Job("canaries planted", plant_where_none_are))
