"""Sites made with each framework's validator keep the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from notcontent.guard_client import GuardClient, Outcome, Rule
from tests.contracts.door_contract import Said
from tests.contracts.host_contract import HostContract
from tests.doors import sites
from tests.doors.sites import Asking, Site
from tests.guard.running_guard import RunningGuard

pytestmark = pytest.mark.peer


class SiteContract(HostContract):
    """A site that stops what could not be checked, and what is no picture."""

    make: ClassVar[Callable[[GuardClient], Site]]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def sites(cls) -> Iterator[dict[tuple[str, Outcome], Site]]:
        """Those that run, by their guard and what becomes of a hold there."""
        cls.running: dict[tuple[str, Outcome], Site] = {}
        yield cls.running
        sites.end_sites()

    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        return self._ask(guard, upload, Outcome.STOP)

    def ask_letting_holds_pass(self, guard: RunningGuard, upload: bytes) -> Said:
        return self._ask(guard, upload, Outcome.PASS)

    def _ask(self, guard: RunningGuard, upload: bytes, when_held: Outcome) -> Said:
        key = (guard.url, when_held)
        if key not in self.running:
            self.running[key] = type(self).make(Asking(guard, Rule(when_held, Outcome.STOP, Outcome.STOP), 3.0))
        status, kept = self.running[key](upload)
        assert (kept == upload) == (status == 200) and status in (200, 400, 451, 503)
        return {200: Said.PASS, 451: Said.STOP}.get(status, Said.NOT_CHECKED)


class TestFastApi(SiteContract):
    make = staticmethod(sites.fastapi_site)


class TestStarlette(SiteContract):
    make = staticmethod(sites.starlette_site)


class TestFlask(SiteContract):
    make = staticmethod(sites.flask_site)


class TestDjango(SiteContract):
    make = staticmethod(sites.django_site)
