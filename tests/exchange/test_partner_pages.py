"""The desk's pages about sites: who sees what of them, and the two people who let one join."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.exchange.desk_people import SignIn

CHECKLIST = {
    "name": "Harbour board",
    "country": "nl",
    "site": "harbour.example",
    "client": "guard",
    "scope": "all",
    "run_by": "Harbour association",
    "runs_in": "NL",
    "forced_by": "nl, de",
    "reviewers": "3",
    "reviewers_are": "paid moderators",
    "longest_hold_hours": "24",
    "appeal": "By a form that a moderator answers.",
    "token_holder": "their operations, in a vault",
    "why_scope": "Two of three are there on any day.",
    "review_again": (datetime.now(UTC).date() + timedelta(days=300)).isoformat(),
    "reason": "they asked to join",
}


def join(client: str = "guard", name: str = "Board") -> Any:
    from notcontent.exchange.partners.joining import add_partner
    from notcontent.exchange.partners.models import Stream

    today = datetime.now(UTC).date()
    joined = add_partner(name=name, country="zz", site="", proves_forgetting=True, today=today, client=client)
    return Stream.objects.select_related("partner").get(feed=joined.feed)


def propose(whose: Any, /, **changed: str) -> Any:
    return whose.post("/partners/add", CHECKLIST | changed)


def test_two_people_let_a_site_join(desk: SignIn) -> None:
    from notcontent.exchange.desk.audit import first_broken_row
    from notcontent.exchange.desk.models import AuditRow, Proposal
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.partners.models import Partner

    mira, noor = desk("mira", Role.DESK), desk("noor", Role.LEAD)
    assert propose(mira).headers["location"] == "/proposals"
    assert not Partner.objects.exists(), "one person adds nobody"
    proposal = Proposal.objects.get()
    assert mira.post(f"/proposals/{proposal.id}/agree").status_code == 422
    shown = noor.get("/proposals").text
    for told in ("Harbour board", "Harbour association", "paid moderators", "vault", "24"):
        assert told in shown
    assert noor.post(f"/proposals/{proposal.id}/agree").status_code == 302
    partner = Partner.objects.get()
    vetting = partner.vettings.get()
    assert (partner.id, partner.name, partner.forced_by) == (proposal.subject, "Harbour board", ["DE", "NL"])
    assert (vetting.reviewers, vetting.longest_hold_hours, vetting.run_by) == (3, 24, "Harbour association")
    assert not partner.stream.verified_only and not partner.stream.tokens.exists(), "nobody has a token yet"
    rows = list(AuditRow.objects.filter(action__endswith="add a partner").values_list("action", flat=True))
    assert rows == ["asked: add a partner", "agreed: add a partner"] and first_broken_row() is None
    for row in AuditRow.objects.all():
        assert "Harbour" not in f"{row.subject} {row.reason}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"country": "Holland"}, "at most 2 characters"),
        ({"country": "1x"}, "two letters"),
        ({"forced_by": "nl, everybody"}, "two letters"),
        ({"reviewers": "0"}, "a claim would decide alone"),
        ({"client": "bot"}, "sent verified entries only"),
        ({"longest_hold_hours": "5000"}, "less than or equal to 720"),
        ({"review_again": "2020-01-01"}, "within the next year"),
        ({"appeal": ""}, "required"),
        ({"reason": "-"}, "Write the reason"),
        ({"client": "telepathy"}, "Select a valid choice"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_checklist_with_a_hole_in_it_is_not_asked_for(desk: SignIn, wrong: dict[str, str], said: str) -> None:
    from notcontent.exchange.desk.models import Proposal
    from notcontent.exchange.desk.roles import Role

    answer = propose(desk("mira", Role.DESK), **wrong)
    assert answer.status_code == 422 and said in answer.text and not Proposal.objects.exists()


def test_a_site_without_reviewers_and_a_bot_may_join_for_verified_entries(desk: SignIn) -> None:
    from notcontent.exchange.desk.models import Proposal
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.partners.models import Partner

    mira, noor = desk("mira", Role.DESK), desk("noor", Role.DESK)
    for number, changed in enumerate(({"reviewers": "0"}, {"client": "bot"})):
        propose(mira, scope="verified", name=f"Site {number}", **changed)
        noor.post(f"/proposals/{Proposal.objects.get(decided=None).id}/agree")
    assert [partner.stream.verified_only for partner in Partner.objects.all()] == [True, True]


def test_a_name_that_was_taken_meanwhile_undoes_the_agreement(desk: SignIn) -> None:
    from notcontent.exchange.desk.models import Proposal
    from notcontent.exchange.desk.roles import Role

    mira, noor = desk("mira", Role.DESK), desk("noor", Role.DESK)
    propose(mira)
    join(name="Harbour board")
    answer = noor.post(f"/proposals/{Proposal.objects.get().id}/agree")
    assert answer.status_code == 422 and "has joined meanwhile" in answer.text
    assert Proposal.objects.get().decided is None
    assert propose(mira, site="other.example").status_code == 422


def test_a_token_is_shown_once_to_a_lead_or_an_operator_and_nowhere_again(desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role

    stream = join()
    noor = desk("noor", Role.OPERATOR)
    answer = noor.post(f"/partners/{stream.partner_id}/token", {"reason": "the first one"})
    (token,) = set(re.findall(r"nct_[\w-]{43}", answer.text))
    assert answer.headers["cache-control"] == "no-store" and "RW" in answer.text
    assert token not in noor.get(f"/partners/{stream.partner_id}").text
    pair = noor.post(f"/partners/{join('stopncii', 'Two').partner_id}/token", {"reason": "the first one"})
    assert len(set(re.findall(r"nct_[\w-]{43}", pair.text))) == 2
    assert noor.post(f"/partners/{stream.partner_id}/token", {"reason": ""}).status_code == 422


def test_canaries_are_spoken_of_to_leads_and_operators_only(desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.partners.canaries import plant_canaries
    from notcontent.exchange.partners.models import CanarySeen

    stream = join()
    plant_canaries(stream, 1)
    CanarySeen.objects.create(canary=stream.canaries.get(), report="0" * 32)
    for name, role, sees in (
        ("a", Role.LEAD, True), ("b", Role.OPERATOR, True), ("c", Role.DESK, False), ("d", Role.AUDITOR, False)
    ):  # fmt: skip
        shown = desk(name, role).get(f"/partners/{stream.partner_id}")
        assert shown.status_code == 200 and ("anar" in shown.text) == sees
    assert stream.canaries.get().id not in shown.text


def test_the_page_says_what_needs_a_look(desk: SignIn) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.lists.models import Entry, Listing, ListingState
    from notcontent.exchange.partners.models import Report

    stream = join()
    today = datetime.now(UTC).date()
    mira = desk("mira", Role.AUDITOR)
    page = f"/partners/{stream.partner_id}"
    assert "Look at this" not in mira.get(page).text and "has not come yet" in mira.get("/partners").text
    stream.heard, stream.number, stream.acked_number = datetime.now(UTC) - timedelta(hours=3), 9, 7
    stream.save()
    gone = Case.objects.create(
        locator_sha256="1" * 64, look_sha256="2" * 64, withdraw_sha256="3" * 64, withdrawn=today - timedelta(days=3)
    )
    live = Case.objects.create(locator_sha256="4" * 64, look_sha256="5" * 64, withdraw_sha256="6" * 64)
    for case, state in ((gone, ListingState.GONE), (live, ListingState.LIVE)):
        entry = Entry.objects.create(case=case, kind="pdq", fingerprints=b"", quality=90)
        listing = Listing.objects.create(entry=entry, stream=stream, state=state, listed_day=today)
    for number in range(6):
        Report.objects.create(
            stream=stream, report=f"{number:032x}", listing=listing, verdict="hold", day=today - timedelta(days=9)
        )
    stream.tokens.update(expires=today + timedelta(days=5), shown_late=today)
    shown = mira.get(page).text
    for said in (
        "has not asked for its list for a while",
        "without its last receipt",
        "Too many holds lie there undecided",
        "ends within two weeks",
        "it may be stolen",
        "silent",
    ):
        assert said in shown, said
    assert '<td>longer</td><td class="number">6</td>' in shown and '<dd class="number">9 · 7</dd>' in shown
    listed = mira.get("/partners").text
    assert '<td class="number">2</td>' in listed and '<td class="number">6</td>' in listed
    stream.heard = datetime.now(UTC) - timedelta(hours=30)
    stream.save()
    assert "its list is too old" in mira.get(page).text


def test_what_was_done_shows_and_is_undone_with_a_reason(desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role

    stream = join()
    page = f"/partners/{stream.partner_id}"
    noor = desk("noor", Role.LEAD)
    for act, word, shows in (
        ("narrow", "", "verified entries only"),
        ("widen", "", "all entries"),
        ("signatures", "demand", "demanded"),
        ("signatures", "leave", "none seen"),
        ("suspend", "", "End the suspension"),
        ("resume", "", "Suspend the site"),
        ("revoke", "all", "No token works"),
    ):
        refused = noor.post(f"{page}/{act}", {"word": word, "reason": ""})
        assert refused.status_code == 422 and "Write the reason" in refused.text
        assert noor.post(f"{page}/{act}", {"word": word, "reason": "to try it"}).headers["location"] == page
        assert shows in noor.get(page).text, act
    vetted = noor.post(f"{page}/vet", CHECKLIST)
    assert vetted.headers["location"] == page and "paid moderators" in noor.get(page).text
    assert 'value="Harbour association"' in noor.get(f"{page}/vet").text
    for wrong in ("/partners/0000", "/partners/0000/vet"):
        assert noor.get(wrong).status_code == 404
    assert noor.post("/partners/0000/suspend", {"reason": "to try it"}).status_code == 404


def test_each_act_is_for_those_who_may_do_it(desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role

    stream = join()
    page = f"/partners/{stream.partner_id}"
    may = {
        "add": {Role.DESK, Role.LEAD},
        "vet": {Role.DESK, Role.LEAD},
        "token": {Role.LEAD, Role.OPERATOR},
        "revoke": {Role.DESK, Role.LEAD, Role.OPERATOR},
        "suspend": {Role.DESK, Role.LEAD, Role.OPERATOR},
        "resume": {Role.LEAD},
        "narrow": {Role.DESK, Role.LEAD},
        "widen": {Role.LEAD},
        "signatures": {Role.LEAD, Role.OPERATOR},
        "guard-key": {Role.LEAD, Role.OPERATOR},
    }
    for role in Role:
        client = desk(role.value, role)
        for act, roles in may.items():
            answer = client.post(f"{page}/{act}" if act != "add" else "/partners/add", {"reason": ""})
            assert answer.status_code == (422 if role in roles else 403), (role, act)
            shown = f'action="{page}/{act}"' in client.get(page).text
            assert not shown or role in roles, (role, act)
