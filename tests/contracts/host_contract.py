"""What a door keeps that works inside of a host's own program and asks a guard over the network."""

from __future__ import annotations

import threading

from tests.contracts.door_contract import DoorContract, Said
from tests.guard.running_guard import RunningGuard


class HostContract(DoorContract):
    """Clients are the host's: how slow they may be is its server's matter. A guard may be slow, or gone."""

    def test_while_the_guard_restarts_nothing_listed_passes_and_the_same_upload_is_judged_after_it(
        self, guard: RunningGuard, listed: tuple[str, bytes]
    ) -> None:
        over, said = threading.Event(), [self.ask(guard, listed[1])]

        def keep_asking() -> None:
            while not over.is_set():
                said.append(self.ask(guard, listed[1]))

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            assert guard.stop() == 0
            guard.start()
        finally:
            over.set()
            asking.join(60)
        assert set(said) <= {Said.STOP, self.of_unchecked} and said[0] is Said.STOP
        assert self.ask(guard, listed[1]) is Said.STOP

    def test_a_guard_that_falls_silent_is_given_up_and_asked_again_when_it_speaks(
        self, guard: RunningGuard, listed: tuple[str, bytes]
    ) -> None:
        with guard.silent():
            assert self.ask(guard, listed[1]) is self.of_unchecked
        assert self.ask(guard, listed[1]) is Said.STOP
