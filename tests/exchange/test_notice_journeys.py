"""Notices from a pasted link to their end, at the desk in Chromium, with postfix and a site's own servers."""

from __future__ import annotations

import hashlib
import io
import json
import re
import smtplib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from notcontent.hand_on import HandOnCode, format_code
from tests.exchange.conftest import set_up
from tests.exchange.databases import BOTH
from tests.exchange.notices.peers import SENDER, Mailbox, serve_mail
from tests.exchange.notices.postfix import Postfix, free_ports, serve_postfix
from tests.exchange.notices.test_looking import Site, site
from tests.exchange.running import Partner, Person, Running, command, picture_code, until
from tests.exchange.test_desk_journeys import browser_of

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.peer]
#: How every picture and video that a page could show begins.
PICTURES = re.compile(
    rb"\xff\xd8\xff[\xe0\xe1\xdb]..(JFIF|Exif)|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|....ftyp(isom|mp4|avif|heic)",
    re.S,
)


@pytest.fixture(scope="module")
def mail() -> Iterator[Mailbox]:
    """The site's mail server."""
    with serve_mail() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def relay(mail: Mailbox) -> Iterator[tuple[Postfix, int]]:
    """The helpline's relay, and the port where it hands on what comes back."""
    replies, _ = free_ports()
    with serve_postfix(site=mail.port, replies=replies) as postfix:
        yield postfix, replies


