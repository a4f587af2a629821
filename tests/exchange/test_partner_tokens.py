"""Tokens that end, are renewed and revoked; suspended partners; signed requests: the partners' face in this process."""

from __future__ import annotations

import importlib
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notcontent.exchange.errors import Refused
from notcontent.exchange.folder import Folder
from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt
from notcontent.feed.signature import SigningKey
from notcontent.feed.signed_request import sign_request
from tests.exchange.test_publisher import TODAY

WHY = {"actor": "mira", "reason": "a test of tokens", "today": TODAY}


class Site:
    """A platform with a token and a guard's key, which asks the partners' face."""

    def __init__(self, client: str = "guard", name: str = "Board") -> None:
        from notcontent.exchange.partners.joining import add_partner

        today = datetime.now(UTC).date()
        joined = add_partner(name=name, country="zz", site="", proves_forgetting=True, today=today, client=client)
        self.id, self.feed, self.token = joined.partner, joined.feed, joined.token
        self.key = SigningKey.generate()
        self.signs = False
        self.now = datetime.now(UTC)

    @property
    def stream(self) -> Any:
        from notcontent.exchange.partners.models import Stream

        return Stream.objects.get(feed=self.feed)

    def ask(self, method: str, target: str, body: object = None, nonce: str | None = None) -> tuple[int, Any]:
        from django.test import Client

        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.signs:
            headers |= sign_request(
                self.key, method=method, target=target, authorization=headers["Authorization"], body=data,
                nonce=nonce or secrets.token_urlsafe(16), now=self.now,
            )  # fmt: skip
        sending = {"data": data, "content_type": "application/json"} if method == "POST" else {}
        answer = getattr(Client(), method.lower())(target, headers=headers, **sending)
        return answer.status_code, answer.json()

    def keys(self) -> tuple[int, str]:
        status, answer = self.ask("GET", "/v1/feed/keys")
        return status, answer["error"]["code"] if "error" in answer else ""

    def renew(self) -> dict[str, Any]:
        status, answer = self.ask("POST", "/v1/token/renew", {})
        assert status == 200, answer
        return dict(answer)

    def register(self) -> int:
        return self.ask("POST", "/v1/guards", {"public_key": self.key.public.text})[0]

    def expires(self, days: int) -> None:
        """Its token ends in so many days."""
        from notcontent.exchange.partners.mark import say_that_partners_changed

        self.stream.tokens.update(expires=datetime.now(UTC).date() + timedelta(days=days))
        say_that_partners_changed()


@pytest.fixture
def site(tables: Folder) -> Iterator[Site]:
    """A partner, and the face it asks on the tables of this process."""
    from django.test.utils import override_settings

    settings = importlib.import_module("notcontent.exchange.settings.partners")
    names = [name for name in vars(settings) if name.isupper() and name not in ("DATABASES", "FOLDER", "PROFILE")]
    with override_settings(**{name: getattr(settings, name) for name in names} | {"INSTALLED_APPS": _all_apps()}):
        yield Site()


def _all_apps() -> list[str]:
    from notcontent.exchange.settings import everywhere

    return everywhere.INSTALLED_APPS


def test_a_token_lives_for_90_days_and_is_renewed_in_its_last_30(site: Site) -> None:
    today = datetime.now(UTC).date()
    assert site.renew() == {"token": None, "expires": (today + timedelta(days=90)).isoformat()}
    site.expires(31)
    assert site.renew()["token"] is None
    site.expires(30)
    first = site.renew()["token"]
    second = site.renew()["token"]
    assert first != second and site.keys() == (200, "")
    old, site.token = site.token, first
    assert site.keys() == (401, "unauthorized"), "the answer that held it was lost, so the second one counts"
    site.token = second
    assert site.keys() == (200, "")
    ends = {token.token_sha256: token.expires for token in site.stream.tokens.all()}
    assert sorted(ends.values()) == [today + timedelta(days=7), today + timedelta(days=90)], "the old one for a week"
    site.token = old
    assert site.keys() == (200, "")
    status, answer = site.ask("POST", "/v1/token/renew", {})
    assert (status, answer["error"]["code"]) == (409, "conflict"), "whoever stole it gets no other for it"
    assert site.stream.tokens.exclude(shown_late=None).count() == 1
    assert site.ask("POST", "/v1/token/renew", {"days": 400})[0] == 400


