"""Letters, statements, withdrawals that wait and sites that join later: her side, and the desk's."""

from __future__ import annotations

import base64
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyrage
import pytest

from notcontent.letter import MAX_SEALED_BYTES, format_letter, looks_sealed, parse_letter
from tests.exchange.running import HELPLINE, Partner, Person, Running, command, picture_code, seal
from tests.exchange.test_desk_face import sign_in


@pytest.fixture(scope="module")
def desk(exchange: Running) -> httpx.Client:
    """Signed in at the desk."""
    return sign_in(exchange, "desk", command(exchange.folder, "desk-user", "desk").split()[-1])[0]


def in_base64(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()


def case_at_the_desk(desk: httpx.Client, mina: Person) -> str:
    """Where her letters are, found by the only thing that desk and person share: the key that she is answered to."""
    reply_to = mina.body([], [])["reply_to"]
    cases = re.findall(r'href="(/cases/[0-9a-f]{32})"', desk.get("/cases").text)
    addresses = {f"{case}/letters" for case in cases}
    (address,) = [address for address in addresses if reply_to in desk.get(address).text]
    return address


def post(desk: httpx.Client, page: str, action: str, **more: Any) -> httpx.Response:
    """Press a button of a page."""
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', desk.get(page).text)
    assert word is not None
    origin = {"Origin": str(desk.base_url).rstrip("/")}
    return desk.post(action, data={"csrfmiddlewaretoken": word[1]}, headers=origin, **more)


def test_a_letter_travels_to_the_desk_and_an_answer_back(desk: httpx.Client, mina: Person) -> None:
    sealed = mina.write("It is on two more sites. 두 곳에 더 있어요.")
    status = mina.look().json()
    (letter,) = status["letters"]
    assert letter == {"id": letter["id"], "from": "you", "day": status["opened"], "read": False}

    page = case_at_the_desk(desk, mina)
    assert "1 letter, 1 to read" in desk.get("/cases").text and "1 letter to read" in desk.get("/").text
    saved = post(desk, page, f"/letters/{letter['id']}")
    assert saved.content == sealed and saved.headers["content-disposition"].endswith(f'"{letter["id"]}.age"')
    assert parse_letter(pyrage.decrypt(saved.content, [HELPLINE])) == {
        "text": "It is on two more sites. 두 곳에 더 있어요."
    }
    assert mina.look().json()["letters"][0]["read"] is True

    answer = seal({"text": "We wrote to both."}, mina.read_key.to_public())
    for _ in range(2):
        # Pressed twice, it is one answer.
        assert post(desk, page, page, files={"answer": ("answer.age", answer)}).status_code == 200
    came, hers = mina.look().json()["letters"]
    assert hers["from"] == "you" and came.keys() == {"id", "from", "day", "sealed"} and came["from"] == "helpline"
    opened = pyrage.decrypt(base64.b64decode(came["sealed"]), [mina.read_key])
    assert parse_letter(opened) == {"text": "We wrote to both."}
    assert "The audit holds." in command(mina.exchange.folder, "status")


def test_what_the_desk_did_with_letters_stands_in_the_audit_and_names_no_case(tables: Any) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.letters import answer_case, fetch_letter
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.errors import UnknownName
    from notcontent.exchange.letters.keeping import keep_letter

    today = datetime.now(UTC).date()
    case = Case.objects.create(locator_sha256="0" * 64)
    sealed = seal({}, HELPLINE.to_public())
    letter, is_new = keep_letter(case, "you", sealed, today)
    assert is_new and keep_letter(case, "you", sealed, today) == (letter, False)
    fetch_letter(letter.id, actor="Desk", today=today)
    answer_case(case.id, seal({"text": "yes"}, HELPLINE.to_public()), actor="Desk", today=today)
    rows = list(AuditRow.objects.values_list("actor", "action"))
    assert rows == [("Desk", "letter fetched"), ("Desk", "letter answered")]
    assert not AuditRow.objects.filter(subject=case.id).exists()
    with pytest.raises(UnknownName):
        fetch_letter("0" * 16, actor="Desk", today=today)
    # A colleague may read what she was told; that is no reading of a letter of hers.
    assert not fetch_letter(case.letters.get(sender="helpline").id, actor="Desk", today=today).read


@pytest.mark.parametrize("wrong", [b"", b"hello", b"age-encryption.org/v1\n" + bytes(70_000)])
def test_the_desk_takes_nothing_that_is_not_sealed(desk: httpx.Client, mina: Person, wrong: bytes) -> None:
    mina.write("hello")
    page = case_at_the_desk(desk, mina)
    answer = post(desk, page, page, files={"answer": ("answer.age", wrong)})
    assert answer.status_code == 422 and "This is not a sealed answer" in answer.text
    assert [letter["from"] for letter in mina.look().json()["letters"]] == ["you"]


def test_a_letter_sent_twice_is_one_letter_and_another_is_added(mina: Person) -> None:
    first = in_base64(seal({"text": "one"}, HELPLINE.to_public()))
    for _ in range(2):
        assert mina.send([], [], letter=first).json() == {"v": 1, "case": "received"}
    mina.write("two")
    assert [letter["from"] for letter in mina.look().json()["letters"]] == ["you", "you"]


@pytest.mark.parametrize(
    "letter",
    [
        "",
        "!!!!",
        5,
        in_base64(b"hello, in the clear"),
        in_base64(b"age-encryption.org/v1\n"),
        in_base64(b"age-encryption.org/v1\n" + bytes(MAX_SEALED_BYTES)),
        in_base64(b"age-encryption.org/v2\n" + bytes(500)),
        in_base64(seal({}, HELPLINE.to_public()))[:-1] + "\n",
    ],
    ids=["empty", "no base64", "a number", "in the clear", "too short", "too long", "another version", "a line end"],
)
def test_what_is_no_sealed_letter_is_refused(mina: Person, letter: object) -> None:
    answer = mina.send([], [], letter=letter)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert mina.look().status_code == 404


def test_a_case_holds_so_many_letters_and_no_more(tables: Any) -> None:
    from notcontent.exchange.cases.opening import NewCase, open_case
    from notcontent.exchange.errors import Refused
    from notcontent.exchange.letters.keeping import MAX_LETTERS
    from notcontent.exchange.letters.models import Letter

    def send(letter: bytes) -> None:
        new = NewCase("0" * 64, "1" * 64, "2" * 64, "online", [], [], letter=letter)
        open_case(new, 200, datetime.now(UTC).date())

    letters = [b"%d" % number for number in range(MAX_LETTERS)]
    for letter in letters:
        send(letter)
    send(letters[0])
    with pytest.raises(Refused) as refused:
        send(b"one more")
    assert refused.value.code == "letter" and Letter.objects.count() == MAX_LETTERS == 200
    assert list(Letter.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 201))


