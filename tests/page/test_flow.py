"""The page from the first question to the signed goodbye, against an exchange after docs/spec/person.md."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from .oracle import orientations_of
from .person_face import Face
from .walk import Walk, file, made_up_jpeg, photograph, plain_png, tells_words

NAMES = ("holiday-with-mina.jpg", "IMG_20261120_screenshot.png")


def test_a_case_is_opened_followed_and_taken_back(walk: Walk) -> None:
    pictures = [photograph("rocket.jpg"), photograph("chelsea.png")]
    walk.to_check(*(file(data, name) for data, name in zip(pictures, NAMES, strict=True)))
    walk.page.get_by_text("Show every byte").click()
    shown = walk.page.locator("#every-byte").inner_text()
    walk.button("Yes, go on").click()
    walk.words = walk.page.locator(".keep-words li").all_inner_texts()
    walk.button("I have them").click()
    walk.page.locator("#word").fill(f" {walk.asked_word().upper()} ")
    walk.button("Send").last.click()
    walk.heading("Your case is open").wait_for()

    assert walk.posts() == [shown.encode()], "what was shown is what was sent, byte for byte"
    case = walk.case()
    assert (case["circumstance"], case["partners"]) == ("online", [site["id"] for site in walk.face.exchange.partners])
    for data, entry in zip(pictures, case["entries"], strict=True):
        expected, quality = orientations_of(data)
        assert entry["orientations"] == expected
        assert entry["quality"] == quality

    walk.button("See my case").click()
    expect(walk.page.get_by_text("On its way", exact=True)).to_have_count(3)
    expect(walk.page.get_by_text("Nothing has been found so far")).to_have_count(0)
    walk.button("Show me how often").click()
    expect(walk.page.get_by_text("Nothing has been found so far")).to_be_visible()

    case["states"] = {"a1" * 8: "listed"}
    case["hits"] = {"a1" * 8: "a few times"}
    case["already_there"] = {"a1" * 8}
    walk.come_back(f"\n{'  '.join(walk.words).upper()}\n")
    walk.button("Show me how often").click()
    expect(walk.page.get_by_text("Held or stopped there a few times")).to_be_visible()
    from_before = walk.page.get_by_text("The site found copies from before you came.")
    expect(from_before).to_have_count(1)
    expect(from_before).to_be_visible()
    walk.button("Take it back").click()
    walk.button("Stop matching only").click()
    assert case["withdrawn"] is None, "asked once more first"
    walk.button("Yes, take it back").click()
    expect(walk.page.get_by_text("Your codes are taken back.")).to_be_visible()
    # Without the code the site no longer sees which ones they were.
    expect(from_before).to_have_count(0)
    assert case["withdrawn"] == "2026-11-22"
    case["states"] = {"a1" * 8: "erased", "b2" * 8: "stopped", "c3" * 8: "stopping"}
    walk.button("Look again").click()
    for word in ("Erased", "No longer used", "Being taken back"):
        expect(walk.page.locator(".state", has_text=word)).to_have_count(1)
    assert walk.problems == []


def test_no_picture_bytes_no_file_name_and_no_word_leaves_the_page(walk: Walk) -> None:
    pictures = [made_up_jpeg(31), made_up_jpeg(32, 300, 500), photograph("coffee.png")]
    names = (*NAMES, "x-private.png")
    walk.to_done(*(file(data, name) for data, name in zip(pictures, names, strict=True)))
    walk.come_back(" ".join(walk.words))
    walk.button("Take it back").wait_for()

    outgoing = [
        seen.path.encode() + b"\n" + repr(seen.headers).encode() + b"\n" + seen.body for seen in walk.face.exchange.seen
    ]
    outgoing += [request.url.encode() + b"\n" + (request.post_data_buffer or b"") for request in walk.requests]
    windows = {sent[at : at + 12] for sent in outgoing for at in range(len(sent) - 11)}
    for data in pictures:
        assert not any(data[at : at + 12] in windows for at in range(len(data) - 11))
    everything = b"\n".join(outgoing).decode("latin-1").lower()
    for name in names:
        assert name.lower().rsplit(".", 1)[0] not in everything
    assert tells_words(walk.words, f"{everything} {' '.join(walk.words)}")
    assert not tells_words(walk.words, everything)
    assert {request.url.split("/")[2] for request in walk.requests} == {walk.face.url.split("/")[2]}
    assert "cookie" not in everything
    assert "referer" not in everything


def test_nothing_is_left_on_the_device(walk: Walk, page: Page) -> None:
    entries = page.evaluate("history.length")
    walk.to_done(file(made_up_jpeg(33)))
    left = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie,
        (await indexedDB.databases()).length, (await caches.keys()).length,
        (await navigator.serviceWorker.getRegistrations()).length, location.href]"""
    )
    assert left == [0, 0, "", 0, 0, 0, walk.face.url + "/"]
    assert page.evaluate("history.length") == entries
    assert page.context.cookies() == []
    assert page.title() == "Notes"


