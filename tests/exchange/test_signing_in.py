"""Invitation, password, second factor, slow guessing and short sessions, asked in this process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest

from tests.exchange.desk_people import TODAY, SignIn, open_account

LONG = "three herons on a wet roof"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the clock of sessions and codes on."""
    from django.utils import timezone

    now = [NOON]
    monkeypatch.setattr(timezone, "now", lambda: now[0])

    def move(on: timedelta) -> None:
        now[0] += on

    return move


@pytest.fixture
def real(desk: SignIn, clock: object) -> Iterator[None]:
    """A desk that is not for practice."""
    from django.conf import settings
    from django.test.utils import override_settings

    with override_settings(PROFILE=replace(settings.PROFILE, practice=False)):
        yield


@contextmanager
def browser() -> Iterator[Any]:
    """A browser of its own."""
    from django.test import Client

    yield Client()


def invite(name: str, *roles: Any) -> str:
    from notcontent.exchange.desk.invitations import invite
    from notcontent.exchange.desk.roles import COMMAND_LINE

    return invite(open_account(name, *roles), actor=COMMAND_LINE, now=NOON)


def accept(client: Any, code: str, password: str = LONG, again: str | None = None) -> Any:
    form = {"code": code, "password": password, "again": password if again is None else again}
    return client.post("/invitation", form)


def set_up(client: Any, **more: str) -> tuple[str, list[str]]:
    """Set up a second factor; its secret and the recovery codes."""
    secret = secret_on(client.get("/account/second-factor").text)
    answer = client.post("/account/second-factor", {"code": code_of(secret)} | more)
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", answer.text)


def secret_on(page: str) -> str:
    found = re.search(r'class="code">([A-Z2-7]{32})<', page)
    assert found is not None
    return found[1]


def code_of(secret: str) -> str:
    from django.utils import timezone

    return pyotp.TOTP(secret).at(timezone.now())


def sign_in(client: Any, name: str, password: str = LONG, code: str | None = None) -> Any:
    answer = client.post("/sign-in", {"username": name, "password": password})
    if code is None or answer.status_code != 302:
        return answer
    return client.post("/sign-in/second", {"code": code})


def is_in(client: Any) -> bool:
    return bool(client.get("/account").status_code == 200)


def test_an_invitation_leads_to_a_password_a_second_factor_and_the_desk(real: None) -> None:
    from notcontent.exchange.desk.roles import Role

    code = invite("mira", Role.DESK)
    with browser() as client:
        page = client.post("/invitation", {"code": code}).text
        assert 'value="mira"' in page and "Choose your password" in page
        assert accept(client, code)["location"] == "/account/second-factor"
        assert client.get("/")["location"] == "/account/second-factor", "nothing opens before the second factor is set"
        _, recovery = set_up(client)
        assert len(recovery) == 10 and client.get("/").status_code == 200
    with browser() as other:
        assert sign_in(other, "mira")["location"] == "/sign-in/second" and not is_in(other)
        assert other.post("/sign-in/second", {"code": "000000"}).status_code == 200 and not is_in(other)
        assert other.post("/sign-in/second", {"code": recovery[0].upper()}).status_code == 302 and is_in(other)
    with browser() as third:
        sign_in(third, "mira", code=recovery[0])
        assert not is_in(third), "a recovery code is good once"


def test_an_invitation_is_good_once_and_for_three_days(real: None, clock: Callable[[timedelta], None]) -> None:
    from notcontent.exchange.desk.roles import Role

    code = invite("mira", Role.DESK)
    with browser() as client:
        for wrong in ("", "x", code[:-1]):
            assert "Ask for another" in client.post("/invitation", {"code": wrong}).text
        assert "differ" in accept(client, code, again="something else").text
        for weak in ("short", "password1234", "123456789012345", "mira"):
            assert accept(client, code, weak).status_code == 200
        assert accept(client, code).status_code == 302
    with browser() as other:
        assert "Ask for another" in accept(other, code, "another long password").text
        late = invite("noor", Role.DESK)
        clock(timedelta(days=3, seconds=1))
        assert "Ask for another" in accept(other, late).text


def test_inviting_anew_ends_what_was_there_before(real: None) -> None:
    from notcontent.exchange.desk.roles import Role

    with browser() as client:
        accept(client, invite("mira", Role.DESK))
        set_up(client)
        assert is_in(client)
        code = invite("mira")
        assert not is_in(client) and "go together" in told(sign_in(client, "mira"))
        accept(client, code)
        assert not is_in(client), "the second factor is to be set up anew"


