"""The helpline's tutorial and its drill of backups, carried out as they are printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from notcontent.cli.practice import Ports
from tests.journeys.day_one import ANSWER, DOCS, DayOne, Helpline
from tests.journeys.test_tutorial import BLOCK

#: Three browsers and every command twice over: too long for `make test`.
pytestmark = pytest.mark.peer


@pytest.fixture
def helpline(tmp_path: Path) -> Iterator[Helpline]:
    # Step 1: what it installs is what the tests run with.
    (tmp_path / "venv").symlink_to(sys.prefix)
    typing = Helpline(tmp_path, Ports.free(board=False))
    yield typing
    for process in reversed(typing.started):
        process.terminate()
        process.communicate(timeout=60)


def test_day_one_leads_from_nothing_to_a_decision_and_a_backup_that_comes_back(
    helpline: Helpline, browser: Browser
) -> None:
    day = DayOne(browser, helpline, lambda page, name: None)
    walk, sam = day.live()
    walk.come_back(" ".join(walk.words))
    expect(walk.page.get_by_text(ANSWER)).to_be_visible()
    assert walk.problems == []
    expect(day.at(sam, "/audit/verify").get_by_role("heading", name="The audit holds")).to_be_visible()
    (_, verify), (_, backup) = BLOCK.findall((DOCS / "day-one.md").read_text())[-2:]
    assert "holds" in helpline.carry_out(verify)
    helpline.carry_out(backup)
    said = helpline.follow("backups.md")
    assert not (helpline.folder / "tried").exists(), said
    assert (helpline.folder / "monday.backup").exists()
