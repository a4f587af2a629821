"""The texts of notices and the directory: nothing of her that a law does not ask for, and no fact without a source."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template

import pytest

from notcontent.exchange.notices.directory.reading import find_service, read_directory
from notcontent.exchange.notices.directory.service import Proof, parse_service
from notcontent.exchange.notices.links import is_link
from notcontent.exchange.notices.regimes.contract import Level
from notcontent.exchange.notices.regimes.facts import Kind, format_facts, is_address, parse_facts
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.wording.rendering import (
    LETTER_GAPS,
    About,
    Wording,
    choose_language,
    gap_of,
    read_wordings,
    render,
    render_letter,
)
from tests.contracts.regime_contract import WHOLE

REPORTED = {"SAYS-WHAT", "SAYS-WHERE", "SAYS-ID", "SAYS-HELPLINE", "says-contact"}
#: What a text may hold under each law, by the words of `WHOLE`; whatever else stands in a case stays there.
MAY_HOLD = {
    "us": {"SAYS-WHAT", "SAYS-WHERE", "SAYS-ID", "SAYS-WHY", "SAYS-SIGNED", "SAYS-HELPLINE", "says-contact"},
    "uk": {"SAYS-WHAT", "SAYS-WHERE", "SAYS-ID", "SAYS-HELPLINE", "says-contact"},
    "eu": {"SAYS-WHAT", "SAYS-WHERE", "SAYS-ID", "SAYS-WHY", "SAYS-LAW", "SAYS-HELPLINE", "says-mail"},
}
EVERY_WORD = set().union(*MAY_HOLD.values()) | {"SAYS-HER-NAME", "2026-03-01"}
WORDINGS = sorted(pair for pair in read_wordings() if REGIMES[pair[0]].sends)
LETTERS = [(law, language, rung.id) for law, language in WORDINGS for rung in REGIMES[law].ladder if rung.has_letter]
ABOUT = About("Board", "0123", "SENT", "DUE")


@pytest.mark.parametrize(("law", "language"), WORDINGS)
def test_a_text_holds_what_its_law_asks_for_and_no_more_of_her(law: str, language: str) -> None:
    facts = replace(WHOLE, language=language)
    text = render(REGIMES[law], facts, service="Board", reference="0123", day=date(2026, 3, 2))
    assert {word for word in EVERY_WORD if word in text.whole} == MAY_HOLD[law]
    assert "0123" in text.subject and text.subject.isprintable() and "$" not in text.whole
    named = render(REGIMES[law], replace(facts, her_name="SAYS-HER-NAME"), service="B", reference="1", day=date.today())
    assert "SAYS-HER-NAME" in named.body


@pytest.mark.parametrize("law", sorted(law for law, language in WORDINGS if language == "en"))
def test_an_english_text_tells_nobody_whether_a_woman_or_a_man_is_shown(law: str) -> None:
    file = files("notcontent.exchange.notices.wording").joinpath(f"{law}.en.toml").read_text("utf-8")
    assert not re.findall(r"\b(?:she|her|hers|he|him|his)\b", file.replace("her_name", ""), re.IGNORECASE)


@pytest.mark.parametrize(("law", "language"), WORDINGS)
def test_a_text_says_that_no_lawyer_has_read_it_and_promises_nothing(law: str, language: str) -> None:
    wording = read_wordings()[law, language]
    said = "once somebody has read it, write down who and when in docs/helpline/notices.md"
    assert not wording.by_lawyer and not wording.by_native_speaker, said
    file = files("notcontent.exchange.notices.wording").joinpath(f"{law}.{language}.toml").read_text("utf-8")
    assert file.startswith("# Not reviewed by a lawyer or a native speaker.")


def shape_of(wording: Wording) -> dict[str, object]:
    """All gaps of all texts, and the ids of all sentences: what must be the same in every language."""
    texts = {"notice": wording.notice} | {f"letter {rung}": text for rung, text in wording.letters.items()}
    parts = {"preserve": wording.preserve, **wording.more, **wording.grounds}
    gaps: dict[str, object] = {
        name: (set(Template(text.subject).get_identifiers()), sorted(Template(text.body).get_identifiers()))
        for name, text in texts.items()
    }
    gaps |= {name: set(Template(text).get_identifiers()) for name, text in parts.items()}
    return gaps | {
        "kinds": set(wording.kinds),
        "consent": set(wording.consent),
        "grounds": set(wording.grounds),
        "declares": set(wording.declares),
    }


@pytest.mark.parametrize(("law", "language"), sorted(read_wordings()))
def test_a_text_has_the_same_gaps_and_sentences_as_in_english_and_each_is_its_own(law: str, language: str) -> None:
    wording, english = read_wordings()[law, language], read_wordings()[law, "en"]
    assert shape_of(wording) == shape_of(english)
    assert set(Template(wording.notice.body).get_identifiers()) <= REGIMES[law].fields | {"preserve"} | {
        gap_of(element) for element in wording.declares
    }
    assert set(wording.letters) == {rung.id for rung in REGIMES[law].ladder if rung.has_letter}
    for letter in wording.letters.values():
        assert set(Template(letter.whole).get_identifiers()) <= LETTER_GAPS
    if REGIMES[law].sends:
        assert set(wording.kinds) == set(Kind) and "SHA-256" in wording.preserve
    if language != "en":
        told = [
            wording.preserve,
            *wording.declares.values(),
            *wording.consent.values(),
            *wording.grounds.values(),
            *wording.more.values(),
        ]
        known = [
            english.preserve,
            *english.declares.values(),
            *english.consent.values(),
            *english.grounds.values(),
            *english.more.values(),
        ]
        assert not any(text and text in known for text in told), "left in English"


def cited(wording: Wording) -> dict[str, list[str]]:
    """Every number in every text: articles, paragraphs, acts."""
    texts = {
        "notice": wording.notice.whole, "preserve": wording.preserve, **wording.grounds, **wording.declares,
        **{rung: letter.whole for rung, letter in wording.letters.items()},
    }  # fmt: skip
    return {name: sorted(re.findall(r"\d+", text)) for name, text in texts.items()}


@pytest.mark.parametrize("language", [language for law, language in WORDINGS if law == "eu"])
def test_a_text_cites_the_same_articles_paragraphs_and_acts_as_in_english(language: str) -> None:
    assert cited(read_wordings()["eu", language]) == cited(read_wordings()["eu", "en"])


@pytest.mark.parametrize(("law", "language"), WORDINGS)
def test_every_element_of_the_law_is_said_in_every_language_and_only_where_it_is_so(law: str, language: str) -> None:
    regime, facts = REGIMES[law], replace(WHOLE, language=language)
    declares = read_wordings()[law, language].declares
    whole = render(regime, facts, service="Board", reference="0123", day=date(2026, 3, 2)).whole
    asked = {element.id: element for element in regime.elements if element.level is not Level.RECOMMENDED}
    # Her age is nobody's to tell, and her word is asked for once the text stands.
    assert (
        set(WITHOUT[law]) == set(asked) - {f"{law}.adult", f"{law}.authority"} and declares[f"{law}.authority"] in whole
    )
    for element_id, without in WITHOUT[law].items():
        assert asked[element_id].is_missing(without)
        poorer = render(
            regime, replace(without, language=language), service="Board", reference="0123", day=date(2026, 3, 2)
        )
        assert poorer.whole != whole, element_id
        if element_id in declares:
            assert declares[element_id] in whole and declares[element_id] not in poorer.whole


[ITEM] = WHOLE.items
WITHOUT = {
    "us": {
        "us.signature": replace(WHOLE, signature=""), "us.consent_facts": replace(WHOLE, consent_facts=""),
        "us.identify": replace(WHOLE, items=(replace(ITEM, description=""),)),
        "us.locate": replace(WHOLE, items=(replace(ITEM, links=(), native_id=""),)),
        "us.contact": replace(WHOLE, contact=""), "us.good_faith": replace(WHOLE, no_consent=False),
    },
    "uk": {
        "uk.declare_intimate": replace(WHOLE, is_intimate=False),
        "uk.declare_good_faith": replace(WHOLE, good_faith=False),
        "uk.declare_true": replace(WHOLE, true_to_best_knowledge=False),
        "uk.identify": replace(WHOLE, items=()), "uk.contact": replace(WHOLE, contact=""),
    },
    "eu": {
        "eu.reasons": replace(WHOLE, legal_explanation=""),
        "eu.location": replace(WHOLE, items=(replace(ITEM, links=()),)),
        "eu.extra_id": replace(WHOLE, items=(replace(ITEM, native_id="", description=""),)),
        "eu.name": replace(WHOLE, sender_name=""), "eu.email": replace(WHOLE, sender_email=""),
        "eu.bona_fide": replace(WHOLE, accurate_complete=False),
    },
}  # fmt: skip


@pytest.mark.parametrize(("law", "language", "rung"), LETTERS)
def test_a_letter_after_a_notice_tells_where_it_is_and_nothing_more_of_her(law: str, language: str, rung: str) -> None:
    facts = replace(WHOLE, language=language)
    text = render_letter(REGIMES[law], rung, facts, ABOUT, recipient="THEM", day=date(2026, 3, 9))
    assert {word for word in EVERY_WORD if word in text.whole} == REPORTED
    assert "0123" in text.subject and "SENT" in text.body and "2026-03-09" in text.body and "$" not in text.whole
    step = REGIMES[law].rung(rung)
    assert step is not None and ("THEM" in text.body) is not step.goes_to_site and "Board" in text.whole


@pytest.mark.parametrize(("law", "language"), WORDINGS)
def test_a_request_to_keep_evidence_says_what_and_until_when_and_goes_only_when_asked_for(
    law: str, language: str
) -> None:
    facts = replace(WHOLE, language=language)
    without, asked = (
        render(REGIMES[law], replace(facts, preserve=preserve), service="B", reference="1", day=date(2026, 3, 2)).body
        for preserve in (False, True)
    )
    assert all(said in asked and said not in without for said in ("2026-08-29", "SHA-256"))


@pytest.mark.parametrize("language", [language for law, language in WORDINGS if law == "eu"])
def test_ready_sentences_and_a_crime_go_out_in_the_notices_own_language(language: str) -> None:
    wording = read_wordings()["eu", language]
    facts = replace(
        WHOLE, language=language, consent_facts="", legal_explanation="", ready_consent=("private", "forged"),
        grounds=("gdpr",), offence="fr",
    )  # fmt: skip
    assert REGIMES["eu"].missing(facts) == ()
    body = render(REGIMES["eu"], facts, service="B", reference="1", day=date(2026, 3, 2)).body
    for sentence in (wording.consent["private"], wording.consent["forged"], wording.grounds["gdpr"]):
        assert sentence in body
    assert "article 226-2-1 du code pénal (FR)" in body
    english = render(REGIMES["eu"], facts, service="B", reference="1", day=date(2026, 3, 2), language="en").body
    assert read_wordings()["eu", "en"].consent["private"] in english


@pytest.mark.parametrize(("law", "language"), [("kr", "ko"), ("cn", "zh-Hans")])
def test_a_guided_way_has_a_text_to_fill_in_that_asks_nobody_for_the_picture(law: str, language: str) -> None:
    text, english = (read_wordings()[law, one].notice.whole for one in (language, "en"))
    assert text.count("(") + text.count("（") >= 5 and "$" not in text
    assert "do not attach" in english


def test_every_site_that_takes_notices_has_a_text_in_a_language_of_its_own() -> None:
    for service in read_directory().values():
        for law in {law for channel in service.channels for law in channel.laws}:
            assert any((law, language) in read_wordings() for language in service.languages), service.key


@pytest.mark.parametrize("law", [key for key, regime in REGIMES.items() if regime.sends])
def test_every_law_that_sends_has_an_english_text_and_the_sites_own_language_comes_first(law: str) -> None:
    assert (law, "en") in read_wordings()
    assert choose_language(REGIMES[law], ("xx", "en")) == "en" and choose_language(REGIMES[law], ()) == "en"
    assert choose_language(REGIMES["eu"], ("xx", "pl", "en")) == "pl"


def test_facts_are_read_back_as_they_were_written() -> None:
    assert parse_facts(format_facts(WHOLE)) == WHOLE
    ready = replace(WHOLE, ready_consent=("never",), grounds=("gdpr",), offence="de")
    assert parse_facts(format_facts(ready)) == ready
    older = {
        name: value for name, value in json.loads(format_facts(WHOLE)).items() if name not in ("grounds", "offence")
    }
    assert parse_facts(json.dumps(older)) == WHOLE
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
        assert set(service.covered) <= set(REGIMES) and (service.channels or service.notes) and service.identifiers
        for channel in service.channels:
            assert channel.source and channel.laws and set(channel.laws) <= set(REGIMES)
            assert channel.seen is None or channel.seen <= service.checked
        for said in service.covered.values():
            assert said.why.endswith(".") and said.source
            assert said.answer != "yes" or any(channel.proof is Proof.READ for channel in service.channels)


def test_no_two_sites_claim_the_same_host() -> None:
    hosts = [host for service in read_directory().values() for host in service.hosts]
    assert len(hosts) == len(set(hosts))


def test_a_site_in_china_or_korea_is_written_to_by_nobody_here() -> None:
    for service in read_directory().values():
        if service.country in ("CN", "KR"):
            assert not any(service.channels_for(law) for law, regime in REGIMES.items() if regime.sends)
            assert any(
                "Nothing is sent from here" in note or "nothing is sent from here" in note for note in service.notes
            )


def test_an_address_counts_as_read_only_for_half_a_year_and_never_without_a_date() -> None:
    channels = {channel.to: channel for service in read_directory().values() for channel in service.channels}
    dated, undated = channels["https://telegram.org/dsa-report"], channels["https://cs.kakao.com/"]
    assert dated.seen is not None and dated.is_sure(dated.seen + timedelta(days=180))
    assert not dated.is_sure(dated.seen + timedelta(days=181))
    assert undated.proof is Proof.READ and not undated.is_sure(undated.seen or date(2026, 11, 29))


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
        ("https://mp.weixin.qq.com/s/1", "wechat"),
        ("https://user.qzone.qq.com/1", "qq"),
        ("https://www.google.com/search?q=a", "google-search"),
        ("https://drive.google.com/a", None),
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
        {**whole, "union_seat": "Ireland"},
        {**whole, "channels": [{**whole["channels"][0], "seen": "today"}]},
    ):
        with pytest.raises(ValueError, match=r"must|has|goes"):
            parse_service("x", broken)


@pytest.mark.parametrize("law", sorted(REGIMES))
def test_the_handbook_has_a_way_for_each_law_with_every_element_its_sources_and_their_day(law: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / "helpline" / "laws.md").read_text("utf-8")
    titles = {"us": "United States", "uk": "United Kingdom", "eu": "European Union", "kr": "Korea", "cn": "China"}
    section = text.split(f"\n## {titles[law]}")[1].split("\n## ")[0]
    regime = REGIMES[law]
    assert f"As of {regime.checked.day} November 2026" in section and "Sources: " in section
    asked = {one.id for one in regime.elements if one.level is Level.MUST and one.source != "house rule"}
    assert all(f"`{element}`" in section for element in asked)
    if regime.sends:
        assert all(f"`{rung.id}`" in section for rung in regime.ladder) and "**To keep evidence.** None:" in section
    else:
        assert "sends nothing" in section
