"""Notices at the desk's own pages."""

from __future__ import annotations

import re
from typing import Any

from tests.exchange.desk_people import SignIn
from tests.exchange.notices.conftest import LINK, Her
from tests.exchange.notices.peers import Mailbox

FILLED = {
    "service_name": "Board", "service": "", "way": "email", "to": "abuse@board.example", "looked_up": "on",
    "covered": "yes", "minor": "no", "items": f"a private photo, indoors\n{LINK}", "kind": "photo",
    "consent_facts": "She never agreed to it.", "signature": "M. Helper", "her_name": "", "criminal_reference": "",
    "declared": "on", "language": "en",
}  # fmt: skip


def begin(client: Any, mina: Her, **filled: str) -> str:
    """The address of a notice that was begun from a link and filled in."""
    begun = client.post(f"/cases/{mina.case.id}/notices", {"law": "us", "links": LINK})
    assert begun.status_code == 302, begun.text
    address: str = begun["location"]
    kept = client.post(address, FILLED | {"partner": mina.partner.id} | filled)
    assert kept.status_code == 302, re.findall(r'class="error"[^>]*>([^<]+)', kept.text)
    return address


def test_from_a_pasted_link_to_a_sent_notice(desk: SignIn, mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.desk.roles import Role

    noor = desk("noor", Role.DESK)
    page = noor.get(f"/cases/{mina.case.id}/notices").text
    assert "Nothing by law." in page and "never ask her to send the picture" in page.lower()
    address = begin(noor, mina, signature="", declared="")
    shown = noor.get(address).text
    refused = noor.post(f"{address}/complete")
    assert refused.status_code == 422
    for element in ("us.signature", "us.good_faith"):
        assert element in shown and element in refused.text
    assert "us.locate" not in refused.text.split('role="alert"')[1].split("</p>")[0]
    noor.post(address, FILLED | {"partner": mina.partner.id})
    for act, told in (("complete", {}), ("evidence", {"reason": "her name stands on the page"}), ("approve", {})):
        assert noor.post(f"{address}/{act}", told).status_code == 302, act
    assert not mailbox.mails
    assert noor.post(f"{address}/send").status_code == 302
    [(envelope, mail)] = mailbox.mails
    assert envelope.rcpt_tos == ["abuse@board.example"] and LINK in mail.get_body(("plain",)).get_content()
    after = noor.get(address).text
    assert "By law the site has until" in after
    assert "TakeItDown.ftc.gov" in after
    listed = noor.get("/notices").text
    assert "48 hours left" in listed or "47 hours left" in listed
    assert LINK not in listed


def test_an_address_that_nobody_has_looked_up_is_not_written_to(desk: SignIn, mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.desk.roles import Role

    noor = desk("noor", Role.DESK)
    address = begin(noor, mina)
    refused = noor.post(address, FILLED | {"looked_up": "", "to": "other@board.example"})
    assert refused.status_code == 422 and "Nobody has read this address" in refused.text


def test_ready_sentences_go_out_in_the_sites_language_and_the_helper_reads_them_in_english(
    desk: SignIn, mina: Her, mailbox: Mailbox
) -> None:
    from notcontent.exchange.desk.roles import Role

    noor = desk("noor", Role.DESK)
    begun = noor.post(f"/cases/{mina.case.id}/notices", {"law": "eu", "links": LINK})
    address = begun["location"]
    page = noor.get(address).text
    assert "None: the Digital Services Act knows no duty to keep" in page, "before she is asked for it"
    ready = {"ready_consent": ["never", "stolen"], "grounds": ["gdpr"], "offence": "pl", "preserve": "on"}
    told = FILLED | {"partner": mina.partner.id, "language": "pl", "consent_facts": "", "legal_explanation": ""} | ready
    assert noor.post(address, told | {"ready_consent": ["never", "none of ours"]}).status_code == 422
    assert noor.post(address, told).status_code == 302
    for act, more in (("complete", {}), ("evidence", {"reason": "her name stands on the page"})):
        assert noor.post(f"{address}/{act}", more).status_code == 302, act
    page = noor.get(address).text
    assert "nigdy nie zgodziła się na publikację" in page and "they never agreed to its publication" in page
    assert "art. 191a Kodeksu karnego (PL)" in page and "this is not sent" in page
    for act in ("approve", "send"):
        assert noor.post(f"{address}/{act}").status_code == 302, act
    [(_, mail)] = mailbox.mails
    body = mail.get_body(("plain",)).get_content()
    assert "nigdy nie zgodziła się" in body and "they never agreed" not in body and "SHA-256" in body
    [attached] = mail.iter_attachments()
    assert "nigdy nie zgodziła się" in attached.get_content().decode()
