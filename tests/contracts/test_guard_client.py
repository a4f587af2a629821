"""What a host hears that asks through the client keeps the contract."""

from __future__ import annotations

from notcontent import guard_client
from notcontent.guard_client import GuardClient, Outcome, Rule
from tests.contracts.door_contract import Said
from tests.contracts.test_http_door import TestHttpDoor as HttpDoor
from tests.guard.running_guard import RunningGuard


class TestGuardClient(HttpDoor):
    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        client = GuardClient(guard.url, guard.token, Rule(Outcome.STOP, Outcome.STOP, Outcome.STOP))
        answer = client.check(upload)
        if answer.error:
            assert answer.outcome is Outcome.STOP and not answer.upload and answer.uploader_text
            return Said.NOT_CHECKED
        assert answer.said is not guard_client.Said.UNCHECKED
        return Said(answer.outcome)