def test_a_helpline_without_a_key_takes_no_letters(tmp_path: Any) -> None:
    command(tmp_path / "data", "init", "--practice", "--name", "No key")
    running = Running(tmp_path / "data").start()
    try:
        site = httpx.get(f"{running.urls['person']}/v1/site", timeout=60).json()
        assert site["helpline"]["keys"] == []
        sealed = in_base64(seal({}, HELPLINE.to_public()))
        answer = Person(running).send([], [], letter=sealed)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "letter")
    finally:
        running.stop()


def test_the_site_tells_what_to_seal_to_and_who_can_force_a_site(exchange: Running) -> None:
    command(exchange.folder, "partner", "add", "Forced site", "--country", "de", "--forced-by", "de,US")
    site = httpx.get(f"{exchange.urls['person']}/v1/site", timeout=60).json()
    (forced,) = [row for row in site["partners"] if row["name"] == "Forced site"]
    assert (forced["country"], forced["forced_by"]) == ("DE", ["DE", "US"])
    command(exchange.folder, "partner", "add", "Forced site", "--country", "DE", "--forced-by", "DE")
    command(exchange.folder, "partner", "add", "Forced site", "--country", "DE")
    (again,) = [
        row
        for row in httpx.get(f"{exchange.urls['person']}/v1/site", timeout=60).json()["partners"]
        if row["name"] == "Forced site"
    ]
    assert again["forced_by"] == ["DE"]
    assert "two letters" in command(
        exchange.folder, "partner", "add", "X", "--country", "DE", "--forced-by", "Germany", fails=True
    )
    assert site["helpline"]["keys"] == [parse(HELPLINE)]
    secret = (exchange.folder / "case-file.key").read_text().strip()
    assert site["case_file_key"] == parse(pyrage.x25519.Identity.from_str(secret))
    assert (exchange.folder / "case-file.key").stat().st_mode & 0o077 == 0


