"""Who may open what: the cast by every route of the three faces, read from the URL maps.

A new route fails here until somebody writes down who it is for.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.exchange.desk_people import TODAY, face, open_account
from tests.exchange.test_faces import example_of, patterns

CAST = ("Mina", "Desk", "Lead", "Auditor", "Operator", "Partner", "Stranger", "Censor")
EVERYBODY = frozenset(CAST)
ANY_ROLE = frozenset({"Desk", "Lead", "Auditor", "Operator"})
WORKERS = frozenset({"Desk", "Lead"})
LEADS = frozenset({"Lead"})
KEEPERS = frozenset({"Lead", "Operator"})
AUDITORS = frozenset({"Auditor", "Lead"})
NOBODY: frozenset[str] = frozenset()
HERS = frozenset({"Mina"})
PARTNERS = frozenset({"Partner"})

RULES: dict[str, dict[str, frozenset[str]]] = {
    "person": {
        "": EVERYBODY,
        "page/<str:name>": EVERYBODY,
        "words/<str:language>": EVERYBODY,
        "texts/<language:tag>": EVERYBODY,
        "openapi.json": EVERYBODY,
        "v1/site": EVERYBODY,
        "v1/work": EVERYBODY,
        "v1/cases": EVERYBODY,
        "v1/cases/look": HERS,
        "v1/cases/keep": HERS,
        "v1/cases/withdraw": HERS,
        "v1/cases/answer": HERS,
        "plain/": EVERYBODY,
        "numbers": EVERYBODY,
        "v1/numbers": EVERYBODY,
        "root-key": EVERYBODY,
        "v1/root-key": EVERYBODY,
        "root-key/feed-keys.txt": EVERYBODY,
        "root-key/feed-keys.txt.minisig": EVERYBODY,
        # Forms; what they send is asked for her words as the routes above ask for her keys (test_plain_pages.py).
        "plain/look": EVERYBODY,
        "plain/withdraw": EVERYBODY,
        "plain/send": EVERYBODY,
        "kit/<language:tag>": EVERYBODY,
        "kit/<language:tag>.minisig": EVERYBODY,
        "<language:tag>": EVERYBODY,
    },
    "partners": {
        "openapi.json": EVERYBODY,
        "v1/feed/keys": PARTNERS,
        "v1/feed/poll": PARTNERS,
        r"^v1/feed/snapshots/(?P<name>[0-9]+-[0-9]+)\.minisig\Z": PARTNERS,
        "v1/feed/snapshots/<str:name>": PARTNERS,
        "v1/guards": PARTNERS,
        "v1/token/renew": PARTNERS,
        "v1/disputes": PARTNERS,
        "v1/receipts": PARTNERS,
        "v1/reports": PARTNERS,
        "stopncii/v1/FetchHashes": PARTNERS,
        "stopncii/v1/SubmitFeedback": PARTNERS,
    },
    "desk": {
        "sign-in": EVERYBODY,
        "sign-in/second": EVERYBODY,
        "sign-out": EVERYBODY,
        "invitation": EVERYBODY,
        "look.css": EVERYBODY,
        "language": EVERYBODY,
        "account.js": EVERYBODY,
        "": WORKERS,
        "cases/<str:case>/letters": WORKERS,
        "cases/<str:case>/keeping": WORKERS,
        "cases/<str:case>/close": WORKERS,
        "letters/<str:letter>": WORKERS,
        "cases/<str:case>/evidence": WORKERS,
        "cases/<str:case>/evidence/<str:act>": WORKERS,
        "cases/<str:case>/photo": WORKERS,
        "evidence/<str:evidence>": WORKERS,
        "keys": WORKERS,
        "keys/add": WORKERS,
        "keys/code": WORKERS,
        "keys/letters": WORKERS,
        "keys/<str:key>/take-out": WORKERS,
        # These take a code that was made on the page of keys, and no session.
        "v1/keys": NOBODY,
        "v1/keys/<str:key>/take-out": NOBODY,
        "v1/letters": NOBODY,
        "scripts/<str:name>": EVERYBODY,
        "cases": WORKERS,
        "cases/<str:case>": WORKERS,
        "cases/<str:case>/decide": WORKERS,
        "cases/<str:case>/spoken": WORKERS,
        "cases/<str:case>/no-answer": WORKERS,
        "notices": WORKERS,
        "notices/<str:notice>": WORKERS,
        "notices/<str:notice>/<str:act>": WORKERS,
        "cases/<str:case>/notices": WORKERS,
        "cases/<str:case>/notices/record": WORKERS,
        "demands": WORKERS | frozenset({"Auditor"}),
        "demands/new": WORKERS,
        "cases/<str:case>/contact": WORKERS,
        "cases/<str:case>/contact/<str:act>": WORKERS,
        "read-alone/<str:permit>/sign-off": WORKERS,
        "account": ANY_ROLE,
        "account/password": ANY_ROLE,
        "account/second-factor": ANY_ROLE,
        "account/sign-out-everywhere": ANY_ROLE,
        "account/keys": ANY_ROLE,
        "account/keys/<str:key>/remove": ANY_ROLE,
        "proposals": ANY_ROLE,
        "proposals/<str:proposal>/agree": ANY_ROLE,
        "proposals/<str:proposal>/turn-down": ANY_ROLE,
        "partners": ANY_ROLE,
        "partners/add": WORKERS,
        "partners/<str:partner>": ANY_ROLE,
        "partners/<str:partner>/vet": WORKERS,
        "partners/<str:partner>/token": KEEPERS,
        "partners/<str:partner>/revoke": WORKERS | KEEPERS,
        "partners/<str:partner>/suspend": WORKERS | KEEPERS,
        "partners/<str:partner>/resume": frozenset({"Lead"}),
        "partners/<str:partner>/narrow": WORKERS,
        "partners/<str:partner>/widen": frozenset({"Lead"}),
        "partners/<str:partner>/signatures": KEEPERS,
        "partners/<str:partner>/guard-key": KEEPERS,
        "accounts": LEADS,
        "accounts/ask": LEADS,
        "accounts/<str:account>/link": LEADS,
        "accounts/<str:account>/take-role": LEADS,
        "accounts/<str:account>/close": LEADS,
        "audit": AUDITORS,
        "audit/verify": AUDITORS,
        "audit/<str:part>": AUDITORS,
    },
}


@dataclass
class Someone:
    """What one of the cast sends with every request: whatever she has, on whichever face."""

    headers: dict[str, str] = field(default_factory=dict)
    user: Any = None
    keys: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def cast(django_folder: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Someone]]:
    """Everybody, on tables of their own."""
    import shutil

    from django.db import connections

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.partners.joining import add_partner
    from notcontent.exchange.person.asking import hash_of_hex

    connections.close_all()
    folder = shutil.copytree(django_folder, tmp_path_factory.mktemp("cast") / "data")
    settings = connections["default"].settings_dict
    before, settings["NAME"] = settings["NAME"], str(folder / "exchange.sqlite3")

    def keys() -> dict[str, Any]:
        return {"v": 1, "locator": secrets.token_hex(16), "look_key": secrets.token_hex(32), "withdraw_key": "ab" * 32}

    mina, censor = keys(), keys() | {"withdraw_key": "cd" * 32}
    for one in (mina, censor):
        hashes = {
            f"{name}_sha256": hash_of_hex(one[key])
            for name, key in (("locator", "locator"), ("look", "look_key"), ("withdraw", "withdraw_key"))
        }
        Case.objects.create(**hashes, circumstance="online", opened=TODAY)
    # The censor knows where her case would be, and nothing that opens it.
    tries = censor | {"locator": mina["locator"]}
    guard = add_partner(name="A site", country="ZZ", site="", proves_forgetting=True, today=TODAY)
    shaped = add_partner(name="Another", country="ZZ", site="", proves_forgetting=False, today=TODAY, client="stopncii")
    partner = {
        "Authorization": f"Bearer {guard.token}",
        "Ocp-Apim-Subscription-Key": shaped.subscription_key,
        "x-functions-key": shaped.function_key,
    }
    yield {
        "Mina": Someone(keys=mina),
        **{str(role).title(): Someone(user=open_account(f"some-{role}", role).user, keys=tries) for role in Role},
        "Partner": Someone(headers=partner, keys=tries),
        "Stranger": Someone(keys=keys()),
        "Censor": Someone(keys=tries),
    }
    connections.close_all()
    settings["NAME"] = before


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_route_says_who_it_is_for(django_folder: Any, name: str) -> None:
    assert set(patterns(name)) == set(RULES[name]), "write down in RULES who the route is for"


@pytest.mark.parametrize("name", ["partners", "desk"])
def test_everybody_opens_what_is_hers_and_nothing_else(cast: dict[str, Someone], name: str) -> None:
    wrong = []
    with face(name):
        for pattern, allowed in RULES[name].items():
            wrong += [f"{who}: {pattern}" for who in CAST if opens(name, pattern, cast[who]) != (who in allowed)]
    assert wrong == []


def opens(name: str, pattern: str, someone: Someone) -> bool:
    """Whether the face lets her in: neither refused nor sent to the sign-in."""
    from django.test import Client

    client = Client(headers=someone.headers)
    if someone.user is not None and name == "desk":
        client.force_login(someone.user)
    address = example_of(pattern)
    answer = client.get(address)
    if answer.status_code == 405:
        answer = client.post(address, json.dumps(someone.keys), content_type="application/json")
    sent_away = answer.status_code == 302 and answer["location"].startswith("/sign-in?next=")
    assert answer.status_code < 500 or answer.status_code == 503, f"{address}: {answer.status_code}"
    return answer.status_code not in (401, 403) and not sent_away


def test_a_case_is_opened_by_her_keys_alone(cast: dict[str, Someone]) -> None:
    from django.test import AsyncClient

    async def ask(pattern: str, method: str, who: str) -> tuple[str, int]:
        # Each route takes exactly the keys it needs; a second key would be refused for being there.
        wanted = {
            "v1/cases/look": ("v", "locator", "look_key"),
            "v1/cases/keep": ("v", "locator", "withdraw_key"),
            "v1/cases/withdraw": ("v", "locator", "withdraw_key"),
            "v1/cases/answer": ("v", "locator", "withdraw_key"),
        }.get(pattern, ())
        body = {word: cast[who].keys[word] for word in wanted}
        if pattern.endswith("/withdraw"):
            body["forget"] = "matching"
        if pattern.endswith("/answer"):
            body |= {"question": "0" * 32, "answer": "yes"}
        client = AsyncClient(headers=cast[who].headers)
        if method == "GET":
            return who, (await client.get(example_of(pattern))).status_code
        return who, (
            await client.post(example_of(pattern), json.dumps(body), content_type="application/json")
        ).status_code

    async def ask_all(pattern: str, method: str) -> dict[str, int]:
        return dict(await asyncio.gather(*(ask(pattern, method, who) for who in CAST)))

    with face("person"):
        for pattern, allowed in RULES["person"].items():
            method = "POST" if pattern.startswith("v1/cases") else "GET"
            told = asyncio.run(ask_all(pattern, method))
            if allowed == EVERYBODY:
                assert len(set(told.values())) == 1 and 401 not in told.values() and 403 not in told.values(), pattern
            else:
                assert told == {who: 200 if who in allowed else 404 for who in CAST}, pattern


def test_the_operators_of_faces_without_accounts_load_none(django_folder: Any) -> None:
    for name in ("person", "partners"):
        settings = importlib.import_module(f"notcontent.exchange.settings.{name}")
        assert "desk" not in " ".join([*settings.INSTALLED_APPS, *settings.MIDDLEWARE])