def told(answer: Any) -> str:
    return str(answer.text).replace("&#x27;", "'")


def test_a_code_is_good_once_and_for_a_minute(real: None, clock: Callable[[timedelta], None]) -> None:
    from notcontent.exchange.desk.roles import Role

    with browser() as client:
        accept(client, invite("mira", Role.DESK))
        secret, _ = set_up(client)
    used = code_of(secret)
    with browser() as other:
        sign_in(other, "mira", code=used)
        assert not is_in(other), "it was used to set up"
        clock(timedelta(seconds=30))
        fresh = code_of(secret)
        clock(timedelta(seconds=60))
        sign_in(other, "mira", code=fresh)
        assert not is_in(other), "it is too old"
        clock(timedelta(seconds=30))
        seen = code_of(secret)
        sign_in(other, "mira", code=seen)
        assert is_in(other)
    with browser() as thief:
        sign_in(thief, "mira", code=seen)
        assert not is_in(thief), "whoever looked over her shoulder comes too late"


def test_sessions_end_after_half_an_hour_idle_and_eight_hours_in_any_case(
    desk: SignIn, clock: Callable[[timedelta], None]
) -> None:
    from notcontent.exchange.desk.roles import Role

    mira = desk("mira", Role.DESK)
    clock(timedelta(minutes=29))
    assert is_in(mira)
    clock(timedelta(minutes=31))
    assert mira.get("/")["location"].startswith("/sign-in")
    noor = desk("noor", Role.DESK)
    for _ in range(16):
        clock(timedelta(minutes=29, seconds=59))
        assert is_in(noor)
    clock(timedelta(minutes=1))
    assert not is_in(noor)


def test_changing_the_password_or_the_second_factor_ends_every_other_session(real: None) -> None:
    from notcontent.exchange.desk.roles import Role

    with browser() as here, browser() as there:
        accept(here, invite("mira", Role.DESK))
        _, recovery = set_up(here)
        sign_in(there, "mira", code=recovery[1])
        assert is_in(there)
        new = {"password": LONG, "new": LONG + " too", "again": LONG + " too"}
        assert here.post("/account/password", new | {"password": "wrong"}).status_code == 422 and is_in(there)
        assert here.post("/account/password", new).status_code == 200
        assert is_in(here) and not is_in(there)
        sign_in(there, "mira", LONG + " too", recovery[2])
        assert is_in(there)
        here.post("/account/second-factor", {"code": code_of(secret_on(here.get("/account/second-factor").text))})
        assert is_in(there), "without the password nothing was changed"
        set_up(here, password=LONG + " too")
        assert is_in(here) and not is_in(there)
        sign_in(there, "mira", LONG + " too", recovery[3])
        assert not is_in(there), "recovery codes are made anew with the second factor"