def test_sending_again_after_a_lost_answer_makes_no_second_case(walk: Walk) -> None:
    walk.face.exchange.lose_next_answer = True
    walk.to_sending(file(made_up_jpeg(34)))
    expect(walk.page.get_by_text("Trying again is safe")).to_be_visible()
    walk.button("Try again").click()
    walk.heading("Your case is open").wait_for()
    assert walk.case()["posts"] == 2
    assert len(walk.case()["entries"]) == 1
    assert len(set(walk.posts())) == 1


def test_stale_work_is_done_anew_without_asking_her(walk: Walk) -> None:
    walk.face.exchange.stale_next_work = True
    walk.to_done(file(made_up_jpeg(35)))
    first, second = (json.loads(body) for body in walk.posts())
    assert first["work"] != second["work"]
    assert {**first, "work": None} == {**second, "work": None}


def test_a_busy_exchange_is_met_with_patience(walk: Walk) -> None:
    walk.face.exchange.busy_times = 1
    walk.to_sending(file(made_up_jpeg(36)))
    expect(walk.page.get_by_text("try again in 2 seconds")).to_be_visible()
    walk.button("Try again").click()
    walk.heading("Your case is open").wait_for()


def test_a_code_that_is_not_taken_can_be_left_out(walk: Walk) -> None:
    walk.face.exchange.refuse_entry = 1
    walk.to_sending(file(made_up_jpeg(37)), file(made_up_jpeg(38)))
    walk.button("Leave out file 2").click()
    expect(walk.page.locator("#sentence")).to_contain_text("1 picture code,")
    walk.button("Yes, go on").click()
    assert walk.page.locator(".keep-words li").all_inner_texts() == walk.words, "the words she wrote down still hold"
    walk.button("I have them").click()
    walk.page.locator("#word").fill(walk.asked_word())
    walk.button("Send").last.click()
    walk.heading("Your case is open").wait_for()
    assert len(walk.case()["entries"]) == 1


def test_a_site_that_left_meanwhile_is_chosen_anew(walk: Walk) -> None:
    walk.to_words(file(made_up_jpeg(39)))
    walk.face.exchange.partners = walk.face.exchange.partners[:1]
    walk.button("I have them").click()
    walk.page.locator("#word").fill(walk.asked_word())
    walk.button("Send").last.click()
    expect(walk.page.get_by_text("has just changed")).to_be_visible()
    expect(walk.page.get_by_role("checkbox")).to_have_count(1)


def test_pictures_can_be_added_to_a_case(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(40)))
    walk.come_back("-".join(walk.words))
    walk.button("Add files").click()
    walk.button("18 or older").click()
    walk.page.locator("#files:enabled").wait_for(state="attached")
    walk.choose(file(made_up_jpeg(41)))
    walk.button("Go on").click()
    walk.choose_all_sites()
    walk.button("Yes, send it").click()
    walk.heading("Your case is open").wait_for()
    assert len(walk.case()["entries"]) == 2


