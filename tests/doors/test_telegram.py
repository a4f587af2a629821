"""The bot for admins, as a process, between a Bot API and a guard; what the API says is read by two libraries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiogram
import pytest
import telegram

from notcontent.cli.main import main
from notcontent.doors.telegram.bot import AdminBot, BadBotSettings, BotSettings
from notcontent.doors.telegram.words import WORDS, say
from tests.conftest import altered, generated_picture
from tests.doors.fake_bot_api import CHANNEL, GROUP, TOKEN, FakeBotApi, user
from tests.doors.running_bot import RunningBot
from tests.guard.running_guard import RunningGuard, guard_of_two, wait_until

CLAIMED, VERIFIED, OTHER = generated_picture(1), generated_picture(2), generated_picture(7)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with guard_of_two(tmp_path_factory.mktemp("telegram"), CLAIMED, VERIFIED) as running:
        yield running


@dataclass
class Telegram:
    """A Bot API with a bot of ours, which takes five seconds of computing to start."""

    api: FakeBotApi
    bot: RunningBot

    @classmethod
    @contextmanager
    def running(cls, guard: RunningGuard, folder: Path, **settings: object) -> Iterator[Telegram]:
        with FakeBotApi() as api:
            bot = RunningBot(api, guard.url, guard.token, folder, **settings)
            yield cls(api, bot)
            bot.stop()
            assert bot.process.returncode == 130 and TOKEN not in bot.log.read_text()


@pytest.fixture(scope="module")
def usual(guard: RunningGuard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telegram]:
    with Telegram.running(guard, tmp_path_factory.mktemp("usual")) as running:
        yield running


@pytest.fixture(scope="module")
def strict(guard: RunningGuard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telegram]:
    settings = {"restrict": True, "when_unchecked": "stop"}
    with Telegram.running(guard, tmp_path_factory.mktemp("strict"), **settings) as running:
        yield running


@pytest.fixture
def api(usual: Telegram) -> Iterator[FakeBotApi]:
    usual.api.begin()
    yield usual.api
    understood_by_both(usual.api)


@pytest.fixture
def bot(usual: Telegram) -> RunningBot:
    return usual.bot


@pytest.fixture
def strict_api(strict: Telegram) -> Iterator[FakeBotApi]:
    strict.api.begin()
    yield strict.api
    understood_by_both(strict.api)


def understood_by_both(api: FakeBotApi) -> None:
    """Whatever the fake said is what aiogram and python-telegram-bot take for an update, and nothing was made up."""
    for update in api.said:
        [kind] = [key for key in update if key != "update_id"]
        ours = aiogram.types.Update.model_validate(update)
        theirs = telegram.Update.de_json(update, None)
        assert getattr(ours, kind) and getattr(theirs, kind), update
        assert not ours.model_extra and not ours.event.model_extra, update
        assert not theirs.api_kwargs and not getattr(theirs, kind).api_kwargs, update


def deleted(api: FakeBotApi) -> set[int]:
    alone = {call["message_id"] for call in api.called("deleteMessage")}
    return alone | {number for call in api.called("deleteMessages") for number in call["message_ids"]}


def settle(api: FakeBotApi) -> None:
    """Wait until a harmless picture that was posted last has been looked at."""
    last = api.photo(generated_picture(1000 + len(api.said)))
    api.post(photo=last)
    wait_until(lambda: last[-1]["file_id"] in [each["file_id"] for each in api.called("getFile")], "the bot")
    time.sleep(1.0)


POSTS: dict[str, Callable[[FakeBotApi, bytes], dict]] = {
    "a photo": lambda api, data: api.post(photo=api.photo(data)),
    "a document": lambda api, data: api.post(document={**api.keep(data), "file_name": "a.jpg"}),
    "an edit": lambda api, data: api.post("edited_message", photo=api.photo(data)),
    "a channel's post": lambda api, data: api.post(
        "channel_post", chat=CHANNEL, sender=None, sender_chat=CHANNEL, photo=api.photo(data)
    ),
    "an edited post": lambda api, data: api.post(
        "edited_channel_post", chat=CHANNEL, sender=None, photo=api.photo(data)
    ),
    "a forward": lambda api, data: api.post(
        photo=api.photo(data), forward_origin={"type": "hidden_user", "sender_user_name": "x", "date": 1_780_000_000}
    ),
    "a sticker": lambda api, data: api.post(
        sticker={**api.size(data), "type": "regular", "is_animated": False, "is_video": False}
    ),
    "a video": lambda api, data: api.post(video={**api.size(data), "duration": 1}),
    "a video note": lambda api, data: api.post(video_note={**api.keep(data), "length": 240, "duration": 1}),
    "an animation": lambda api, data: api.post(
        animation={**(kept := api.size(data)), "duration": 1},
        document={key: kept[key] for key in ("file_id", "file_unique_id")},
    ),
    "a paid photo": lambda api, data: api.post(
        paid_media={"star_count": 1, "paid_media": [{"type": "photo", "photo": api.photo(data)}]}
    ),
    "an answer to another chat": lambda api, data: api.post(
        text="see", external_reply={
            "origin": {"type": "hidden_user", "sender_user_name": "x", "date": 1_780_000_000}, "photo": api.photo(data),
        },
    ),
    "a new picture of the group": lambda api, data: api.post(new_chat_photo=api.photo(data)),
}  # fmt: skip


def test_a_verified_picture_is_deleted_wherever_it_hides_and_nothing_else_is(api: FakeBotApi, bot: RunningBot) -> None:
    harmless = [post(api, data) for post in POSTS.values() for data in (OTHER, CLAIMED)]
    harmless.append(api.post(text="hello"))
    settle(api)
    assert deleted(api) == set() and not api.called("sendMessage"), bot.log.read_text()
    listed = {name: post(api, altered(VERIFIED, "smaller"))["message_id"] for name, post in POSTS.items()}
    wait_until(lambda: deleted(api) >= set(listed.values()), f"all of {listed} to be deleted", 60.0)
    assert not deleted(api) & {each["message_id"] for each in harmless}
    # A file that was looked at a moment ago is not fetched again, wherever it is posted.
    fetched = len(api.called("getFile"))
    api.post(document=api.keep(OTHER))
    settle(api)
    assert len(api.called("getFile")) == fetched + 1


def test_admins_are_told_in_private_in_their_language_and_the_group_hears_nothing(
    api: FakeBotApi, bot: RunningBot
) -> None:
    api.post(photo=api.photo(VERIFIED), sender=77)
    wait_until(lambda: len(api.called("sendMessage")) >= 4, "the admins to be told")
    told = {call["chat_id"]: call["text"] for call in api.called("sendMessage")}
    assert set(told) == {1, 2, 3, 9}
    assert "wird geprüft" in told[1] and "is held for a check" in told[2]
    for text in told.values():
        assert "check@club.example" in text and "Garden club" in text
        # Whole words: the opaque id of the upload may hold any two digits.
        assert not re.search(r"\b(?:intimate|listed|verified|bits|p?77)\b", text, re.IGNORECASE), text
    assert not api.called("restrictChatMember")


def test_all_of_an_album_goes_and_admins_are_told_once(api: FakeBotApi, bot: RunningBot) -> None:
    album = [
        api.post(photo=api.photo(data), media_group_id="7")["message_id"]
        for data in (OTHER, VERIFIED, generated_picture(8), generated_picture(9))
    ]
    wait_until(lambda: deleted(api) == set(album), "the album to go")
    settle(api)
    assert len([call for call in api.called("sendMessage") if call["chat_id"] == 1]) == 1


def test_what_is_too_large_is_looked_at_by_its_small_picture_and_never_passed_silently(
    api: FakeBotApi, bot: RunningBot
) -> None:
    large = {
        "file_id": "large",
        "file_unique_id": "large",
        "file_size": 25_000_000,
        "width": 9,
        "height": 9,
        "duration": 9,
    }
    bad = api.post(video={**large, "thumbnail": api.size(VERIFIED)})["message_id"]
    good = api.post(video={**large, "file_unique_id": "large2", "thumbnail": api.size(OTHER)})["message_id"]
    story = api.post(story={"chat": GROUP, "id": 3})["message_id"]
    wait_until(lambda: bad in deleted(api), "the large video to go")
    partly = lambda: [c for c in api.called("sendMessage") if c["chat_id"] == 2 and "fully checked" in c["text"]]  # noqa: E731
    wait_until(lambda: len(partly()) == 2, "a note for each of the two")
    assert not {good, story} & deleted(api)


def test_what_cannot_be_fetched_is_never_passed_silently(api: FakeBotApi, bot: RunningBot) -> None:
    photo = api.photo(VERIFIED)
    api.lost.add(photo[-1]["file_id"])
    api.post(photo=photo)
    wait_until(lambda: [c for c in api.called("sendMessage") if "fully checked" in c["text"]], "a note", 30.0)
    assert not deleted(api) and TOKEN not in bot.log.read_text()


def test_what_may_not_be_deleted_is_not_said_to_be_gone(api: FakeBotApi, bot: RunningBot) -> None:
    api.may_delete = False
    api.post(photo=api.photo(VERIFIED))
    told = lambda: [c["text"] for c in api.called("sendMessage") if c["chat_id"] == 2]  # noqa: E731
    wait_until(told, "the admins to be told")
    assert "could not take it out" in told()[0]


def test_a_match_in_an_album_that_went_as_unchecked_is_told_all_the_same(strict_api: FakeBotApi) -> None:
    lost = strict_api.photo(OTHER)
    strict_api.lost.add(lost[-1]["file_id"])
    first = strict_api.post(photo=lost, media_group_id="8")["message_id"]
    wait_until(lambda: first in deleted(strict_api), "the first to go")
    strict_api.post(photo=strict_api.photo(VERIFIED), media_group_id="8")
    told = lambda: ["is held for a check" in c["text"] for c in strict_api.called("sendMessage")]  # noqa: E731
    wait_until(lambda: any(told()), "the admins to be told")


def test_a_joiners_picture_is_looked_at(api: FakeBotApi, bot: RunningBot) -> None:
    api.profile[60], api.profile[61] = api.keep(OTHER)["file_id"], api.keep(VERIFIED)["file_id"]
    for number in (60, 61, 62):
        api.join(number)
    wait_until(lambda: [c for c in api.called("sendMessage") if c["chat_id"] == 2], "the admins to be told")
    settle(api)
    assert len([call for call in api.called("sendMessage") if call["chat_id"] == 2]) == 1
    wait_until(lambda: api.called("getUpdates"), "the next question")
    assert "chat_member" in api.called("getUpdates")[0]["allowed_updates"]


def test_when_telegram_says_wait_it_waits_and_deletes_all_the_same(api: FakeBotApi, bot: RunningBot) -> None:
    api.too_many = 3
    posted = api.post(photo=api.photo(VERIFIED))["message_id"]
    wait_until(lambda: posted in deleted(api), "the message to go")


def test_without_a_guard_admins_are_told_and_the_stated_rule_holds(
    api: FakeBotApi, strict_api: FakeBotApi, guard: RunningGuard
) -> None:
    guard.stop()
    try:
        for asked, stops in ((api, False), (strict_api, True)):
            posted = asked.post(photo=asked.photo(OTHER))["message_id"]
            told = lambda asked=asked: [c["text"] for c in asked.called("sendMessage") if c["chat_id"] == 1]  # noqa: E731
            wait_until(told, "the admins to be told")
            assert "vollständig geprüft" in told()[0]
            assert ("herausgenommen" in told()[0]) is stops
            assert (posted in deleted(asked)) is stops
    finally:
        guard.start()


def test_whoever_posted_it_can_be_kept_from_posting_media(strict_api: FakeBotApi) -> None:
    strict_api.post(photo=strict_api.photo(VERIFIED), sender=77)
    wait_until(lambda: strict_api.called("restrictChatMember"), "the restriction")
    [call] = strict_api.called("restrictChatMember")
    assert call["user_id"] == 77 and call["permissions"] == {"can_send_messages": True}


def test_start_is_answered_in_private(api: FakeBotApi, bot: RunningBot) -> None:
    private = {"id": 1, "type": "private", "first_name": "P1"}
    message = {"message_id": 5, "date": 1_790_000_000, "chat": private, "from": user(1, "fr"), "text": "/start"}
    api._say({"message": message})
    wait_until(lambda: api.called("sendMessage"), "an answer")
    assert api.called("sendMessage")[0]["text"] == WORDS["fr"]["start"]


def test_settings_are_checked_before_anything_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {
        "bot_token": TOKEN, "guard": "http://127.0.0.1:1", "guard_token": "x", "when_unchecked": "stop", "contact": "x",
    }  # fmt: skip
    for wrong in ({"when_unchecked": ""}, {"bot_token": "none"}):
        with pytest.raises(BadBotSettings):
            AdminBot(BotSettings(**{**good, **wrong}))
    file = tmp_path / "telegram.toml"
    for text in ("", "bot_token = 'x'", "nonsense"):
        file.write_text(text)
        assert main(["telegram", str(file)]) == 2
        assert "--help" in capsys.readouterr().err


def test_every_language_says_everything_and_an_unknown_one_is_english() -> None:
    for words in WORDS.values():
        assert words.keys() == WORDS["en"].keys()
        for what, text in words.items():
            places = sorted(re.findall(r"\{\w+\}", text))
            assert places == sorted(re.findall(r"\{\w+\}", WORDS["en"][what])), text
    for asked, found in (("zh-TW", "zh-hant"), ("zh-hans", "zh-hans"), ("zh", "zh-hans"), ("ko-KR", "ko")):
        assert say("start", asked) == WORDS[found]["start"]
    assert say("held", "de-AT", chat="a", contact="b", id="c").startswith("In „a“")
    assert say("held", "xx", chat="a", contact="b", id="c") == say("held", None, chat="a", contact="b", id="c")