def parse(identity: pyrage.x25519.Identity) -> str:
    from notcontent.letter import parse_key

    return parse_key(str(identity.to_public()))


def test_a_case_without_a_file_needs_nothing_else_and_any_other_does(mina: Person, censor: Person) -> None:
    assert censor.send([], []).status_code == 400 and censor.look().status_code == 404
    assert mina.send([], [], circumstance="no_file").status_code == 201
    status = mina.look().json()
    assert (status["circumstance"], status["entries"], status["sites"]) == ("no_file", 0, [])
    # Once it is there, one thing can be changed alone.
    assert mina.send([], [], wait_days=3).status_code == 201
    assert mina.send([], [], later_sites="yes").status_code == 201
    status = mina.look().json()
    assert (status["wait_days"], status["later_sites"]) == (3, "yes"), "waiting is raised and never lowered"


def test_a_statement_is_dated_changed_and_taken_back(exchange: Running, partner: Partner, mina: Person) -> None:
    other = exchange.partner("A site without her codes")
    said = [{"partner": partner.id, "notices": "go"}, {"partner": other.id, "notices": "ask"}]
    mina.send([picture_code()], [partner.id], statements=said)
    mina.send([], [], statements=[{"partner": partner.id, "notices": "revoked"}])
    today = mina.look().json()["opened"]
    rows = {row["id"]: row for row in mina.look().json()["sites"]}
    assert rows[partner.id]["statement"] == {"day": today, "notices": "revoked"}
    assert rows[other.id]["statement"] == {"day": today, "notices": "ask"}
    assert (rows[other.id]["state"], rows[other.id]["hits"]) == ("none", "none")
    for wrong in (
        [{"partner": "0" * 16, "notices": "go"}],
        [said[0], said[0]],
        [{"partner": partner.id, "notices": "?"}],
    ):
        assert mina.send([], [], statements=wrong).status_code in (400, 422)


@pytest.mark.parametrize(
    "change",
    [
        {"reply_to": "xyz"},
        {"later_sites": "no"},
        {"wait_days": 2},
        {"wait_days": True},
        {"wait_days": 3.0},
        {"statements": None},
        {"letter": []},
    ],
    ids=str,
)
def test_malformed_parts_of_the_whole_page_are_refused(mina: Person, partner: Partner, change: dict[str, Any]) -> None:
    answer = mina.send([picture_code()], [partner.id], **change)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")


def test_the_first_reply_to_stays(desk: httpx.Client, mina: Person) -> None:
    mina.write("hello")
    first = mina.body([], [])["reply_to"]
    mina.send([], [], reply_to=secrets.token_hex(32))
    assert first in desk.get(case_at_the_desk(desk, mina)).text


