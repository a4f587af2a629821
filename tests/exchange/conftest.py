"""A running exchange for each file, and tables of their own for tests that need no process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange.desk_people import SignIn, desk_face
from tests.exchange.running import Partner, Person, Running


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running exchange, shared by one file's tests."""
    running = Running.set_up(tmp_path_factory.mktemp("exchange") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def partner(exchange: Running) -> Partner:
    """Its first partner."""
    return exchange.partner()


@pytest.fixture
def mina(exchange: Running) -> Person:
    """Her picture is on the list."""
    return Person(exchange)


@pytest.fixture
def censor(exchange: Running) -> Person:
    """Holds the same picture and wants to know who listed it."""
    return Person(exchange)


@pytest.fixture(scope="session")
def django_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up folder with empty tables, with Django loaded in this process."""
    from datetime import date

    from notcontent.exchange.folder import Folder
    from notcontent.exchange.profile import Profile
    from notcontent.exchange.serving import bring_tables_up_to_date
    from notcontent.exchange.setting_up import set_up

    folder = Folder(tmp_path_factory.mktemp("tables") / "data")
    set_up(folder, Profile("Test helpline", "ZZ", practice=True, hit_delay_days=0), date(2026, 11, 22))
    bring_tables_up_to_date(folder)
    assert os.environ["NOTCONTENT_EXCHANGE_FOLDER"] == str(folder.path)
    return folder.path


@pytest.fixture
def tables(django_folder: Path, tmp_path: Path) -> Iterator[object]:
    """A folder with fresh tables that this process works on."""
    import shutil

    from django.db import connections

    from notcontent.exchange.folder import Folder

    connections.close_all()
    shutil.copytree(django_folder, tmp_path / "data")
    folder = Folder(tmp_path / "data")
    settings = connections["default"].settings_dict
    before, settings["NAME"] = settings["NAME"], str(folder.database)
    yield folder
    connections.close_all()
    settings["NAME"] = before


@pytest.fixture
def desk(tables: object) -> Iterator[SignIn]:
    """The desk's face on fresh tables, asked in this process: `desk("mira", Role.DESK)` is a client signed in."""
    with desk_face() as sign_in:
        yield sign_in