def test_nothing_is_sent_before_one_word_was_asked_back(walk: Walk) -> None:
    walk.to_words(file(made_up_jpeg(42)))
    walk.button("I have them").click()
    for wrong in ("", "certainly not", " ".join(walk.words)):
        walk.page.locator("#word").fill(wrong)
        walk.button("Send").last.click()
        expect(walk.page.locator("#word-error")).not_to_be_empty()
    assert walk.posts() == []
    walk.page.locator("#word").fill(walk.asked_word())
    walk.page.keyboard.press("Enter")
    walk.heading("Your case is open").wait_for()
    assert len(walk.posts()) == 1


@pytest.mark.parametrize("answer", ["Under 18", "I’m not sure"])
def test_under_18_or_not_sure_ends_before_any_picture_can_be_chosen(walk: Walk, answer: str) -> None:
    walk.to_age()
    expect(walk.page.locator("input[type=file]")).to_have_count(0)
    walk.button(answer).click()
    expect(walk.page.get_by_text("takeitdown.ncmec.org")).to_be_visible()
    expect(walk.page.locator("input")).to_have_count(0)
    expect(walk.page.get_by_label("In which country do you want help?")).to_be_enabled()
    walk.button("Start over").click()
    walk.to_age()
    expect(walk.heading("How old was the person when the picture was taken?")).to_be_visible()
    assert not any("worker" in seen.path or seen.method == "POST" for seen in walk.face.exchange.seen)


def test_no_site_is_chosen_for_her(walk: Walk) -> None:
    walk.to_pictures()
    walk.choose(file(made_up_jpeg(43)))
    walk.button("Go on").click()
    expect(walk.page.get_by_role("checkbox", checked=True)).to_have_count(0)
    walk.button("Go on").click()
    expect(walk.page.get_by_text("Choose at least one site.")).to_be_visible()
    walk.page.get_by_role("checkbox", name="Fotowand").check()
    walk.button("Go on").click()
    walk.page.get_by_role("button", name="No", exact=True).click()
    walk.button("Go on").click()
    walk.page.locator("#sentence").wait_for()
    expect(walk.page.locator("main")).not_to_contain_text("Old Gallery")


def test_each_picture_gets_a_word_and_only_sound_ones_go_on(walk: Walk) -> None:
    huge = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (9000).to_bytes(4, "big") * 2 + bytes(200)
    heic = b"\x00\x00\x00\x18ftypheic" + bytes(200)
    film = b"\x00\x00\x00\x18ftypisom" + bytes(200)
    walk.to_pictures()
    walk.choose(
        file(made_up_jpeg(44), "secret-1.jpg"),
        file(plain_png(), "secret-2.png"),
        file(made_up_jpeg(44), "secret-3.jpg"),
        file(b"only a text, nothing to see here at all", "secret-4.txt"),
        file(huge, "secret-5.png"),
        file(heic, "secret-6.heic"),
        file(film, "secret-7.mp4"),
        file(made_up_jpeg(45)[:4000], "secret-8.jpg"),
    )
    rows = walk.page.locator(".rows > li")
    said = (
        "Ready",
        "Too plain",
        "The same as file 1",
        "not a picture",
        "50 million",
        "HEIC",
        "not a picture or video",
        "not a picture",
    )
    for at, words in enumerate(said):
        expect(rows.nth(at)).to_contain_text(words)
    expect(walk.page.locator("body")).not_to_contain_text("secret")
    expect(walk.page.locator("img, canvas, video")).to_have_count(0)
    expect(walk.page.locator("#summary")).to_have_text("1 of 8 files ready")
    walk.button("Remove file 1").click()
    expect(rows.nth(1)).to_contain_text("Ready")