def test_signing_out_everywhere_leaves_this_session_alone(desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role

    here, there = desk("mira", Role.DESK), desk("mira")
    assert here.post("/account/sign-out-everywhere").status_code == 200
    assert is_in(here) and not is_in(there)


def test_a_closed_account_is_out_at_once_and_the_last_lead_stays(desk: SignIn) -> None:
    from notcontent.exchange.desk.accounts import close_account, find_account, take_role
    from notcontent.exchange.desk.errors import LastLead
    from notcontent.exchange.desk.roles import Role, roles_of

    mira, noor = desk("mira", Role.LEAD), desk("noor", Role.LEAD)
    close_account(find_account("noor"), actor="mira", reason="she left", today=TODAY)
    assert is_in(mira) and not is_in(noor) and not roles_of("noor")
    for leave in (
        lambda: close_account(find_account("mira"), actor="mira", reason="she left", today=TODAY),
        lambda: take_role(find_account("mira"), Role.LEAD, actor="mira", reason="she left", today=TODAY),
    ):
        with pytest.raises(LastLead):
            leave()
    assert roles_of("mira") == {Role.LEAD}


def test_guessing_gets_slower_and_never_locks_her_out(real: None, clock: Callable[[timedelta], None]) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.throttle import BY_NAME

    with browser() as known, browser() as guesser, browser() as new:
        accept(known, invite("mira", Role.DESK))
        secret, _ = set_up(known)
        known.post("/sign-out")
        for _ in range(BY_NAME.free_tries):
            assert "go together" in told(sign_in(guesser, "mira", "wrong"))
        assert "Too many wrong tries" in told(sign_in(guesser, "Mira", "wrong")), "a name is one name in any case"
        assert "Too many wrong tries" in told(sign_in(new, "mira")), "from a browser nobody knows the name has to wait"
        clock(timedelta(minutes=1))
        sign_in(known, "mira", code=code_of(secret))
        assert is_in(known), "the browser she has used before does not wait for strangers"
        sign_in(new, "mira")
        assert "second" in new.get("/sign-in/second").wsgi_request.path, "after the wait she gets in elsewhere too"
        assert accept(guesser, invite("noor", Role.DESK)).status_code == 302, "nor does an invitation wait"


def test_codes_can_not_be_guessed_by_many_browsers_at_once(real: None) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.throttle import BY_NAME

    with browser() as client:
        accept(client, invite("mira", Role.DESK))
        set_up(client)
    answers = []
    for _ in range(BY_NAME.free_tries + 1):
        with browser() as guesser:
            answers.append(told(sign_in(guesser, "mira", code="123456")))
    assert "Too many wrong tries" in answers[-1] and "Too many wrong tries" not in answers[-2]


def test_waiting_grows_to_five_minutes_survives_a_restart_and_is_forgotten(tables: object) -> None:
    from django.db import connections

    from notcontent.exchange.desk.errors import TooManyTries
    from notcontent.exchange.desk.models import Tries
    from notcontent.exchange.desk.throttle import BY_NAME, begin_try, forgive

    now = NOON
    for _ in range(12):
        begin_try("password", "mira", None, now)
        now += timedelta(seconds=BY_NAME.longest_wait_s)
    begin_try("password", "mira", None, now)
    connections.close_all()
    with pytest.raises(TooManyTries, match="Wait 300 seconds"):
        begin_try("password", "mira", None, now + timedelta(seconds=1))
    with pytest.raises(TooManyTries, match="Wait 301 seconds"):
        begin_try("password", "mira", None, now - timedelta(days=400))
    begin_try("password", "noor", None, now + timedelta(seconds=1))
    right = begin_try("password", "mira", None, now + timedelta(seconds=301))
    forgive(right)
    begin_try("password", "mira", None, now + timedelta(seconds=302))
    assert "mira" not in "".join(Tries.objects.values_list("keyed_hash", flat=True))
    begin_try("password", "ines", None, now + timedelta(hours=2))
    assert Tries.objects.count() == 2, "what is an hour old is forgotten"


def test_strangers_together_are_slowed_down_a_little(tables: object) -> None:
    from notcontent.exchange.desk.errors import TooManyTries
    from notcontent.exchange.desk.throttle import OVERALL, begin_try

    for number in range(OVERALL.free_tries + 10):
        begin_try("password", f"name-{number}", None, NOON + timedelta(seconds=6 * number))
    at = NOON + timedelta(seconds=6 * (OVERALL.free_tries + 9))
    with pytest.raises(TooManyTries, match=r"Wait [1-5] seconds"):
        begin_try("password", "another", None, at + timedelta(seconds=1))
    begin_try("password", "another", None, at + timedelta(seconds=6))
    begin_try("password", "another", "a known browser", at + timedelta(seconds=6))


def test_a_copy_of_the_database_opens_nothing(real: None) -> None:
    from django.contrib.sessions.models import Session

    from notcontent.exchange.desk.models import Account, RecoveryCode
    from notcontent.exchange.desk.roles import Role

    with browser() as client:
        code = invite("mira", Role.DESK)
        stored = Account.objects.get().invitation
        assert code not in stored
        accept(client, code)
        secret, recovery = set_up(client)
        account = Account.objects.get()
        kept = f"{account.totp_salt} {list(RecoveryCode.objects.values_list('keyed_hash', flat=True))}"
        kept += str(list(Session.objects.values()))
        assert secret not in kept and not any(one.replace("-", "") in kept for one in recovery)
        cookie = client.cookies["desk"].value
        assert cookie not in kept
        with browser() as thief:
            for row in Session.objects.all():
                thief.cookies["desk"] = row.session_key
                assert not is_in(thief)


def test_a_link_to_elsewhere_is_not_followed_after_signing_in(desk: SignIn) -> None:
    from notcontent.exchange.desk.accounts import set_practice_password
    from notcontent.exchange.desk.roles import Role

    password = set_practice_password(open_account("mira", Role.AUDITOR))
    for after, leads_to in (
        ("https://evil.example/", "/audit"),
        ("//evil.example", "/audit"),
        ("/account", "/account"),
    ):
        with browser() as client:
            form = {"username": "mira", "password": password, "next": after}
            assert client.post("/sign-in", form)["location"] == leads_to
