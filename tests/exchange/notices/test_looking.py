"""Is it gone? What headers may say, what only a human may, and when somebody looks again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.exchange.desk_people import SignIn
from tests.exchange.notices.conftest import NOW, Her, whole_facts
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_following import note, read
from tests.exchange.notices.test_sending import prepare, send

DAY = timedelta(days=1)
#: By how much a look is put off at most.
LATER = timedelta(hours=6)


class Site(ThreadingHTTPServer):
    """A site that answers every page with `status`, and remembers what it was asked."""

    status: int = 200
    asked: list[tuple[str, str, dict[str, str]]]

    @property
    def link(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/thread/5501923"


class _Page(BaseHTTPRequestHandler):
    server: Site

    def do_HEAD(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers.items())))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST = do_HEAD

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site(("127.0.0.1", 0), _Page)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sent_about(mina: Her, *links: str) -> Any:
    from dataclasses import replace

    facts = whole_facts()
    return send(prepare(mina, facts=replace(facts, items=(replace(facts.items[0], links=links),))))


def test_headers_say_at_most_that_it_seems_gone_and_she_is_told_no_more_than_before(
    mina: Her, mailbox: Mailbox, site: Site, desk: SignIn
) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.notices.looking import ask_all_due
    from notcontent.exchange.notices.models import Notice

    notice, noor = sent_about(mina, site.link), desk("noor", Role.DESK)
    assert ask_all_due(NOW + 9 * DAY) == (0, 0, 0), "before the site said anything, its clock runs and nobody is asked"
    note(notice, "removed", "site", 1)
    told = read(mina, 30)
    assert ask_all_due(NOW + DAY) == (0, 0, 0), "not before it is due"
    site.status = 404
    assert noor.post(f"/notices/{notice.id}/headers").status_code == 302
    stored = Notice.objects.get(id=notice.id)
    assert (stored.state, stored.seemed) == ("removed", "gone") and "it seems gone" in noor.get(
        f"/notices/{notice.id}"
    ).text
    assert read(mina, 30) == told == ["The site says it took this down (22 November 2026). We have not checked."]
    [(method, path, headers)] = site.asked
    # One request without a body and without a word of who asks, or for whom.
    assert (method, path) == ("HEAD", "/thread/5501923")
    assert set(headers) == {"Host", "Accept-Encoding", "User-Agent", "Accept"}
    assert headers["User-Agent"] == "Mozilla/5.0"


@pytest.mark.on_sqlite
@pytest.mark.parametrize(
    ("statuses", "seemed"),
    [((404,), "gone"), ((410, 404), "gone"), ((404, 200), "unclear"), ((451,), "unclear"), ((302,), "unclear"),
     ((403,), "unclear"), ((500,), "unclear"), ((None,), "unclear"), ((), "unclear")],
)  # fmt: skip
def test_only_not_found_and_gone_for_all_links_seem_gone(statuses: tuple[int | None, ...], seemed: str) -> None:
    from notcontent.exchange.notices.looking import judge

    assert judge(list(statuses)) == seemed


@pytest.mark.on_sqlite
def test_no_address_of_our_own_network_is_asked(tables: Any, site: Site) -> None:
    from dataclasses import replace

    from django.conf import settings

    from notcontent.exchange.notices.looking import ask_for_statuses

    site.status = 404
    links = [site.link, site.link.replace("127.0.0.1", "localhost"), "http://169.254.169.254/", "ftp://127.0.0.1/"]
    profile = settings.PROFILE
    assert ask_for_statuses(links[:2]) == [404, 404]
    settings.PROFILE = replace(profile, practice=False)
    try:
        assert ask_for_statuses(links) == [None] * 4
    finally:
        settings.PROFILE = profile
    assert len(site.asked) == 2


def test_a_notice_whose_key_is_gone_keeps_back_no_other(mina: Her, mailbox: Mailbox, site: Site) -> None:
    from django.conf import settings

    from notcontent.exchange.notices.looking import ask_all_due

    restored, whole = sent_about(mina, site.link), sent_about(mina, site.link)
    for notice in (restored, whole):
        note(notice, "removed", "site", 1)
    (settings.FOLDER.notice_keys / f"{restored.id}.key").unlink()
    type(mina.case).objects.update(withdraws_on=(NOW + 3 * DAY).date())
    assert ask_all_due(NOW + 2 * DAY) == (0, 0, 0), "while she takes it back, nothing is asked for her"
    type(mina.case).objects.update(withdraws_on=None)
    assert ask_all_due(NOW + 2 * DAY) == (1, 0, 1)


def test_what_was_gone_is_looked_at_again_and_a_human_only_where_headers_leave_it_open(
    mina: Her, mailbox: Mailbox, site: Site, desk: SignIn
) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.waiting import read_queue
    from notcontent.exchange.notices.drafting import draft_again
    from notcontent.exchange.notices.looking import ask_all_due, note_still_gone

    def rows(day: float) -> list[str]:
        return [
            row.what for row in read_queue("noor", frozenset({Role.DESK}), NOW + day * DAY).rows if row.kind == "notice"
        ]

    notice = sent_about(mina, site.link)
    note(notice, "removed", "site", 1)
    assert rows(1) == [] and rows(1.4) == ["Look whether it is gone"]
    gone = note(notice, "verified_gone", "helpline", 48)
    assert rows(2.9) == [] and rows(3.3) == ["Look again: is it still gone?"]
    assert gone.look_at <= NOW + 3 * DAY + LATER
    site.status = 404
    assert ask_all_due(NOW + 3.3 * DAY) == (1, 1, 0) and rows(3.3) == []
    site.status = 200
    # Three days after it was seen to be gone; whoever was away looks once for all that was missed.
    assert ask_all_due(NOW + 5.3 * DAY) == (1, 0, 0) and rows(5.3) == ["Look again: is it still gone?"]
    assert ask_all_due(NOW + 5.4 * DAY) == (0, 0, 0), "once a day is enough"
    note_still_gone(notice.id, actor="noor", now=NOW + 10 * DAY)
    assert rows(31) == [] and rows(32.3) == ["Look again: is it still gone?"]
    note_still_gone(notice.id, actor="noor", now=NOW + 100 * DAY)
    assert rows(100) == ["It stayed gone: close the notice"]
    note(notice, "reappeared", "helpline", 24 * 101)
    assert rows(101) == ["It was seen again: write anew"]
    assert read(mina, 24 * 101) == ["It was seen again on 3 March 2027. The helpline writes anew."]
    again = draft_again(notice.id, actor="noor", today=(NOW + 101 * DAY).date())
    assert rows(101) == [] and again.look_at is None


def test_a_letter_after_a_notice_is_looked_after_under_its_notice(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import State
    from notcontent.exchange.notices.stepping import plan_look

    notice = note(send(prepare(mina)), "removed", "site", 1)
    letter = Notice(previous=notice, rung="us.ftc", state=State.REMOVED.value)
    plan_look(letter, NOW)
    assert notice.look_at is not None and letter.look_at is None
