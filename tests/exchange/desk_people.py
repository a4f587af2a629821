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
def desk_face() -> Iterator[SignIn]:
    """The desk's face with all its settings, on the tables of this process."""
    from django.test import Client
    from django.test.utils import override_settings

    settings = importlib.import_module("notcontent.exchange.settings.desk")
    names = [name for name in vars(settings) if name.isupper() and name not in ("DATABASES", "FOLDER", "PROFILE")]
    changed = {name: getattr(settings, name) for name in names}
    # Tests of tables sign in hundreds of times; the real hashing is slow by design.
    changed["PASSWORD_HASHERS"] = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(**changed | {"ALLOWED_HOSTS": ["testserver"]}):

        def sign_in(name: str, *roles: Any) -> Client:
            account = open_account(name, *roles)
            client = Client()
            client.force_login(account.user)
            return client

        yield sign_in
