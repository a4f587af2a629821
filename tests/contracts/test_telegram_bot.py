"""What the bot does with a photo in a group keeps the contract; only what is verified is stopped."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
from aiogram.types import Message

from notcontent.doors.telegram.bot import AdminBot, BotSettings
from notcontent.feed.entry import Tier
from tests.contracts.door_contract import Said
from tests.contracts.host_contract import HostContract
from tests.doors.fake_bot_api import GROUP, TOKEN, FakeBotApi
from tests.guard.running_guard import RunningGuard

pytestmark = pytest.mark.peer


class TestTelegramBot(HostContract):
    of_no_picture: ClassVar[Said] = Said.PASS
    stops: ClassVar[frozenset[Tier]] = frozenset({Tier.VERIFIED})

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def telegram(cls) -> Iterator[None]:
        """A Bot API, and bots that are told of each message here, so that it is known when they are done with it."""
        cls.loop, cls.bots, cls.numbers = asyncio.new_event_loop(), {}, itertools.count()
        running = threading.Thread(target=cls.loop.run_forever)
        running.start()
        with FakeBotApi() as cls.api:
            yield
            for bot in cls.bots.values():
                asyncio.run_coroutine_threadsafe(bot.bot.session.close(), cls.loop).result(10)
        cls.loop.call_soon_threadsafe(cls.loop.stop)
        running.join()
        cls.loop.close()

    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        if not upload:
            pytest.skip("Telegram takes no empty file")
        if guard.url not in self.bots:
            settings = BotSettings(TOKEN, guard.url, guard.token, "stop", "check@club.example", api=self.api.url)
            self.bots[guard.url] = AdminBot(settings)
            self.bots[guard.url]._guard._timeout_s = 3.0
        group = f"Group {next(self.numbers)}."
        # A file that it was shown a moment ago it would not ask about again.
        self.api._period += 1
        post = self.api.post(chat={**GROUP, "title": group}, photo=self.api.photo(upload))
        asking = self.bots[guard.url].on_message(Message.model_validate(post))
        asyncio.run_coroutine_threadsafe(asking, self.loop).result(60)
        told = [each["text"] for each in self.api.called("sendMessage") if group in each["text"]]
        if post["message_id"] not in [each["message_id"] for each in self.api.called("deleteMessage")]:
            assert not told
            return Said.PASS
        english = next(text for text in told if text.startswith("In “"))
        return Said.STOP if "is held for a check" in english else Said.NOT_CHECKED
