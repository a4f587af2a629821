"""A running exchange for each file, and tables of their own for tests that need no process; on both databases.

`make test` runs them on SQLite, `make test-peers` on a real PostgreSQL server.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest

from tests.exchange.databases import BOTH, Server, serve_postgresql
from tests.exchange.desk_people import SignIn, desk_face
from tests.exchange.running import Partner, Person, Running


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about SQLite's own file, or about a foreign program, is not asked for on PostgreSQL."""
    once = [
        item
        for item in items
        if item.get_closest_marker("on_sqlite") and "postgresql" in getattr(getattr(item, "callspec", None), "id", "")
    ]
    if once:
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if item not in once]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One server for all tests of a run."""
    with serve_postgresql() as server:
        yield server


@pytest.fixture(scope="module", params=BOTH)
def exchange(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running exchange, shared by one file's tests."""
    running = set_up(request, tmp_path_factory.mktemp("exchange") / "data").start()
    yield running
    running.stop()


def set_up(request: pytest.FixtureRequest, folder: Path) -> Running:
    """An exchange that is not started yet, on the database that the fixture is asked for with."""
    if request.param == "sqlite":
        return Running.set_up(folder)
    made = request.getfixturevalue("postgresql").create()
    address = f"postgresql://{made['user']}@{made['host']}:{made['port']}/{made['name']}"
    return Running.set_up(folder, "--postgresql", address)


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
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.profile import Profile
    from notcontent.exchange.serving import bring_tables_up_to_date
    from notcontent.exchange.setting_up import set_up as set_folder_up

    folder = Folder(tmp_path_factory.mktemp("tables") / "data")
    profile = Profile("Test helpline", "ZZ", practice=True, hit_delay_days=0)
    set_folder_up(folder, profile, date(2026, 11, 22))
    bring_tables_up_to_date(folder)
    assert os.environ["NOTCONTENT_EXCHANGE_FOLDER"] == str(folder.path)
    return folder.path


@pytest.fixture(scope="session")
def empty_tables(django_folder: Path, postgresql: Server) -> str:
    """The name of a database with empty tables, to be copied."""
    from django.core.management import call_command

    made = postgresql.create()
    with _connected_to({"ENGINE": "django.db.backends.postgresql"} | {key.upper(): made[key] for key in made}):
        call_command("migrate", verbosity=0, interactive=False)
    return made["name"]


@pytest.fixture(params=BOTH)
def tables(request: pytest.FixtureRequest, django_folder: Path, tmp_path: Path) -> Iterator[object]:
    """A folder with fresh tables that this process works on."""
    from dataclasses import replace

    from django.conf import settings
    from django.db import connections

    from notcontent.exchange.folder import Folder
    from notcontent.exchange.ledger import Ledger
    from notcontent.exchange.profile import read_profile, write_profile

    connections.close_all()
    # Keys of notices that an earlier test of this process wrote are no part of a fresh folder.
    shutil.copytree(django_folder, tmp_path / "data", ignore=shutil.ignore_patterns("notice-keys"))
    folder = Folder(tmp_path / "data")
    ledger, settings.LEDGER = settings.LEDGER, Ledger(folder.ledger(""))
    if request.param == "sqlite":
        with _connected_to(connections.settings["default"] | {"NAME": str(folder.database)}):
            yield folder
    else:
        server: Server = request.getfixturevalue("postgresql")
        made = server.create(request.getfixturevalue("empty_tables"))
        folder.database.unlink()
        write_profile(folder, replace(read_profile(folder), postgresql=made))
        with _connected_to({"ENGINE": "django.db.backends.postgresql"} | {key.upper(): made[key] for key in made}):
            yield folder
        server.drop(made["name"])
    settings.LEDGER = ledger


@contextmanager
def _connected_to(database: dict[str, object]) -> Iterator[None]:
    """Let Django work on this database meanwhile."""
    from asgiref.sync import SyncToAsync
    from django.db import connections

    before = connections.settings["default"]

    def let_go() -> None:
        connections.close_all()
        # What was opened with other settings, if anything was, is not used again.
        with suppress(AttributeError):
            del connections["default"]

    def use(settings: dict[str, object]) -> None:
        let_go()
        connections.settings["default"] = settings
        # Whatever is asked asynchronously in this process is answered by this one thread.
        SyncToAsync.single_thread_executor.submit(let_go).result()

    use(connections.configure_settings({"default": database})["default"])
    try:
        yield
    finally:
        use(before)


@pytest.fixture
def desk(tables: object) -> Iterator[SignIn]:
    """The desk's face on fresh tables, asked in this process: `desk("mira", Role.DESK)` is a client signed in."""
    with desk_face() as sign_in:
        yield sign_in