def test_wrong_words_get_the_same_answer_and_a_hint_made_on_the_device(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(46)))
    for typed, hint in (
        (" ".join(["xyzzyx", *walk.words[1:]]), "Word 1 is not one of the words we use"),
        (" ".join(walk.words[:5]), "That is 5 words"),
        (" ".join(walk.words[::-1]), "We found no case for this"),
        ("", "Please type your words"),
    ):
        walk.come_back(typed)
        expect(walk.page.locator("#words-error")).to_contain_text(hint)


def test_practice_is_said_on_every_screen_and_only_then(walk: Walk) -> None:
    banner = walk.page.get_by_text("Practice only. Nothing here reaches a real site.")
    expect(banner).to_be_visible()
    walk.to_words(file(made_up_jpeg(47)))
    expect(banner).to_be_visible()
    walk.face.exchange.practice = False
    walk.open()
    expect(banner).to_be_hidden()


def test_an_exchange_that_is_away_is_said_and_tried_again(walk: Walk) -> None:
    walk.to_pictures()
    walk.choose(file(made_up_jpeg(48)))
    walk.face.exchange.away = True
    walk.button("Go on").click()
    walk.choose_all_sites()
    expect(walk.page.get_by_text("Nothing is lost")).to_be_visible()
    walk.face.exchange.away = False
    walk.button("Try again").click()
    walk.page.locator("#sentence").wait_for()


def test_the_first_screen_names_the_sites_that_joined_and_what_it_cannot_do(walk: Walk) -> None:
    main = walk.page.locator("main")
    for words in (
        "Example Board",
        "Germany",
        "Telegram, WeChat and other sites not named here have not joined",
        "can’t promise",
    ):
        expect(main).to_contain_text(words)


def test_the_bytes_at_the_foot_of_the_page_are_the_bytes_that_went_out(walk: Walk, face: Face) -> None:
    walk.to_done(file(made_up_jpeg(49)))
    kilobytes = sum(len(body) for body in walk.posts()) / 1000
    expect(walk.page.locator("#sent-so-far")).to_have_text(f"Sent from this page so far: {kilobytes:.1f} kB")
    walk.page.locator("#sent-so-far").click()
    listed = walk.page.locator("footer li").all_inner_texts()
    asked = {seen.path for seen in face.exchange.seen if seen.path.startswith(("/v1/", "/words/"))}
    assert asked == {"/words/en", "/v1/work", "/v1/cases"}, "three requests once the page has loaded"
    for path in asked:
        assert any(path in line for line in listed), path


def test_a_connection_that_can_make_no_keys_is_said_at_once(face: Face, page: Page) -> None:
    page.add_init_script("delete Crypto.prototype.subtle")
    page.goto(face.url)
    expect(page.get_by_role("alert")).to_contain_text("not encrypted")
    expect(page.get_by_role("button")).to_have_count(0)


def test_adding_pictures_starts_with_no_site_chosen_and_back_leads_to_the_case(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(50)))
    walk.button("See my case").click()
    walk.button("Add files").click()
    walk.button("Back").click()
    walk.button("Add files").click()
    walk.button("18 or older").click()
    walk.page.locator("#files:enabled").wait_for(state="attached")
    walk.choose(file(made_up_jpeg(51)))
    walk.button("Go on").click()
    expect(walk.page.get_by_role("checkbox", checked=True)).to_have_count(0)


def test_where_later_screens_cannot_be_fetched_she_is_told_and_can_try_again(walk: Walk) -> None:
    walk.to_happening()
    walk.face.exchange.away = True
    walk.button("Someone threatens to share it").click()
    expect(walk.page.get_by_role("alert")).to_contain_text("We can’t reach the helpline’s computer")
    walk.face.exchange.away = False
    walk.button("Try again").click()
    expect(walk.heading("What helps when someone threatens you?")).to_be_visible()


def test_where_no_help_line_can_be_fetched_she_is_told_where_to_find_one(walk: Walk) -> None:
    walk.to_done(file(made_up_jpeg(63)))
    walk.face.exchange.away = True
    walk.page.get_by_text("Who can listen").click()
    expect(walk.page.locator("main")).to_contain_text("findahelpline.com")
