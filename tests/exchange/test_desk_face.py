"""The desk's sign-in, its list of cases and a case's page."""

from __future__ import annotations

import re

import httpx
import pytest

from notcontent.exchange.desk.headers import SAFE_HEADERS
from tests.exchange.running import Partner, Person, Running, command, picture_code, video_code

PRACTICE = "Practice only. Nothing here reaches a real site."


@pytest.fixture(scope="module")
def password(exchange: Running) -> str:
    """The password of the account `desk`."""
    return command(exchange.folder, "desk-user", "desk").split()[-1]


def sign_in(exchange: Running, name: str, password: str) -> tuple[httpx.Client, httpx.Response]:
    client = httpx.Client(base_url=exchange.urls["desk"], timeout=60, follow_redirects=True)
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/sign-in").text)
    assert word is not None
    form = {"csrfmiddlewaretoken": word[1], "username": name, "password": password}
    return client, client.post("/sign-in", data=form, headers={"Origin": exchange.urls["desk"]})


def test_nobody_sees_the_list_without_signing_in(exchange: Running) -> None:
    answer = httpx.get(exchange.urls["desk"], timeout=60)
    assert answer.status_code == 302 and answer.headers["location"].startswith("/sign-in")


def test_the_list_shows_cases_by_day_and_nothing_that_opens_them(
    exchange: Running, partner: Partner, mina: Person, password: str
) -> None:
    codes, video = [picture_code(), picture_code()], video_code(4)
    mina.send([*codes, video], [partner.id])
    client, answer = sign_in(exchange, "desk", password)
    assert answer.status_code == 200 and PRACTICE in answer.text
    cases = client.get("/cases").text
    assert '<td class="number">3</td>' in cases and "It is online" in cases
    found = re.search(r'href="(/cases/\w+)"', cases)
    assert found is not None
    case = client.get(found[1]).text
    assert "a picture</td>" in case and "a video</td>" in case and "It is online" in case
    for page in (answer.text, cases, case):
        for code in codes:
            assert not any(turn in page for turn in code["orientations"])
        assert not any(frame in page for frame in video["frames"])
        for secret in (mina.locator, mina.look_key, mina.withdraw_key):
            assert secret not in page
        assert "<img" not in page
    mina.withdraw()
    assert "withdrawn, not erased yet" in client.get("/cases").text
    assert "She withdrew the case" in client.get(found[1]).text


def test_signing_out_ends_the_session(exchange: Running, password: str) -> None:
    client, answer = sign_in(exchange, "desk", password)
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.text)
    assert word is not None
    client.post("/sign-out", data={"csrfmiddlewaretoken": word[1]}, headers={"Origin": exchange.urls["desk"]})
    assert str(client.get("/").url).endswith("/sign-in?next=/")


def test_a_renewed_password_replaces_the_old_one(exchange: Running) -> None:
    first = command(exchange.folder, "desk-user", "renewed").split()[-1]
    second = command(exchange.folder, "desk-user", "renewed").split()[-1]
    assert "go together" in sign_in(exchange, "renewed", first)[1].text.replace("&#x27;", "'")
    assert "<h1>What waits for you</h1>" in sign_in(exchange, "renewed", second)[1].text


def test_desk_answers_carry_their_headers_and_strict_cookies(exchange: Running, password: str) -> None:
    client, answer = sign_in(exchange, "desk", password)
    for name, value in SAFE_HEADERS.items():
        assert answer.headers[name] == value
    assert "<style" not in answer.text and "style=" not in answer.text and "<script" not in answer.text
    assert client.get("/account.js").headers["content-type"].startswith("text/javascript")
    cookies = [value for response in answer.history for value in response.headers.get_list("set-cookie")]
    assert cookies and all("HttpOnly" in one and "SameSite=Strict" in one for one in cookies)
    assert client.get("/look.css").headers["content-type"].startswith("text/css")


def test_the_desk_answers_only_under_its_own_names(exchange: Running) -> None:
    answer = httpx.get(exchange.urls["desk"], headers={"Host": "evil.example"}, timeout=60)
    assert answer.status_code == 400 and "evil" not in answer.text


def test_status_tells_how_things_stand(exchange: Running, partner: Partner) -> None:
    said = command(exchange.folder, "status")
    assert "Practice board: list" in said and "The audit holds." in said


def test_only_where_sealed_evidence_comes_a_body_may_be_large(exchange: Running) -> None:
    large = b"x" * (300 << 10)
    taken = httpx.post(exchange.urls["desk"] + f"/cases/{'0' * 32}/evidence", content=large, timeout=60)
    assert taken.status_code in {302, 403}, "it is read, and refused for want of a session"
    for path in ("/sign-in", f"/cases/{'0' * 32}/letters", f"/cases/{'0' * 32}/evidence/ask"):
        refused = httpx.post(exchange.urls["desk"] + path, content=large, timeout=60)
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large"), path
