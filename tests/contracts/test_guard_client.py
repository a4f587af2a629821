"""What a host hears that asks through the client keeps the contract."""

from __future__ import annotations

from notcontent import guard_client
from notcontent.guard_client import GuardClient, Outcome, Rule
from tests.contracts.door_contract import Said
from tests.contracts.host_contract import HostContract
from tests.guard.running_guard import RunningGuard


class TestGuardClient(HostContract):
    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        return asked(guard, upload, Outcome.STOP)

    def ask_letting_holds_pass(self, guard: RunningGuard, upload: bytes) -> Said:
        return asked(guard, upload, Outcome.PASS)


def asked(guard: RunningGuard, upload: bytes, when_held: Outcome) -> Said:
    client = GuardClient(guard.url, guard.token, Rule(when_held, Outcome.STOP, Outcome.STOP), timeout_s=3)
    answer = client.check(upload)
    if answer.error:
        assert answer.outcome is Outcome.STOP and not answer.upload and answer.uploader_text
        return Said.NOT_CHECKED
    assert answer.said is not guard_client.Said.UNCHECKED
    return Said(answer.outcome)
