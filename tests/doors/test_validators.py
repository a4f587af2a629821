"""The validators, each in a small site made with the real framework, against a real guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from notcontent.guard_client import GuardClient, Outcome, Rule
from tests.conftest import altered, generated_picture
from tests.doors.sites import SITES, Asking, Site, end_sites, start_django
from tests.guard.running_guard import RunningGuard, guard_of_two

CLAIMED, VERIFIED, OTHER = generated_picture(1), generated_picture(2), generated_picture(7)
#: Larger than what the frameworks keep in memory, so that a file on the disk is sent too.
LARGE = VERIFIED + bytes(3 << 20)
CLOSED = Rule(Outcome.STOP, Outcome.STOP, Outcome.STOP)


@pytest.fixture(autouse=True)
def end_what_was_started() -> Iterator[None]:
    yield
    end_sites()


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with guard_of_two(tmp_path_factory.mktemp("validators"), CLAIMED, VERIFIED) as running:
        yield running


@pytest.mark.parametrize("make", SITES)
def test_what_passes_is_stored_whole_and_what_is_listed_is_refused_in_calm_words(
    guard: RunningGuard, make: Callable[[GuardClient], Site]
) -> None:
    site = make(Asking(guard, CLOSED))
    assert site(OTHER) == (200, OTHER)
    for listed in (CLAIMED, VERIFIED, altered(VERIFIED, "mirrored"), LARGE):
        status, text = site(listed)
        assert status == 451 and b"This upload is held for a check" in text
    for unreadable in (OTHER[:3000], b"no picture"):
        status, text = site(unreadable)
        assert status == 400 and b"This is not a picture or video that can be taken here." in text


@pytest.mark.parametrize("make", SITES)
def test_whoever_uploads_reads_it_in_the_language_that_the_browser_asks_for(
    guard: RunningGuard, make: Callable[[GuardClient], Site]
) -> None:
    site = make(Asking(guard, CLOSED))
    for asked, held in (("de-AT,en;q=0.5", "Dieser Upload wird zur Prüfung"), ("zh-TW", "這份上傳正在等待審核")):
        status, text = site(VERIFIED, asked)
        assert status == 451 and held in text.decode()


@pytest.mark.parametrize("make", SITES)
def test_what_the_host_lets_pass_passes(guard: RunningGuard, make: Callable[[GuardClient], Site]) -> None:
    site = make(Asking(guard, Rule(Outcome.PASS, Outcome.PASS, Outcome.PASS)))
    for passed in (CLAIMED, OTHER[:3000], b"no picture"):
        assert site(passed) == (200, passed)
    assert site(VERIFIED)[0] == 451


@pytest.mark.parametrize("make", SITES)
def test_without_a_guard_the_host_does_what_it_said(guard: RunningGuard, make: Callable[[GuardClient], Site]) -> None:
    for rule, expected in ((CLOSED, 503), (Rule(Outcome.STOP, Outcome.PASS, Outcome.STOP), 200)):
        away = Asking(guard, rule)
        away._port, away.given["url"] = 1, "http://127.0.0.1:1"
        status, text = make(away)(OTHER)
        assert status == expected
        assert text == OTHER if expected == 200 else b"Please try again in a moment." in text


def test_django_names_what_is_missing_and_says_no_token(guard: RunningGuard) -> None:
    good = Asking(guard, CLOSED).given
    for wrong in ({}, {**good, "when_held": "allow"}, {**good, "when_helt": 1}, {**good, "url": "guard"}, None):
        _, said = start_django(wrong).communicate(timeout=60)
        assert "ImproperlyConfigured" in said and guard.token not in said


def test_a_migration_names_the_check_and_nothing_of_its_settings() -> None:
    from django.db.migrations.writer import MigrationWriter

    from notcontent.doors import django as door

    text, _ = MigrationWriter.serialize(door.check_upload)
    assert text == "notcontent.doors.django.check_upload"


def test_django_does_not_ask_again_about_what_is_stored() -> None:
    from notcontent.doors import django as door

    class Stored:
        _committed = True

    assert door.check_upload(Stored()) is None
