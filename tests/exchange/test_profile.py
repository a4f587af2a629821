"""Where an exchange keeps its tables, as an operator types it."""

from __future__ import annotations

import pytest

from notcontent.exchange.errors import NotSetUp
from notcontent.exchange.profile import parse_postgresql


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("postgresql://exchange@db.example:6432/not%20content", "db.example", "6432"),
        ("postgres://exchange@[::1]/not%20content", "::1", "5432"),
    ],
)
def test_an_address_is_taken_apart(typed: str, host: str, port: str) -> None:
    parts = {"name": "not content", "user": "exchange", "password": "", "host": host, "port": port}
    assert parse_postgresql(typed) == parts


@pytest.mark.parametrize(
    "typed",
    ["", "exchange", "mysql://exchange@db/name", "postgresql://db/name", "postgresql://exchange@db",
     "postgresql://exchange@db:port/name", "postgresql://exchange@db/name?sslmode=require"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_right_shape(typed: str) -> None:
    with pytest.raises(NotSetUp, match="postgresql://USER@HOST:PORT/NAME"):
        parse_postgresql(typed)


def test_a_password_does_not_belong_on_a_command_line() -> None:
    with pytest.raises(NotSetUp, match="password file") as refused:
        parse_postgresql("postgresql://exchange:open-sesame@db/name")
    assert "sesame" not in str(refused.value)
