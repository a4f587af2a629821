"""The validators, each in a small site made with the real framework, against a real guard."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, UploadFile
from flask import Flask, request
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from notcontent.doors import flask as flask_door
from notcontent.doors import starlette as starlette_door
from notcontent.guard_client import GuardClient, Outcome, Rule
from tests.conftest import altered, generated_picture
from tests.contracts.door_contract import Said
from tests.contracts.test_http_door import TestHttpDoor as HttpDoor
from tests.guard.running_guard import RunningGuard, guard_of_two

CLAIMED, VERIFIED, OTHER = generated_picture(1), generated_picture(2), generated_picture(7)
#: Larger than what the frameworks keep in memory, so that a file on the disk is sent too.
LARGE = VERIFIED + bytes(3 << 20)
CLOSED = Rule(Outcome.STOP, Outcome.STOP, Outcome.STOP)
#: What a site does with an upload: the status, and the text that the uploader reads or the bytes that were stored.
Site = Callable[[bytes], tuple[int, bytes]]
ROOT = Path(__file__).parents[2]
STARTED: list[subprocess.Popen[str]] = []


def fastapi_site(client: GuardClient) -> Site:
    app = FastAPI()

    @app.post("/")
    async def post(file: UploadFile) -> Response:
        await starlette_door.check_upload(client, file)
        return Response(await file.read())

    browser = TestClient(app)

    def upload(data: bytes) -> tuple[int, bytes]:
        answer = browser.post("/", files={"file": ("a.jpg", data)})
        return answer.status_code, answer.content

    return upload


def starlette_site(client: GuardClient) -> Site:
    async def post(request: Request) -> Response:
        async with request.form() as form:
            await starlette_door.check_upload(client, form["file"])
            return Response(await form["file"].read())

    browser = TestClient(Starlette(routes=[Route("/", post, methods=["POST"])]))

    def upload(data: bytes) -> tuple[int, bytes]:
        answer = browser.post("/", files={"file": ("a.jpg", data)})
        return answer.status_code, answer.content

    return upload


def flask_site(client: GuardClient) -> Site:
    app = Flask(__name__)

    @app.post("/")
    def post() -> bytes:
        file = request.files["file"]
        flask_door.check_upload(client, file)
        return file.read()

    browser = app.test_client()

    def upload(data: bytes) -> tuple[int, bytes]:
        answer = browser.post("/", data={"file": (io.BytesIO(data), "a.jpg")})
        return answer.status_code, answer.data

    return upload


def django_site(client: GuardClient) -> Site:
    process = start_django(client.given)  # type: ignore[attr-defined]
    assert process.stdout
    url = f"http://127.0.0.1:{process.stdout.readline().strip()}/"

    def upload(data: bytes) -> tuple[int, bytes]:
        answer = httpx.post(url, files={"file": ("a.jpg", data)}, timeout=60, trust_env=False)
        return answer.status_code, answer.content

    return upload


def start_django(given: object) -> subprocess.Popen[str]:
    """A site with this as its setting; the tests' end ends it."""
    words = [sys.executable, "-m", "tests.doors.django_site", json.dumps(given)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    STARTED.append(process)
    return process


SITES = [fastapi_site, starlette_site, flask_site, django_site]


class Asking(GuardClient):
    """Remembers what it was made from, for the framework that makes its own."""

    def __init__(self, guard: RunningGuard, rule: Rule) -> None:
        super().__init__(guard.url, guard.token, rule)
        self.given = {
            "url": guard.url, "token": guard.token, "when_held": rule.when_held,
            "when_unchecked": rule.when_unchecked, "when_no_picture": rule.when_no_picture, "timeout_s": 30.0,
        }  # fmt: skip


@pytest.fixture(autouse=True)
def end_what_was_started() -> Iterator[None]:
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


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
        _, said = start_django(wrong).communicate(timeout=30)
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


class TestSiteKeepsTheContract(HttpDoor):
    """One of them, in everything a door has to withstand."""

    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        status, _ = fastapi_site(GuardClient(guard.url, guard.token, CLOSED))(upload)
        return {200: Said.PASS, 451: Said.STOP}.get(status, Said.NOT_CHECKED)
