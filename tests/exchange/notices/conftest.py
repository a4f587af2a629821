"""Mina's case, a relay, and a draft that lacks nothing."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.exchange.desk_people import TODAY
from tests.exchange.notices.peers import SENDER, Mailbox, serve_mail
from tests.exchange.running import HELPLINE

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LINK = "https://board.example/post/8812734"


@pytest.fixture(scope="module")
def mail_server() -> Iterator[Mailbox]:
    with serve_mail() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(mail_server: Mailbox, tables: Any) -> Iterator[Mailbox]:
    """An empty mailbox behind the relay of a helpline whose tables are fresh."""
    from django.conf import settings

    mail_server.mails, mail_server.unknown, mail_server.on_data = [], set(), None
    mail_server.hangs_up, mail_server.greeted_as = False, []
    route = {"host": "127.0.0.1", "port": str(mail_server.port), "sender": SENDER, "encryption": "none"}
    profile, folder = settings.PROFILE, settings.FOLDER
    settings.PROFILE, settings.FOLDER = replace(profile, mail=route), tables
    yield mail_server
    settings.PROFILE, settings.FOLDER = profile, folder


@pytest.fixture
def door(mailbox: Mailbox) -> Iterator[int]:
    """The port where the helpline's mail server hands on what came back."""
    from notcontent.exchange.notices.lmtp import serve_replies

    ports: list[int] = []
    listening = threading.Event()

    def announce(port: int) -> None:
        ports.append(port)
        listening.set()

    loop = asyncio.new_event_loop()
    serving = loop.create_task(serve_replies("127.0.0.1", 0, announce))

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)

    thread = threading.Thread(target=run)
    thread.start()
    assert listening.wait(60)
    yield ports[0]
    loop.call_soon_threadsafe(serving.cancel)
    thread.join(60)


@dataclass
class Her:
    """Mina: her case, the site she made her statement for, and the words that open it."""

    case: Any
    partner: Any
    keys: dict[str, str]
    read_key: str


@pytest.fixture
def mina(mailbox: Mailbox) -> Her:
    """She said "send without asking again" for one site."""
    from notcontent.device.passphrase import choose_passphrase, derive_keys
    from notcontent.exchange.cases.models import Case, Notices
    from notcontent.exchange.cases.stating import state
    from notcontent.exchange.letters.keys import give_first_keys
    from notcontent.exchange.partners.joining import add_partner
    from notcontent.exchange.partners.models import Partner
    from notcontent.exchange.person.asking import hash_of_hex
    from notcontent.letter import parse_key

    give_first_keys([parse_key(str(HELPLINE.to_public()))], [], TODAY)
    add_partner(name="Board", country="ZZ", site="", proves_forgetting=True, today=TODAY)
    keys = derive_keys(choose_passphrase())
    case = Case.objects.create(
        locator_sha256=hash_of_hex(keys.locator), look_sha256=hash_of_hex(keys.look_key),
        withdraw_sha256=hash_of_hex(keys.withdraw_key), circumstance="online", reply_to=keys.reply_to, opened=TODAY,
    )  # fmt: skip
    partner = Partner.objects.get(name="Board")
    state(case, {partner.id: Notices.GO}, TODAY)
    told = {"locator": keys.locator, "look_key": keys.look_key, "withdraw_key": keys.withdraw_key}
    return Her(case, partner, told, keys.read_key)


def whole_facts(**changed: Any) -> Any:
    """Facts that no law finds anything missing in."""
    from notcontent.exchange.notices.regimes.facts import Facts, Item, Kind, Minor

    facts = Facts(
        items=(Item(Kind.PHOTO, "a private photo of one woman, indoors", (LINK,)),),
        consent_facts="She never agreed that anybody publishes it, and says so in her statement.",
        legal_explanation="Publishing it without her consent is an offence where she lives.",
        no_consent=True, good_faith=True, accurate_complete=True, true_to_best_knowledge=True, is_intimate=True,
        signature="M. Helper", sender_name="Test helpline", sender_email=SENDER, contact=SENDER, minor=Minor.NO,
        authorised=TODAY,
    )  # fmt: skip
    return replace(facts, **changed)


def draft_of(mina: Her, law: str = "us", **changed: Any) -> Any:
    """A whole draft to Board, by e-mail."""
    from notcontent.exchange.notices.drafting import Draft
    from notcontent.exchange.notices.regimes.contract import Answer

    facts = changed.pop("facts", None) or whole_facts()
    partner = changed.pop("partner", mina.partner.id)
    told = {"covered": Answer.YES, "to": "abuse@board.example", "way": "email"} | changed
    return Draft(law, "", "Board", facts=facts, partner=partner, **told)


def evidence_of(mina: Her) -> str:
    """The id of a piece of evidence that was kept in her case."""
    from django.conf import settings

    from notcontent.device.sealing import seal_to
    from notcontent.exchange.evidence.keeping import keep_evidence
    from notcontent.letter import parse_key

    sealed = seal_to(b"what the page said", [parse_key(str(HELPLINE.to_public()))])
    piece = keep_evidence(settings.FOLDER, mina.case.id, "ab" * 32, sealed, actor="desk", now=NOW)
    return str(piece.id)
