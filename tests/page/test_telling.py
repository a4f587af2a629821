"""What she may tell and ask for on the way: links, permission, letters, digits, waiting, codes to hand on."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from .person_face import Face
from .walk import QUESTIONS, Walk, file, made_up_jpeg


def last_case(walk: Walk) -> dict[str, object]:
    """The body that opened the case, or added to it last."""
    sent = [seen.body for seen in walk.face.exchange.seen if (seen.method, seen.path) == ("POST", "/v1/cases")]
    return json.loads(sent[-1])  # type: ignore[no-any-return]


def send(walk: Walk) -> None:
    """From the check to the open case."""
    walk.page.locator("#sentence").wait_for()
    walk.button("Yes, go on").click()
    walk.words = walk.page.locator(".keep-words li").all_inner_texts()
    walk.button("I have them").click()
    walk.page.locator("#word").fill(walk.asked_word())
    walk.page.get_by_role("button", name="Send", exact=True).click()
    walk.heading("Your case is open").wait_for()


def test_a_person_without_the_file_sends_links_that_only_the_helpline_reads(walk: Walk) -> None:
    walk.to_age("I don’t have the file")
    walk.button("18 or older").click()
    walk.page.get_by_role("button", name="Me", exact=True).click()
    walk.page.get_by_label("A photo").check()
    walk.button("Go on").click()
    walk.skip(*QUESTIONS[2:4])
    walk.page.get_by_label("Where I live").check()
    walk.button("Go on").click()
    walk.page.locator("#links").fill("example.org/no\nhttps://example.org/secret-group/7")
    walk.button("Go on").click()
    expect(walk.page.locator("#links-error")).to_contain_text("Line 1 is not a link")
    walk.page.locator("#links").fill("https://example.org/secret-group/7")
    walk.page.locator("#link-title").fill("A hidden title")
    walk.button("Go on").click()
    walk.button("Go on").click()
    walk.page.locator("#letter").fill("Please be quick.")
    walk.page.locator("summary", has_text="Let them reach me").click()
    walk.page.locator("#way").select_option("email")
    walk.page.locator("#where").fill("mina@example.org")
    walk.button("Go on").click()
    send(walk)

    body = last_case(walk)
    assert (body["circumstance"], body["entries"], body["partners"]) == ("no_file", [], [])
    everything = b"".join(seen.path.encode() + seen.body for seen in walk.face.exchange.seen).decode("latin-1")
    for secret in ("secret-group", "hidden title", "quick", "mina@", "photo", "address"):
        assert secret not in everything
    [letter, reach] = walk.face.exchange.letters_of(str(body["locator"]))
    assert letter == {
        "answers": {"for": "me", "made": ["photo"], "exposed": ["address"]},
        "links": [{"url": "https://example.org/secret-group/7", "title": "A hidden title"}],
        "text": "Please be quick.",
    }
    # A letter of its own, so that the helpline can ask for two people before it is opened.
    assert reach == {
        "contact": {"way": "email", "where": "mina@example.org", "hours": "", "name": "", "voicemail": "no"},
    }


def test_her_permission_is_given_for_the_sites_she_names_and_can_be_taken_back(walk: Walk) -> None:
    walk.to_pictures()
    walk.choose(file(made_up_jpeg(81)))
    walk.button("Go on").click()
    walk.page.get_by_role("button", name="All", exact=True).click()
    walk.button("Go on").click()
    expect(walk.page.locator("#statement")).to_contain_text("Example Helpline may send notices in its own name")
    walk.page.get_by_role("checkbox", name="Example Board").check()
    walk.button("Yes, and don’t ask again").click()
    walk.button("Go on").click()
    send(walk)
    assert last_case(walk)["statements"] == [{"partner": "a1" * 8, "notices": "go"}]
    walk.button("See my case").click()
    walk.page.locator("summary", has_text="Example Board").click()
    walk.button("Take that back").click()
    walk.heading("Your case is open").wait_for()
    assert last_case(walk)["statements"] == [{"partner": "a1" * 8, "notices": "revoked"}]
    assert last_case(walk)["entries"] == []


def test_sites_can_be_taken_by_what_they_prove_and_by_whom_they_can_be_forced(walk: Walk) -> None:
    walk.to_pictures()
    walk.choose(file(made_up_jpeg(82)))
    walk.button("Go on").click()
    chosen = walk.page.get_by_role("checkbox", checked=True)
    expect(chosen).to_have_count(0)
    walk.button("All that can prove forgetting").click()
    expect(chosen).to_have_count(2)
    walk.page.locator("summary", has_text="None in my country").click()
    walk.page.get_by_label("My country").select_option("DE")
    expect(chosen).to_have_count(1)
    expect(walk.page.get_by_role("checkbox", name="Old Gallery")).to_be_checked()
    expect(walk.page.locator("main")).to_contain_text("Can be forced by: Austria and Germany")
    walk.page.get_by_label("Send it the codes too").check()
    walk.button("Go on").click()
    walk.page.get_by_role("button", name="No", exact=True).click()
    walk.button("Go on").click()
    send(walk)
    assert (last_case(walk)["later_sites"], last_case(walk)["partners"]) == ("yes", ["c3" * 8])


def test_an_answer_of_the_helpline_is_opened_with_her_words_and_not_with_a_looking_code(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(83)))
    walk.face.exchange.answer_her(str(last_case(walk)["locator"]), "We wrote to the site.")
    walk.come_back(" ".join(walk.words))
    expect(walk.page.get_by_text("We wrote to the site.")).to_be_visible()
    walk.button("Give a friend a code").click()
    walk.button("Show it").first.click()
    looking_code = walk.page.locator("main .code").first.inner_text()
    walk.come_back(looking_code.lower())
    walk.heading("How is your case?").wait_for()
    expect(walk.page.get_by_text("A looking code can’t open them.")).to_be_visible()
    expect(walk.page.get_by_text("We wrote to the site.")).to_have_count(0)
    for name in ("Take it back", "Add files", "Write to the helpline", "Give a friend a code"):
        expect(walk.button(name)).to_have_count(0)


def test_she_is_asked_about_a_notice_and_told_of_no_clock_before_one_runs(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(87)))
    told = {"law": "Some Act", "country": "", "letter": None, "answer": None}
    asked = told | {"id": "a1" * 8, "site": "", "word": "asks", "since": None, "due": None, "asks": True}
    sent = told | {
        "id": "b2" * 8, "site": "Board", "word": "sent_with_clock", "since": "2026-11-22T09:30+00:00",
        "due": "2026-11-24T09:30+00:00", "asks": False,
    }  # fmt: skip
    walk.face.exchange.cases[str(last_case(walk)["locator"])]["notices"] = [asked, sent]
    walk.come_back(" ".join(walk.words))
    expect(walk.page.get_by_text("By law the site has until 24 November 2026, 09:30 UTC.")).to_be_visible()
    expect(walk.page.get_by_text("a site that the letter names")).to_be_visible()
    walk.button("Yes, it may go").click()
    expect(walk.page.get_by_text("You said: Yes, it may go")).to_be_visible()
    assert asked["answer"] == "yes" and sent["answer"] is None


def test_new_places_are_shown_only_when_she_asks_for_them_with_what_they_do_not_show(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(88)))
    case = walk.face.exchange.cases[str(last_case(walk)["locator"])]
    walk.come_back(" ".join(walk.words))
    walk.button("Show me if it was seen in new places").click()
    expect(walk.page.get_by_text("No site has told of new places.")).to_be_visible()
    case["seen_again"] = {"a1" * 8: "2026-11-16"}
    walk.come_back(" ".join(walk.words))
    walk.button("Show me how often").click()
    seen = walk.page.get_by_text("Seen again in new places, in the week of 16 November 2026")
    means = walk.page.get_by_text("This does not show who posted, owns or joined these places.")
    expect(walk.page.get_by_text("Nothing has been found so far")).to_be_visible()
    for told in (seen, means):
        expect(told).to_have_count(0)
    walk.button("Show me if it was seen in new places").click()
    for told in (seen, means):
        expect(told).to_have_count(1)
    expect(seen).to_be_visible()
    expect(walk.page.get_by_text("Nothing has been found so far")).to_have_count(0)
    walk.button("Don’t show me new places").click()
    expect(seen).to_have_count(0)
    assert walk.problems == []


def test_she_can_write_later_and_what_she_wrote_is_not_shown_back(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(84)))
    walk.button("See my case").click()
    walk.button("Write to the helpline").click()
    walk.page.locator("#letter").fill("Something new happened")
    walk.button("Go on").click()
    walk.button("Yes, send it").click()
    walk.heading("Your case is open").wait_for()
    assert walk.face.exchange.letters_of(str(last_case(walk)["locator"])) == [{"text": "Something new happened"}]
    walk.button("See my case").click()
    expect(walk.page.get_by_text("Not read yet")).to_be_visible()
    expect(walk.page.locator("main")).not_to_contain_text("Something new")


def test_a_withdrawal_that_waits_can_be_stopped(walk: Walk) -> None:
    walk.to_check(file(made_up_jpeg(85)))
    walk.page.locator("summary", has_text="If someone could force you").click()
    walk.page.get_by_role("checkbox", name="Wait 3 days").check()
    send(walk)
    assert last_case(walk)["wait_days"] == 3
    walk.button("See my case").click()
    walk.button("Take it back").click()
    walk.button("Forget everything, also messages").click()
    expect(walk.page.get_by_text("You asked for 3 days.")).to_be_visible()
    walk.button("Yes, take it back").click()
    expect(walk.page.get_by_text("Until then you can stop that")).to_be_visible()
    expect(walk.button("Take it back")).to_have_count(0)
    walk.button("Stop that, keep my case").click()
    expect(walk.button("Take it back")).to_be_visible()
    assert walk.case()["withdrawn"] is None


def test_digits_open_a_case_too(walk: Walk) -> None:
    walk.to_words(file(made_up_jpeg(86)))
    words = walk.words
    walk.button("Use 24 digits instead").click()
    walk.page.locator("#sentence").wait_for()
    walk.button("Yes, go on").click()
    walk.words = walk.page.locator(".keep-words li").all_inner_texts()
    assert len(walk.words) == 6 and all(re.fullmatch(r"\d{4}", group) for group in walk.words) and walk.words != words
    walk.button("I have them").click()
    walk.page.locator("#word").fill(
        walk.words[int(re.search(r"group (\d)", walk.page.locator("h1").inner_text())[1]) - 1]
    )  # type: ignore[index]
    walk.page.get_by_role("button", name="Send", exact=True).click()
    walk.heading("Your case is open").wait_for()
    walk.come_back("".join(walk.words))
    walk.heading("How is your case?").wait_for()


def test_another_app_in_front_finds_nothing_to_see(walk: Walk) -> None:
    walk.to_words(file(made_up_jpeg(87)))
    change = """(state) => {
      Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    walk.page.evaluate(change, "hidden")
    assert walk.page.locator("body").inner_text().split("\n")[0] == "Notes"
    for word in walk.words:
        expect(walk.page.get_by_text(word, exact=True)).to_be_hidden()
    walk.page.evaluate(change, "visible")
    expect(walk.page.get_by_text(walk.words[0], exact=True)).to_be_hidden()
    walk.button("Show the page again").click()
    expect(walk.page.get_by_text(walk.words[0], exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "app", ["MicroMessenger/8.0", "QQ/9.1", "KAKAOTALK 10", "Line/13.1", "Instagram 300", "Telegram-Android/11"]
)
def test_a_browser_inside_another_app_is_stopped_before_the_first_question(
    browser: Browser, face: Face, app: str
) -> None:
    with browser.new_context(user_agent=f"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 {app}") as context:
        page = context.new_page()
        page.goto(face.url)
        expect(page.get_by_role("heading", name="Please open this page in your own browser")).to_be_visible()
        expect(page.get_by_role("button", name="Begin")).to_have_count(0)
        expect(page.get_by_text(face.url)).to_be_visible()


@pytest.mark.parametrize("tag", ["zh-Hans", "ar"])
def test_a_language_changes_in_place_and_leaves_no_way_back(walk: Walk, tag: str) -> None:
    entries = walk.page.evaluate("history.length")
    walk.page.locator("select.languages").select_option(tag)
    walk.page.wait_for_url(f"**/{tag}")
    walk.page.locator("#main .button-main").wait_for()
    assert walk.page.evaluate("[history.length, document.documentElement.lang]") == [entries, tag]
    assert walk.page.evaluate("document.documentElement.dir") == ("rtl" if tag == "ar" else "ltr")
    expect(walk.page.locator("h1")).not_to_contain_text("Is someone")