def test_a_withdrawal_that_waits_is_told_and_can_be_stopped(partner: Partner, mina: Person) -> None:
    code = picture_code()
    mina.send([code], [partner.id], wait_days=3)
    partner.follow_until(lambda: partner.holds(code))
    waits = mina.withdraw("everything").json()
    day = (datetime.fromisoformat(waits["opened"]) + timedelta(days=3)).date().isoformat()
    assert (waits["withdrawn"], waits["withdraws_on"], waits["forgotten"]) == (None, day, None)
    assert waits["sites"][0]["state"] == "listed"
    assert mina.withdraw("matching").json() == waits, "asking again does not move the day"
    kept = mina.keep().json()
    assert kept["withdraws_on"] is None and kept == mina.keep().json() == mina.look().json()
    wrong = Person(mina.exchange, locator=mina.locator)
    assert wrong.keep().status_code == 404 and wrong.keep().content == Person(mina.exchange).keep().content
    partner.poll()
    assert partner.holds(code)


def test_forgetting_everything_leaves_only_what_shows_the_receipts(
    desk: httpx.Client, partner: Partner, mina: Person
) -> None:
    code = picture_code()
    mina.send([code], [partner.id], statements=[{"partner": partner.id, "notices": "go"}])
    mina.write("hello")
    partner.follow_until(lambda: partner.holds(code))
    page = case_at_the_desk(desk, mina)
    stopped = mina.withdraw("matching").json()
    assert stopped["forgotten"] == "matching" and len(stopped["letters"]) == 1
    assert stopped["circumstance"] == "online" and stopped["sites"][0]["statement"]["notices"] == "go"
    # Letters and statements go on; codes don't.
    mina.send([picture_code()], [partner.id], statements=[{"partner": partner.id, "notices": "revoked"}])
    mina.write("one more")
    status = mina.look().json()
    assert status["sites"][0]["statement"]["notices"] == "revoked"
    assert (status["entries"], len(status["letters"])) == (1, 2)

    gone = mina.withdraw("everything").json()
    assert (gone["forgotten"], gone["letters"], gone["circumstance"]) == ("everything", [], None)
    assert [(site["state"], site["statement"]) for site in gone["sites"]] == [("stopping", None)]
    mina.write("dropped")
    assert mina.withdraw("matching").json() == gone == mina.look().json()
    assert "She can't be answered" in desk.get(page).text and "forgotten" in desk.get("/cases").text
    answer = seal({"text": "too late"}, mina.read_key.to_public())
    # There is no form any more, and whoever sends one all the same is told.
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', desk.get(page).text)
    assert word is not None
    origin = {"Origin": str(desk.base_url).rstrip("/")}
    sent = desk.post(page, data={"csrfmiddlewaretoken": word[1]}, headers=origin, files={"answer": ("a.age", answer)})
    assert sent.status_code == 422 and mina.look().json()["letters"] == []


def test_a_site_that_joins_later_gets_the_codes_of_those_who_said_yes(
    exchange: Running, partner: Partner, mina: Person, censor: Person
) -> None:
    hers, his, withdrawn = picture_code(), picture_code(), picture_code()
    left = Person(exchange)
    mina.send([hers], [partner.id], later_sites="yes")
    censor.send([his], [partner.id])
    left.send([withdrawn], [partner.id], later_sites="yes")
    left.withdraw()
    later = exchange.partner("A later site")
    later.follow_until(lambda: later.holds(hers))
    assert not later.holds(his) and not later.holds(withdrawn)
    assert {row["id"] for row in mina.look().json()["sites"]} == {partner.id, later.id}
    # Another token for the same site lists nothing twice.
    exchange.partner("A later site")
    later.poll()
    assert len(later.holds(hers)) == 1


def test_padding_hides_how_much_a_letter_says() -> None:
    for text in ("", "x" * 900, "ß" * 500, "x" * 1_100):
        letter = format_letter({"text": text})
        assert len(letter) % 1_024 == 0 and parse_letter(letter) == {"text": text}
    assert looks_sealed(seal({"text": "x"}, HELPLINE.to_public()))
