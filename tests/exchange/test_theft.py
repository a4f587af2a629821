"""The database is stolen, whole, and no key with it: what can't be read from it, and what can (THREAT-MODEL.md)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from notcontent.device.passphrase import choose_passphrase, derive_keys
from notcontent.device.sealing import open_letter, seal_letter, seal_to
from notcontent.evidence.record import join, make_record
from notcontent.letter import parse_key
from tests.exchange.running import HELPLINE
from tests.exchange.test_publisher import TODAY, Code, Desk, desk

__all__ = ["desk"]

NOW = datetime(2026, 11, 22, 8, 30, 12, tzinfo=UTC)
#: What she writes, as her page seals it (docs/spec/person.md §6).
HERS: dict[str, Any] = {
    "links": [
        {"url": "https://board.example/post/8812734", "title": "her own words for it"},
        {"url": "https://t.example/joinchat/AAAA4412", "title": "Boys of the fourth floor (2019)"},
    ],
    "text": "He has sent it to my colleagues and I am afraid.",
    "contact": {"way": "phone", "where": "+49 170 5550123", "name": "Mina Example", "hours": "after eight"},
}
#: What somebody at the desk wrote down of it.
SEEN = {
    "kind": "message", "url": "https://t.example/c/9917/3", "chat_title": "Girls of the fifth floor",
    "her_name": "Mina E.",    "chat_id": "-1009917", "seen_at": "2026-11-22T08:30:12Z", "how": "seen",
}  # fmt: skip
ANSWER = "We have written to the site and will call you at nine."


@pytest.fixture(autouse=True)
def all_in_one_folder(desk: Desk) -> Iterator[None]:
    """Keys of notices lie where the rest of this exchange does."""
    from django.conf import settings

    before, settings.FOLDER = settings.FOLDER, desk.folder
    yield
    settings.FOLDER = before


@pytest.fixture
def stolen(desk: Desk) -> tuple[Desk, dict[str, bytes], bytes]:
    """An exchange in use, and what was said and kept secret meanwhile; also a code that is on its list."""
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.cases.opening import NewCase, open_case
    from notcontent.exchange.desk.accounts import make_account, set_practice_password
    from notcontent.exchange.desk.letters import answer_case
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.evidence.keeping import keep_evidence
    from notcontent.exchange.letters.models import Letter
    from notcontent.exchange.partners.joining import add_partner
    from notcontent.exchange.person.asking import hash_of_hex

    words = choose_passphrase()
    keys = derive_keys(words)
    desk_keys = [parse_key(str(HELPLINE.to_public()))]
    code = Code.new()
    locator, look, withdraw = map(hash_of_hex, (keys.locator, keys.look_key, keys.withdraw_key))
    sealed = seal_letter(HERS, desk_keys)
    open_case(
        NewCase(locator, look, withdraw, "threatened", [code], [desk.partner], keys.reply_to, letter=sealed), 200, TODAY
    )
    answer = seal_letter({"text": ANSWER}, [keys.reply_to])
    answer_case(Case.objects.get().id, answer, actor="Desk", today=TODAY)
    token = add_partner(name="Board", country="zz", site="", proves_forgetting=True, today=TODAY).token
    password = set_practice_password(make_account("desk", [Role.DESK], actor="Operator", today=TODAY))
    record = make_record(SEEN.items(), lambda: secrets.token_hex(16))
    keep_evidence(
        desk.folder, Case.objects.get().id, record.sha256, seal_to(join(record, []), desk_keys), actor="desk", now=NOW
    )
    _write_notice(desk, secret_of_notices())
    desk.cut()
    # With the keys, all of it can be read: what is looked for is really there.
    assert open_letter(bytes(Letter.objects.get(sender="helpline", about="message").sealed), keys.read_key) == {
        "text": ANSWER
    }
    secret = {
        "link": HERS["links"][0]["url"], "chat": HERS["links"][1]["url"], "title of a link": HERS["links"][0]["title"],
        "title of a chat": HERS["links"][1]["title"], "message to the helpline": HERS["text"],
        "message to her": ANSWER, "phone": HERS["contact"]["where"], "name": HERS["contact"]["name"],
        "link of evidence": SEEN["url"], "chat of evidence": SEEN["chat_title"], "name in evidence": SEEN["her_name"],
        "passphrase": words, "partner token": token, "password": password,
        **secret_of_notices(),
        "private key for letters": str(HELPLINE).removeprefix("AGE-SECRET-KEY-1"),
        "online key": desk.folder.online_key.read_text().splitlines()[-1],
    }  # fmt: skip
    hidden = {name: text.encode() for name, text in secret.items()}
    keys_of_hers = {
        name: bytes.fromhex(getattr(keys, name)) for name in ("locator", "look_key", "withdraw_key", "read_key")
    }
    return desk, hidden | keys_of_hers | {"faces' secret": desk.folder.secret.read_bytes()}, code.stored[:32]


def secret_of_notices() -> dict[str, str]:
    """What a notice, and an answer to it, say."""
    return {
        "link of a notice": "https://hidden-board.example/thread/5501923",
        "name of a site": "Hidden Board of the Harbour",
        "address of a site": "abuse@hidden-board.example",
        "what is shown": "a photo of her in a green kitchen",
        "what a notice says": "She never agreed, and told him so on the stairs.",
        "what a site answered": "Removed by moderator Kestrel.",
    }


def _write_notice(desk: Desk, secret: dict[str, str]) -> None:
    """One that is approved and waits to be sent, and one that was sent, answered and closed."""
    from dataclasses import replace

    from django.conf import settings

    from notcontent.exchange.cases.models import Case, Notices, Statement
    from notcontent.exchange.letters.keys import give_first_keys
    from notcontent.exchange.notices.approving import approve_notice
    from notcontent.exchange.notices.drafting import Draft, complete_notice, draft_notice, record_evidence
    from notcontent.exchange.notices.following import News, record_news
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.regimes.contract import Answer
    from notcontent.exchange.notices.regimes.facts import Facts, Item, Kind, Minor
    from notcontent.exchange.notices.replies import receive_reply
    from notcontent.exchange.notices.sending import record_sent_by_form
    from notcontent.exchange.notices.states import Origin, State

    now = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)
    give_first_keys([parse_key(str(HELPLINE.to_public()))], [], TODAY)
    case = Case.objects.get()
    Statement.objects.create(case=case, partner_id=desk.partner, notices=Notices.GO, day=TODAY)
    facts = Facts(
        (Item(Kind.PHOTO, secret["what is shown"], (secret["link of a notice"],)),),
        consent_facts=secret["what a notice says"], no_consent=True, good_faith=True, true_to_best_knowledge=True,
        signature="M. Helper", sender_name="Helpline", sender_email="n@helpline.example", minor=Minor.NO,
    )  # fmt: skip
    draft = Draft(
        "us", "", secret["name of a site"], "email", secret["address of a site"], facts, Answer.YES, desk.partner
    )
    for way, to in (("email", draft.to), ("form", "https://hidden-board.example/form")):
        notice = draft_notice(case.id, replace(draft, way=way, to=to), actor="desk", today=TODAY)
        complete_notice(notice.id, actor="desk", today=TODAY, now=now)
        record_evidence(notice.id, record="", reason="a drill", actor="desk", today=TODAY)
        approve_notice(notice.id, actor="desk", today=TODAY, now=now)
    record_sent_by_form(notice.id, answer="4711", actor="desk", now=now)
    receive_reply(notice.id, f"Subject: Re\n\n{secret['what a site answered']}".encode(), today=TODAY, now=now)
    record_news(notice.id, News(State.REMOVED, Origin.SITE, now), actor="desk", now=now)
    record_news(notice.id, News(State.CLOSED, Origin.HELPLINE, now), actor="desk", now=now)
    # What was closed can't be read with anything that is left on this machine.
    waiting = Notice.objects.exclude(id=notice.id).get()
    assert waiting.work and not Notice.objects.get(id=notice.id).work
    keys = {path.stem for path in settings.FOLDER.notice_keys.glob("*.key")}
    assert waiting.id in keys and notice.id not in keys


def _everything(desk: Desk) -> bytes:
    """Every value of every table, and every file of the exchange as it lies there, but for the keys."""
    from django.db import connection

    said = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            said += [_raw(value) for row in cursor.fetchall() for value in row]
    folder = desk.folder
    keys = {folder.online_key, folder.secret, folder.case_file_key, *folder.notice_keys.iterdir()}
    keys |= set(folder.root_folder.rglob("*"))
    files = sorted(path for path in folder.path.rglob("*") if path.is_file() and path not in keys)
    assert desk.on_postgresql or folder.database in files
    return b"\n".join([*said, *(path.read_bytes() for path in files)])


def _raw(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _forms(secret: bytes) -> Iterator[bytes]:
    """As it is, in hex, in base64 wherever in a text it begins, and in UTF-16."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for lead in range(3):
        # Without what the bytes around it decide.
        coded = base64.b64encode(b"\0" * lead + secret)
        yield coded[4 if lead else 0 : len(coded) // 4 * 4 - 4]
    if secret.isascii():
        yield secret.decode().encode("utf-16-le")


def test_a_stolen_database_tells_no_contact_link_title_message_passphrase_or_token(
    stolen: tuple[Desk, dict[str, bytes], bytes],
) -> None:
    desk, secret, _ = stolen
    everything = _everything(desk)
    found = [name for name, value in secret.items() if any(form in everything for form in _forms(value))]
    assert found == []
    # Whoever guesses what was seen can't try it: every field is hashed with a salt that lies sealed.
    assert not any(hashlib.sha256(text.encode()).hexdigest().encode() in everything for text in SEEN.values())
    # Not by its parts either: a number without its prefix, a title without its year.
    parts = (b"5550123", b"fourth floor", b"8812734", b"afraid", b"fifth floor", b"9917/3")
    assert not any(part in everything for part in parts)


def test_what_a_stolen_database_does_tell_is_what_the_threat_model_says(
    stolen: tuple[Desk, dict[str, bytes], bytes],
) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.partners.models import SeenAgain

    desk, _, fingerprint = stolen
    everything = _everything(desk)
    case = Case.objects.get()
    assert fingerprint in everything, "the search finds what is there"
    assert (case.opened, case.circumstance, case.entries.get().listings.get().stream_id) == (
        TODAY,
        "threatened",
        desk.feed,
    )
    assert [len(letter.sealed) > 1_000 for letter in case.letters.all()] == [True] * 5
    assert {(notice.law, notice.state) for notice in case.notices.all()} == {("us", "approved"), ("us", "closed")}
    # Of a new place where a site saw her picture, its week and nothing else.
    assert {field.name for field in SeenAgain._meta.fields} == {"id", "listing", "week", "told"}
    assert b"Board" in everything and b"letter answered" in everything