@pytest.fixture(scope="module", params=BOTH)
def exchange(
    request: pytest.FixtureRequest, relay: tuple[Postfix, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A running exchange that sends and is answered by postfix."""
    postfix, replies = relay
    running = set_up(request, tmp_path_factory.mktemp("exchange") / "data")
    route = {"host": "127.0.0.1", "port": str(postfix.port), "sender": SENDER, "encryption": "none"}
    running.settle(mail=route).start()
    words = [sys.executable, "-m", "notcontent.cli.main", "exchange", "replies", "--port", str(replies)]
    door = subprocess.Popen([*words, "--folder", str(running.folder)], stdout=subprocess.PIPE)
    assert door.stdout is not None and door.stdout.readline().startswith(b"listening")
    yield running
    door.terminate()
    door.wait(60)
    running.stop()


@pytest.fixture(scope="module")
def mira(exchange: Running, browser: Browser) -> Iterator[Page]:
    """She works at the desk."""
    with browser_of(exchange.desk("mira", "desk"), browser) as context:
        yield context.new_page()


@pytest.fixture(autouse=True)
def no_picture_on_any_disk(exchange: Running) -> Iterator[None]:
    """After every journey, no byte of a picture lies in the exchange's folder."""
    yield
    found = [path.name for path in exchange.folder.rglob("*") if path.is_file() and PICTURES.search(path.read_bytes())]
    assert found == []
    assert PICTURES.search(made_up_picture()), "the search finds what is there"


class Journey:
    """One case, and what Mira does for it."""

    def __init__(self, page: Page, mina: Person, partner: Partner, site: Site, mail: Mailbox) -> None:
        self.page, self.mina, self.partner, self.site, self.mail = page, mina, partner, site, mail
        self.exchange = exchange = mina.exchange
        mail.unknown, mail.mails = set(), []
        said = [{"partner": partner.id, "notices": "go"}]
        assert mina.send([picture_code()], [partner.id], statements=said).is_success
        locator = hashlib.sha256(bytes.fromhex(mina.locator)).hexdigest()
        ((self.case,),) = exchange.execute("SELECT id FROM cases_case WHERE locator_sha256 = ?", locator)

    def draft(self, law: str) -> None:
        """From the pasted link to the exact text."""
        page = self.page
        page.goto(f"/cases/{self.case}/notices")
        page.locator("select[name=law]").select_option(law)
        page.locator("textarea[name=links]").fill(self.site.link)
        page.get_by_role("button", name="Draft it", exact=True).click()
        page.locator("[name=service_name]").fill("Board")
        self.fill()

    def fill(self) -> None:
        page = self.page
        page.locator("[name=to]").fill("abuse@board.example")
        page.locator("[name=looked_up]").check()
        for name, value in (("covered", "yes"), ("partner", self.partner.id), ("minor", "no")):
            page.locator(f"select[name={name}]").select_option(value)
        page.locator("[name=items]").fill(f"a private photo, indoors\n{self.site.link}")
        texts = {
            "consent_facts": "She never agreed.",
            "legal_explanation": "An offence there.",
            "signature": "M. Helper",
        }
        for name, text in texts.items():
            if page.locator(f"[name={name}]").count():
                page.locator(f"[name={name}]").fill(text)
        page.locator("[name=declared]").check()
        page.get_by_role("button", name="Keep the draft").click()
        page.get_by_role("button", name="Check it and write the exact text").click()
        expect(page.get_by_role("heading", name="The exact text")).to_be_visible()

    def skip_evidence(self) -> None:
        self.page.locator("[name=reason]").first.fill("a drill")
        self.page.get_by_role("button", name="Note it", exact=True).click()

    def approve(self) -> None:
        self.page.get_by_role("button", name="Approve this exact text").click()

    def send(self) -> str:
        """Skip the evidence, approve and send; the notice's address."""
        self.skip_evidence()
        self.approve()
        self.reads(READY)
        self.hand_over()
        return self.page.url

    def hand_over(self) -> None:
        self.page.get_by_role("button", name="Send it now").click()
        expect(self.page.get_by_role("heading", name="What happened")).to_be_visible()

    def note(self, to: str, origin: str, **more: str) -> None:
        for name, value in {"to": to, "origin": origin, **more}.items():
            field = self.page.locator(f"form[action$='/news'] [name={name}]")
            field.fill(value) if name == "country" else field.select_option(value)
        self.page.locator("form[action$='/news'] button").click()
        expect(self.page.locator("main .error")).to_have_count(0)

    def reads(self, *sentences: str) -> None:
        """What she reads then on a page without script, each sentence once; the desk sees the same of this notice."""
        code = format_code(HandOnCode(self.mina.locator, self.mina.look_key))
        answer = httpx.post(f"{self.mina.url}/plain/look?lang=en", data={"code": code}, timeout=60)
        told = [
            unescape(re.sub(r"<[^>]+>", "", part)) for part in re.findall(r"</bdi></span></p><p>(.*?)</p>", answer.text)
        ]
        wanted = on_this_day(sentences)
        assert sorted(re.sub(r"until .*", "until", one) for one in told) == wanted
        if len(sentences) == 1:
            expect(self.page.locator("dl.facts").first).to_contain_text(wanted[0])

    def waits(self, what: str) -> None:
        """The queue names it."""
        here = self.page.url
        self.page.goto("/?only=notice")
        expect(self.page.locator("table.queue").get_by_text(what).first).to_be_visible()
        self.page.goto(here)

    def answer(self) -> None:
        """The site answers by mail, with a picture in it."""
        [(_, notice)] = until(lambda: self.mail.mails)
        answer = EmailMessage()
        answer["From"], answer["To"], answer["Subject"] = "desk@board.example", notice["Reply-To"], "Re: removal"
        answer.set_content("We have removed it.")
        answer.add_attachment(made_up_picture(), maintype="image", subtype="jpeg", filename="proof.jpg")
        with smtplib.SMTP(
            "127.0.0.1", json.loads((self.exchange.folder / "exchange.json").read_text())["mail"]["port"]
        ) as smtp:
            smtp.send_message(answer)
        count = "SELECT count(*) FROM letters_letter WHERE about = 'reply' AND case_id = ?"
        until(lambda: self.exchange.execute(count, self.case) == [(1,)])


def on_this_day(sentences: Iterable[str]) -> list[str]:
    """The sentences in their order, with the day that it is."""
    return sorted(sentence.replace("TODAY", f"{datetime.now(UTC):%-d %B %Y}") for sentence in sentences)


def made_up_picture() -> bytes:
    written = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
def journey(mira: Page, mina: Person, partner: Partner, site: Site, mail: Mailbox) -> Journey:
    return Journey(mira, mina, partner, site, mail)


WAITING = "Waiting for a person at the helpline, usually 3 days."
READY = (
    "A person at the helpline has approved this notice. It was not sent yet. Its exact text is in your letters below."
)
SENT = "Sent on TODAY. By law the site has until"


@pytest.mark.parametrize(
    "law", ["us", pytest.param("uk", marks=pytest.mark.on_sqlite), pytest.param("eu", marks=pytest.mark.on_sqlite)]
)
def test_from_a_pasted_link_to_a_checked_removal(journey: Journey, law: str) -> None:
    journey.draft(law)
    journey.reads(WAITING)
    journey.send()
    journey.reads("Sent on TODAY. No law sets this site a time that we could count for you." if law == "eu" else SENT)
    journey.answer()
    journey.page.goto("/?only=letter")
    expect(journey.page.get_by_text("a site answered").first).to_be_visible()
    journey.page.go_back()
    journey.note("removed", "site")
    journey.reads("The site says it took this down (TODAY). We have not checked.")
    journey.site.status = 404
    journey.page.get_by_role("button", name="Ask the links for their headers").click()
    expect(journey.page.locator("dl.facts").first).to_contain_text("it seems gone")
    journey.reads("The site says it took this down (TODAY). We have not checked.")
    journey.note("verified_gone", "helpline")
    journey.note("closed", "helpline")
    journey.reads("A helper checked on TODAY and it was gone.")
    assert not list((journey.exchange.folder / "notice-keys").glob(f"{journey.page.url.rpartition('/')[2]}*"))


@pytest.mark.on_sqlite
def test_a_site_says_no_and_the_next_step_is_taken(journey: Journey) -> None:
    journey.draft("eu")
    journey.send()
    journey.note("refused", "site", reason="not_entitled")
    journey.reads("The site said no on TODAY. The helpline looks at what can be done next.")
    journey.waits("Refused: take the next step")
    expect(journey.page.get_by_text("A complaint can be made until")).to_be_visible()
    journey.note("escalated", "helpline", rung="eu.complaint")
    journey.reads("The helpline took the next step on TODAY.")


@pytest.mark.on_sqlite
def test_a_site_stays_silent_until_its_time_is_over(journey: Journey) -> None:
    journey.draft("us")
    notice = journey.send().rpartition("/")[2]
    then = datetime.now(UTC) - timedelta(days=3)
    journey.exchange.execute(
        "UPDATE notices_notice SET sent = ? WHERE id = ?", f"{then:%Y-%m-%d %H:%M:%S}+00:00", notice
    )
    journey.page.reload()
    over = f"{then + timedelta(days=2):%-d %B %Y}"
    journey.reads(f"The site’s time was over on {over}, and it has not answered. The helpline takes the next step.")
    journey.waits("A site’s time is over, and it has not answered")
    journey.page.get_by_text("Federal Trade Commission").last.click()
    journey.note("escalated", "helpline", rung="us.ftc")
    journey.reads("The helpline took the next step on TODAY.")


@pytest.mark.on_sqlite
def test_a_notice_comes_back_and_goes_out_again(journey: Journey) -> None:
    journey.mail.unknown = {"abuse@board.example"}
    journey.draft("us")
    bounced = journey.send()
    until(lambda: journey.page.reload() and journey.page.get_by_text("bounced", exact=True).count())
    journey.reads("It did not arrive: the mail came back on TODAY. The helpline looks for another way.")
    journey.waits("A notice came back: it did not arrive")
    journey.mail.unknown = set()
    journey.page.get_by_role("button", name="Draft it again").click()
    journey.page.get_by_role("link", name=re.compile("[0-9a-f]{8}")).first.click()
    assert journey.page.url != bounced
    journey.fill()
    journey.skip_evidence()
    journey.approve()
    journey.hand_over()
    until(lambda: journey.mail.mails)
    journey.reads("It did not arrive: the mail came back on TODAY. The helpline looks for another way.", SENT)


@pytest.mark.on_sqlite
def test_a_part_is_blocked_in_one_country_then_gone_then_seen_again(journey: Journey) -> None:
    journey.draft("uk")
    journey.send()
    journey.note("partly", "site", country="fr")
    journey.reads(
        f"It is blocked in one country only (FR, {datetime.now(UTC):%-d %B %Y}). Elsewhere it may still be there."
    )
    journey.note("verified_gone", "helpline")
    journey.reads("A helper checked on TODAY and it was gone.")
    journey.note("reappeared", "helpline")
    journey.reads("It was seen again on TODAY. The helpline writes anew.")
    journey.waits("It was seen again: write anew")
    journey.page.get_by_role("button", name="Draft it again").click()
    journey.reads(
        "It was seen again on TODAY. The helpline writes anew.", "Waiting for a person at the helpline, usually 3 days."
    )


@pytest.mark.on_sqlite
def test_she_takes_it_back_and_drafts_and_clocks_stop(journey: Journey) -> None:
    journey.draft("us")
    journey.send()
    until(lambda: journey.mail.mails)
    journey.draft("uk")
    draft = journey.page.url
    assert journey.mina.withdraw().is_success
    journey.reads(
        "Stopped on TODAY, before it was sent.",
        "Stopped on TODAY. It had been sent before, and what was sent can’t be called back.",
    )
    journey.approve()
    expect(journey.page.locator("main .error")).to_be_visible()
    journey.page.goto(draft)
    expect(journey.page.locator("textarea[name=items]")).to_have_count(0)
    hers = {one for (one,) in journey.exchange.execute("SELECT id FROM notices_notice WHERE case_id = ?", journey.case)}
    keys = {path.stem for path in (journey.exchange.folder / "notice-keys").iterdir()}
    assert len(journey.mail.mails) == 1 and len(hers) == 2 and not hers & keys
    assert "0 asked" in command(journey.exchange.folder, "look")
