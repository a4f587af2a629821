"""Kill -9 of exchange, guard or both at random moments: nothing acknowledged is lost or doubled.

A short drill runs in `make test`, a longer one in `make test-peers`.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from notcontent.cli.practice import Ports, Practice, Secrets
from notcontent.device.case import ExchangeError, PictureCode, VideoCode
from tests.conftest import Someone
from tests.journeys.people import Case, Platform, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(420)]


@dataclass
class Ledger:
    """What was acknowledged, and so must be true for ever after. `operations`: so many at least make a drill."""

    operations: int
    opened: dict[int, Case] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    maybe_withdrawn: set[int] = field(default_factory=set)
    held: list[str] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)

    def is_full(self) -> bool:
        """Whether enough happened for the drill to mean something."""
        tenth = self.operations // 10
        return len(self.opened) > tenth and len(self.withdrawn) > tenth // 4 and len(self.held) > tenth


@pytest.mark.parametrize(("operations", "kills"), [(12, 1), pytest.param(200, 6, marks=pytest.mark.peer)])
def test_nothing_acknowledged_is_lost_or_doubled(
    operations: int, kills: int, tmp_path: Path, codes: Callable[[bytes], PictureCode], picture: Callable[[int], bytes]
) -> None:
    dice = random.Random(20261122)
    pictures = [picture(seed) for seed in range(300, 300 + min(60, 2 * operations))]
    made = [codes(data) for data in pictures]
    ledger = Ledger(operations)
    practice = Practice(tmp_path, Ports.free(board=False), hit_delay_days=0)
    (tmp_path / "guard").mkdir()
    # The brake has tests of its own; here every matching upload should be held.
    (tmp_path / "guard" / "guard.toml").write_text(
        "holds_per_claim_an_hour = 1000\nclaims_hold_at_least_an_hour = 1000\n"
    )
    with practice:
        known = practice.start()
        # A daemon: where a restart fails, the test fails at once and nothing goes on knocking.
        driver = threading.Thread(target=_drive, args=(practice, known, dice, pictures, made, ledger), daemon=True)
        driver.start()
        killer = random.Random(7)
        for _ in range(kills):
            time.sleep(killer.uniform(1.0, 4.0))
            for name in killer.choice([["exchange"], ["guard"], ["exchange", "guard"]]):
                practice.kill(name)
            practice.restart_what_was_killed()
        driver.join(300)
        assert not driver.is_alive()
        _settle_and_check(practice, known, pictures, made, ledger)


def _drive(
    practice: Practice,
    known: Secrets,
    dice: random.Random,
    pictures: list[bytes],
    made: list[PictureCode],
    ledger: Ledger,
) -> None:
    platform = Platform(practice, known)
    done = 0
    # Ended by what was done, however long a machine takes for it: enough of each kind, and enough in all.
    while done < ledger.operations or not ledger.is_full():
        which = dice.randrange(len(pictures))
        kind = dice.choice(["open", "check", "check", "withdraw", "decide"])
        try:
            if kind == "open" and which not in ledger.opened:
                case = Case(practice, Someone.new().keys)
                code = made[which]
                # Every third is a video: its frames are what a turning picture would show.
                case.send(VideoCode(code.orientations) if which % 3 == 0 else code)
                ledger.opened[which] = case
            elif kind == "withdraw" and which in ledger.opened:
                ledger.maybe_withdrawn.add(which)
                ledger.opened[which].withdraw()
                ledger.withdrawn.add(which)
            elif kind == "check":
                verdict = platform.check(pictures[which])
                if verdict["verdict"] == "hold":
                    ledger.held.append(verdict["id"])
            elif kind == "decide" and ledger.held:
                upload = dice.choice(ledger.held)
                answer = platform.ask(
                    "POST", f"/v1/uploads/{upload}/decision", json={"decision": "block", "reason": "intimate"}
                )
                if answer.status_code == 200:
                    ledger.decided.append(upload)
            else:
                continue
            done += 1
        except (ExchangeError, httpx.HTTPError, AssertionError):
            time.sleep(0.05)  # the other side is down: what was not acknowledged may or may not have happened


def _settle_and_check(
    practice: Practice, known: Secrets, pictures: list[bytes], made: list[PictureCode], ledger: Ledger
) -> None:
    assert ledger.is_full(), "the drill must have happened"
    platform = Platform(practice, known)
    for which, case in ledger.opened.items():
        expected = "erased" if which in ledger.maybe_withdrawn else "listed"
        if which in ledger.maybe_withdrawn:
            case.withdraw()  # hers to repeat until it is acknowledged
        case.until_site(expected)
    for which, case in ledger.opened.items():
        found = platform.ask("POST", "/v1/match", json={"pdq": [made[which].orientations[0]]}).json()["results"][0][
            "total"
        ]
        assert found == (0 if which in ledger.maybe_withdrawn else 1), which
        assert (case.look().withdrawn is not None) == (which in ledger.maybe_withdrawn)

    with sqlite3.connect(f"file:{practice.folder / 'guard' / 'guard.db'}?mode=ro", uri=True) as guard:
        uploads = dict(guard.execute("SELECT id, state FROM uploads").fetchall())
        # The exchange ignores reports on entries that were withdrawn before they arrived.
        recorded = {
            report
            for (report,) in guard.execute(
                "SELECT report FROM matches WHERE entry NOT IN (SELECT entry FROM withdrawn)"
            )
        }
    for upload in ledger.held:
        assert upload in uploads
    for upload in ledger.decided:
        assert uploads[upload] == "blocked"

    def reports() -> list[tuple[str, str | None]]:
        with sqlite3.connect(f"file:{practice.folder / 'exchange' / 'exchange.sqlite3'}?mode=ro", uri=True) as exchange:
            return exchange.execute("SELECT report, decision FROM partners_report").fetchall()

    arrived = until(reports, lambda rows: recorded <= {report for report, _ in rows}, "every report to arrive")
    assert len(arrived) == len({report for report, _ in arrived})
