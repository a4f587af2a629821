"""Small sites, each made with a real framework and its validator, of which one asks what became of an upload."""

from __future__ import annotations

import html
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import httpx
from fastapi import FastAPI, UploadFile
from flask import Flask, request
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from notcontent.doors import flask as flask_door
from notcontent.doors import starlette as starlette_door
from notcontent.guard_client import GuardClient, Rule
from tests.guard.running_guard import RunningGuard


class Site(Protocol):
    """What it does with an upload: the status, and the text that the uploader reads or the bytes that were stored."""

    def __call__(self, data: bytes, asks_for: str = "en", /) -> tuple[int, bytes]: ...


ROOT = Path(__file__).parents[2]
STARTED: list[subprocess.Popen[str]] = []


def fastapi_site(client: GuardClient) -> Site:
    app = FastAPI()

    @app.post("/")
    async def post(file: UploadFile, request: Request) -> Response:
        await starlette_door.check_upload(client, file, accept_language=request.headers.get("accept-language", ""))
        return Response(await file.read())

    browser = TestClient(app)

    def upload(data: bytes, asks_for: str = "en", /) -> tuple[int, bytes]:
        answer = browser.post("/", files={"file": ("a.jpg", data)}, headers={"Accept-Language": asks_for})
        return answer.status_code, answer.content

    return upload


def starlette_site(client: GuardClient) -> Site:
    async def post(request: Request) -> Response:
        async with request.form() as form:
            language = request.headers.get("accept-language", "")
            await starlette_door.check_upload(client, form["file"], accept_language=language)
            return Response(await form["file"].read())

    browser = TestClient(Starlette(routes=[Route("/", post, methods=["POST"])]))

    def upload(data: bytes, asks_for: str = "en", /) -> tuple[int, bytes]:
        answer = browser.post("/", files={"file": ("a.jpg", data)}, headers={"Accept-Language": asks_for})
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

    def upload(data: bytes, asks_for: str = "en", /) -> tuple[int, bytes]:
        answer = browser.post("/", data={"file": (io.BytesIO(data), "a.jpg")}, headers={"Accept-Language": asks_for})
        # Flask's own page of an error.
        return answer.status_code, html.unescape(answer.text).encode() if answer.status_code > 299 else answer.data

    return upload


def django_site(client: GuardClient) -> Site:
    process = start_django(client.given)  # type: ignore[attr-defined]
    assert process.stdout
    url = f"http://127.0.0.1:{process.stdout.readline().strip()}/"

    def upload(data: bytes, asks_for: str = "en", /) -> tuple[int, bytes]:
        answer = httpx.post(
            url, files={"file": ("a.jpg", data)}, headers={"Accept-Language": asks_for}, timeout=60, trust_env=False
        )
        return answer.status_code, answer.content

    return upload


def start_django(given: object) -> subprocess.Popen[str]:
    """A site with this as its setting, until `end_sites`."""
    words = [sys.executable, "-m", "tests.doors.django_site", json.dumps(given)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    STARTED.append(process)
    return process


def end_sites() -> None:
    """End those that have a process of their own."""
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


SITES = [fastapi_site, starlette_site, flask_site, django_site]


class Asking(GuardClient):
    """Remembers what it was made from, for the framework that makes its own."""

    def __init__(self, guard: RunningGuard, rule: Rule, timeout_s: float = 30.0) -> None:
        super().__init__(guard.url, guard.token, rule, timeout_s=timeout_s)
        self.given = {
            "url": guard.url, "token": guard.token, "when_held": rule.when_held,
            "when_unchecked": rule.when_unchecked, "when_no_picture": rule.when_no_picture, "timeout_s": timeout_s,
        }  # fmt: skip
