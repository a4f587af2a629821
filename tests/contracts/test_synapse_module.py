"""What a Synapse with the module makes of an upload keeps the contract; it has one word for all that it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.contracts.door_contract import Said
from tests.contracts.host_contract import HostContract
from tests.doors.running_synapse import Account, Synapse
from tests.guard.running_guard import RunningGuard

pytestmark = pytest.mark.peer


class TestSynapseModule(HostContract):
    of_no_picture: ClassVar[Said] = Said.PASS
    of_unchecked: ClassVar[Said] = Said.STOP

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def synapses(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        """Those that run, by their guard and what becomes of a hold there, each with somebody who uploads."""
        cls.folders, cls.starting = tmp_path_factory, threading.Lock()
        cls.running: dict[tuple[str, str], Account] = {}
        yield
        for account in cls.running.values():
            account.server.stop()

    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        return self._ask(guard, upload, "stop")

    def ask_letting_holds_pass(self, guard: RunningGuard, upload: bytes) -> Said:
        return self._ask(guard, upload, "pass")

    def _ask(self, guard: RunningGuard, upload: bytes, when_held: str) -> Said:
        key = (guard.url, when_held)
        with self.starting:
            if key not in self.running:
                module = {
                    "guard": guard.url, "token": guard.token, "when_held": when_held, "when_unchecked": "stop",
                    "timeout_s": 3,
                }  # fmt: skip
                self.running[key] = Synapse(self.folders.mktemp("synapse"), module).start().account("mina")
        answer = self.running[key].upload(upload)
        assert answer.status_code in (200, 400), answer.text
        return Said.PASS if answer.status_code == 200 else Said.STOP
