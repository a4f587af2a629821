"""The helpline's people in tests: accounts with roles, and the desk's face asked in this process."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

TODAY = date(2026, 11, 22)

#: `sign_in("mira", Role.DESK, Role.LEAD)`: a client of the desk's face, signed in.
SignIn = Callable[..., Any]


def open_account(name: str, *roles: Any) -> Any:
    """An account with these roles."""
    from notcontent.exchange.desk.accounts import make_account
    from notcontent.exchange.desk.roles import COMMAND_LINE

    return make_account(name, roles, actor=COMMAND_LINE, today=TODAY)


@contextmanager
def face(name: str) -> Iterator[None]:
    """One face of the exchange with its own settings, on the tables of this process."""
    from django.test.utils import override_settings

    settings = importlib.import_module(f"notcontent.exchange.settings.{name}")
    kept = ("DATABASES", "FOLDER", "PROFILE", "INSTALLED_APPS")
    changed = {word: getattr(settings, word) for word in dir(settings) if word.isupper() and word not in kept}
    # Tests of tables sign in hundreds of times; the real hashing is slow by design.
    changed["PASSWORD_HASHERS"] = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(**changed | {"ALLOWED_HOSTS": ["testserver", "localhost"]}):
        yield


@contextmanager
def desk_face() -> Iterator[SignIn]:
    """The desk's face, and a way to sign in there."""
    from django.test import Client

    def sign_in(name: str, *roles: Any) -> Client:
        account = open_account(name, *roles)
        client = Client()
        client.force_login(account.user)
        return client

    with face("desk"):
        yield sign_in