def test_a_revoked_token_ends_at_once_and_what_was_given_for_it_too(site: Site) -> None:
    from notcontent.exchange.partners.changing import give_token, revoke

    site.expires(10)
    unused, old = site.renew()["token"], site.token
    assert site.keys() == (200, "")
    (other,) = give_token(site.id, **WHY)
    assert revoke(site.id, "nonsense", **WHY) == 0
    assert revoke(site.id, "all", **WHY) == 2
    for token in (old, unused, other):
        site.token = token
        assert site.keys() == (401, "unauthorized")


def test_one_token_of_several_is_revoked_by_its_name(site: Site) -> None:
    from notcontent.exchange.partners.changing import give_token, revoke
    from notcontent.exchange.partners.tokens import hash_token

    (other,) = give_token(site.id, **WHY)
    assert revoke(site.id, hash_token(site.token)[:8], **WHY) == 1
    assert site.keys() == (401, "unauthorized")
    site.token = other
    assert site.keys() == (200, "")


def test_a_suspended_partner_gets_a_calm_no_and_its_receipts_are_still_taken(site: Site) -> None:
    from notcontent.exchange.partners.changing import resume, suspend

    site.register()
    assert site.keys() == (200, "")
    suspend(site.id, **WHY)
    status, answer = site.ask("GET", "/v1/feed/poll?epoch=1&after=0")
    assert (status, answer["error"]["code"]) == (403, "suspended") and "Speak with the helpline" in answer["error"][
        "do"
    ]
    assert site.ask("POST", "/v1/reports", {"reports": []})[0] == 403
    assert site.ask("POST", "/v1/token/renew", {})[0] == 403
    signed = site.key.sign(
        format_receipt(Receipt(site.feed, "0" * 32, ReceiptState.ERASED, 1, 1, datetime.now(UTC)))
    ).to_json()
    assert site.ask("POST", "/v1/receipts", {"receipts": [signed]})[0] == 200
    resume(site.id, **WHY)
    assert site.keys() == (200, "")


def test_who_need_not_sign_goes_on_without_and_is_seen_to_sign_once_he_does(site: Site) -> None:
    site.register()
    assert site.keys() == (200, "") and site.stream.signed is None
    site.signs = True
    site.now -= timedelta(hours=2)
    assert site.keys() == (200, "") and site.stream.signed is None, "a wrong clock stops nobody who need not sign"
    site.now = datetime.now(UTC)
    assert site.keys() == (200, "") and site.stream.signed == datetime.now(UTC).date()


def test_where_signatures_are_demanded_a_stolen_token_opens_nothing(site: Site) -> None:
    from notcontent.exchange.partners.changing import demand_signatures

    site.register()
    site.signs = True
    demand_signatures(site.id, True, **WHY)
    assert site.keys() == (200, "")
    assert site.ask("POST", "/v1/reports", {"reports": []})[0] == 200
    thief = SigningKey.generate()
    own, site.key = site.key, thief
    assert site.keys() == (401, "unsigned")
    site.key, site.signs = own, False
    assert site.keys() == (401, "unsigned")
    assert site.ask("POST", "/v1/token/renew", {})[0] == 401
    site.signs, site.now = True, datetime.now(UTC) - timedelta(minutes=6)
    assert site.keys() == (401, "unsigned")


