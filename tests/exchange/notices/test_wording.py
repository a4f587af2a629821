"""The texts of notices and the directory: nothing of her that a law does not ask for, and no fact without a source."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from string import Template

import pytest

from notcontent.exchange.notices.directory.reading import find_service, read_directory
from notcontent.exchange.notices.directory.service import Proof, parse_service
from notcontent.exchange.notices.links import is_link
from notcontent.exchange.notices.regimes.facts import format_facts, is_address, parse_facts
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.wording.rendering import choose_language, read_wordings, render
from tests.contracts.regime_contract import WHOLE

#: What a text may hold under each law, by the words of `WHOLE`; whatever else stands in a case stays there.
MAY_HOLD = {
    "us": {"SAYS-WHAT", "SAYS-WHERE", "SAYS-ID", "SAYS-WHY", "SAYS-SIGNED", "SAYS-HELPLINE", "says-contact"},
    "uk": {"SAYS-WHAT", "SAYS-WHERE", "SAYS-ID", "SAYS-HELPLINE", "says-contact"},
    "eu": {"SAYS-WHAT", "SAYS-WHERE", "SAYS-ID", "SAYS-WHY", "SAYS-LAW", "SAYS-HELPLINE", "says-mail"},
}
EVERY_WORD = set().union(*MAY_HOLD.values()) | {"SAYS-HER-NAME", "2026-03-01"}
WORDINGS = sorted(read_wordings())


@pytest.mark.parametrize(("law", "language"), WORDINGS)
def test_a_text_holds_what_its_law_asks_for_and_no_more_of_her(law: str, language: str) -> None:
    facts = replace(WHOLE, language=language)
    text = render(REGIMES[law], facts, service="Board", reference="0123", day=date(2026, 3, 2))
    assert {word for word in EVERY_WORD if word in text.whole} == MAY_HOLD[law]
    assert "0123" in text.subject and text.subject.isascii() and "$" not in text.whole
    named = render(REGIMES[law], replace(facts, her_name="SAYS-HER-NAME"), service="B", reference="1", day=date.today())
    assert "SAYS-HER-NAME" in named.body


@pytest.mark.parametrize(("law", "language"), WORDINGS)
def test_a_text_says_that_no_lawyer_has_read_it_and_promises_nothing(law: str, language: str) -> None:
    wording = read_wordings()[law, language]
    assert not wording.reviewed, "once a lawyer has read it, write down who and when in docs/helpline/notices.md"
    assert set(Template(wording.body).get_identifiers()) <= REGIMES[law].fields | {"preserve"}


@pytest.mark.parametrize("law", [key for key, regime in REGIMES.items() if regime.sends])
def test_every_law_that_sends_has_an_english_text_and_the_sites_own_language_comes_first(law: str) -> None:
    assert (law, "en") in read_wordings()
    assert choose_language(REGIMES[law], ("xx", "en")) == "en" and choose_language(REGIMES[law], ()) == "en"


def test_facts_are_read_back_as_they_were_written() -> None:
    assert parse_facts(format_facts(WHOLE)) == WHOLE
    told = json.loads(format_facts(WHOLE))
    with pytest.raises(ValueError, match="fields"):
        parse_facts(json.dumps(told | {"phone": "1"}))


@pytest.mark.parametrize(
    "text",
    [
        *("javascript:alert(1)", "https://", "https://a:b@c.example/", "https://a.example/ b", "ftp://a.example"),
        "https://a\n.b",
    ],
)
def test_what_is_no_web_address_is_no_link(text: str) -> None:
    assert not is_link(text)


@pytest.mark.parametrize("text", ["a@b", "a b@c.example", "a@c.example\nBcc: d@e.example", "a@c..example", ""])
def test_what_is_no_address_is_written_to_by_nobody(text: str) -> None:
    assert not is_address(text)


def test_every_file_of_the_directory_follows_the_form_and_names_its_sources() -> None:
    for service in read_directory().values():
        assert service.checked <= date.today() + timedelta(days=1)
        assert set(service.covered) <= set(REGIMES) and service.channels and service.identifiers
        for channel in service.channels:
            assert channel.source and set(channel.laws) <= {key for key, one in REGIMES.items() if one.sends}
        for said in service.covered.values():
            assert said.why.endswith(".") and said.source
            assert said.answer != "yes" or any(channel.proof is Proof.READ for channel in service.channels)


def test_a_fact_of_half_a_year_ago_is_stale() -> None:
    service = read_directory()["telegram"]
    assert not service.is_stale(service.checked + timedelta(days=180))
    assert service.is_stale(service.checked + timedelta(days=181))


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("https://t.me/name/123", "telegram"),
        ("https://www.x.com/a", "x"),
        ("https://notx.com/a", None),
        ("https://[bad", None),
    ],
)
def test_a_site_is_known_by_the_host_of_a_link(link: str, key: str | None) -> None:
    found = find_service(link)
    assert (found.key if found else None) == key


def test_a_file_that_lacks_a_source_or_names_a_wrong_address_is_refused() -> None:
    import tomllib

    text = files("notcontent.exchange.notices.directory").joinpath("services", "x.toml").read_text("utf-8")
    whole = tomllib.loads(text)
    assert parse_service("x", whole).name.startswith("X")
    for broken in (
        {**whole, "checked": "yesterday"},
        {
            **whole,
            "channels": [{"way": "email", "to": "https://x.example", "laws": ["us"], "proof": "read", "source": "s"}],
        },
        {**whole, "channels": [{"way": "form", "to": "https://x.example", "laws": ["us"], "proof": "read"}]},
        {**whole, "covered": {"us": {"answer": "perhaps", "why": "w", "source": "s"}}},
        {**whole, "rating": 5},
    ):
        with pytest.raises(ValueError, match=r"must|has|goes"):
            parse_service("x", broken)
