"""A mail server that nobody here wrote carries a notice to a site, and brings back what can't be delivered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.exchange.desk_people import SignIn
from tests.exchange.notices.conftest import LINK, Her
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.postfix import Postfix, serve_postfix
from tests.exchange.notices.test_replies import kept
from tests.exchange.notices.test_sending import prepare, send
from tests.exchange.running import until

pytestmark = pytest.mark.peer


@pytest.fixture
def relay(mailbox: Mailbox, door: int) -> Iterator[Postfix]:
    """The helpline's relay is postfix; the site's own mail server is behind it."""
    from django.conf import settings

    with serve_postfix(site=mailbox.port, replies=door) as postfix:
        mail = settings.PROFILE.mail | {"port": str(postfix.port)}
        settings.PROFILE = replace(settings.PROFILE, mail=mail)
        yield postfix


def test_what_postfix_cannot_deliver_comes_back_to_its_notice_and_the_queue_says_so(
    mina: Her, mailbox: Mailbox, relay: Postfix, desk: SignIn
) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import Origin, State

    mailbox.unknown = {"abuse@board.example"}
    notice = send(prepare(mina))
    assert notice.stands is State.SENT, "the relay took it, and nobody knows better yet"
    until(lambda: Notice.objects.get(id=notice.id).stands is State.BOUNCED, 30)
    assert not mailbox.mails
    assert [step.origin for step in notice.steps.filter(state="bounced")] == [Origin.MAIL]
    [bounce] = kept(mina)
    assert "550 5.1.1 no such mailbox" in " ".join(bounce["text"].split()) and bounce["notice"] == notice.id
    # Our own notice comes back within it; its text is not kept once more.
    assert LINK not in bounce["text"]
    assert "A notice came back: it did not arrive" in desk("noor", Role.DESK).get("/").text


@pytest.mark.on_sqlite
def test_postfix_hands_a_notice_on_as_it_is(mina: Her, mailbox: Mailbox, relay: Postfix) -> None:
    notice = send(prepare(mina))
    until(lambda: mailbox.mails, 30)
    [(envelope, mail)] = mailbox.mails
    assert envelope.rcpt_tos == ["abuse@board.example"] and envelope.mail_from == mail["Reply-To"]
    assert not mail.defects and not any(part.defects for part in mail.walk())
    assert (mail["Message-ID"], mail["To"]) == (notice.proof, "abuse@board.example")
    # What it passed through names the relay and no machine of the helpline's.
    assert all("helpline.example" in hop and "relay.example" in hop for hop in mail.get_all("Received"))
    assert LINK in mail.get_body(("plain",)).get_content()