def test_a_signed_request_that_writes_counts_once(site: Site) -> None:
    from notcontent.exchange.partners.changing import demand_signatures
    from notcontent.exchange.partners.models import SeenRequest

    site.register()
    site.signs = True
    demand_signatures(site.id, True, **WHY)
    SeenRequest.objects.create(digest="0" * 64, made=int(site.now.timestamp()) - 3600)
    assert site.ask("POST", "/v1/reports", {"reports": []}, nonce="one")[0] == 200
    status, answer = site.ask("POST", "/v1/reports", {"reports": []}, nonce="one")
    assert (status, answer["error"]["code"]) == (401, "unsigned")
    assert site.ask("POST", "/v1/reports", {"reports": []}, nonce="two")[0] == 200
    assert SeenRequest.objects.count() == 2, "those that are too old to come again are forgotten"


def test_a_guard_registers_with_the_key_that_signs_and_another_once_that_was_forgotten(
    site: Site,
) -> None:
    from notcontent.exchange.partners.changing import demand_signatures, forget_guard_key

    demand_signatures(site.id, True, **WHY)
    assert site.keys() == (401, "unsigned") and site.register() == 401
    site.signs = True
    assert site.keys() == (401, "unsigned"), "no key is known yet"
    assert site.register() == 200 and site.keys() == (200, "")
    site.key = SigningKey.generate()
    assert site.register() == 401
    forget_guard_key(site.id, **WHY)
    assert site.register() == 200 and site.keys() == (200, "")


@pytest.mark.parametrize("client", ["tx", "stopncii"])
def test_programs_that_are_no_guard_are_never_asked_to_sign(site: Site, client: str) -> None:
    from notcontent.exchange.partners.changing import demand_signatures
    from notcontent.exchange.partners.errors import NotForThisClient

    other = Site(client, client)
    with pytest.raises(NotForThisClient):
        demand_signatures(other.id, True, **WHY)
    assert not other.stream.demands_signatures


def test_every_change_is_in_the_audit_with_its_reason_and_none_without(site: Site) -> None:
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.desk.two_people import ReasonMissing
    from notcontent.exchange.partners import changing

    acts = [changing.suspend, changing.resume, changing.narrow, changing.widen, changing.forget_guard_key]
    for act in acts:
        with pytest.raises(ReasonMissing):
            act(site.id, actor="mira", reason="  ", today=TODAY)
    assert AuditRow.objects.count() == 0 and site.stream.partner.suspended is None
    for act in acts:
        act(site.id, **WHY)
    rows = list(AuditRow.objects.order_by("number").values_list("action", "subject", "reason"))
    assert len(rows) == 5 and {row[1:] for row in rows} == {(site.id, "a test of tokens")}
    assert not any(site.token in str(row) for row in rows)


def test_renewing_asks_no_clock_of_its_own(site: Site) -> None:
    from notcontent.exchange.partners.renewing import renew_token
    from notcontent.exchange.partners.tokens import hash_token

    digest = hash_token(site.token)
    day = site.stream.tokens.get().expires - timedelta(days=1)
    renewed = renew_token(digest, day)
    assert renewed.token is not None and renewed.expires == day + timedelta(days=90)
    site.stream.tokens.filter(replaces=digest).update(taken=True)
    with pytest.raises(Refused):
        renew_token(digest, day)


def test_what_has_to_be_looked_up_soon_is_looked_up_together_and_revoked_ones_are_not_forgotten(site: Site) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from notcontent.exchange.partners.models import Token
    from notcontent.exchange.partners.tokens import REMEMBER_S, Tokens, hash_token

    digests = [hash_token(one.token) for one in (site, Site(name="Second"), Site(name="Third"))]
    tokens = Tokens(lambda: 0.0, site.now.date, lambda: 1)
    for digest in digests:
        assert tokens._look_up(digest, 0.0, 1) is not None
    Token.objects.filter(token_sha256=digests[2]).update(revoked=True)
    with CaptureQueriesContext(connection) as queries:
        found = [tokens._look_up(digest, REMEMBER_S + 1, 1) for digest in digests]
    assert [None if bearer is None else bearer.digest for bearer in found] == [*digests[:2], None]
    assert len(queries) == 2, "one for those that are there, and one for the one that is not"
