"""The bot: every file of a group is put before a guard; what the guard blocks is taken out, and admins are told.

It acts on what the helpline has verified, and on nothing else. It keeps nothing on a disk; in memory, for minutes, the
verdict of a file by Telegram's id of it, and the ids of an album's messages. In the group it says nothing.
"""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import Chat, ChatMemberUpdated, ChatPermissions, Message, User
from aiogram.utils.token import TokenValidationError
from aiohttp import ClientError

from notcontent.doors.telegram.media import Piece, find_media, largest
from notcontent.doors.telegram.words import say
from notcontent.errors import NotContentError
from notcontent.guard_client import GuardClient, Outcome, Rule, Said

logger = logging.getLogger(__name__)
#: Members and edits come only to a bot that names them.
UPDATES: Final = ["message", "edited_message", "channel_post", "edited_channel_post", "chat_member"]
_AT_ONCE: Final = 8
_REMEMBERED: Final = 10_000
#: So a withdrawal counts within minutes.
_VERDICT_LASTS_S: Final = 300.0
_TRIES: Final = 5
_GONE: Final = frozenset({"left", "kicked"})
T = TypeVar("T")


class BadBotSettings(NotContentError):
    """A setting of the bot cannot be used."""


@dataclass(frozen=True, slots=True)
class BotSettings:
    """All that the bot is told. `restrict`: who posted it may write, but post no media, until an admin lifts that."""

    bot_token: str = field(repr=False)
    guard: str
    guard_token: str = field(repr=False)
    #: What becomes of a message that could not be fully checked: `pass` tells the admins, `stop` deletes it too.
    when_unchecked: str
    #: Where somebody is to write whose picture was taken out.
    contact: str
    restrict: bool = False
    api: str = "https://api.telegram.org"


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of one file. `upload`: the guard's id of a match; `whole`: whether all of it was looked at."""

    stop: bool
    whole: bool
    upload: str = ""


@dataclass(slots=True)
class Album:
    """The messages that were posted as one."""

    messages: list[int] = field(default_factory=list)
    stopped: bool = False
    #: Whether admins know of what was found in it.
    told: bool = False


class AdminBot:
    """One bot, one guard, any number of groups."""

    def __init__(self, settings: BotSettings) -> None:
        """Raises BadBotSettings and BadClientSettings; nothing is sent yet."""
        try:
            # Only what a person at the helpline has verified takes a message out of somebody's group.
            rule = Rule(Outcome.PASS, Outcome(settings.when_unchecked), Outcome.PASS)
        except ValueError as error:
            raise BadBotSettings("when_unchecked has to say 'pass' or 'stop'. There is no default.") from error
        self._settings, self._stops_unchecked = settings, rule.when_unchecked is Outcome.STOP
        self._guard = GuardClient(settings.guard, settings.guard_token, rule)
        session = AiohttpSession(api=TelegramAPIServer.from_base(settings.api))
        try:
            self.bot = Bot(settings.bot_token, session=session)
        except TokenValidationError as error:
            raise BadBotSettings("bot_token is none that Telegram's @BotFather gives.") from error
        self._verdicts: OrderedDict[str, tuple[float, Judged]] = OrderedDict()
        self._albums: OrderedDict[str, Album] = OrderedDict()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self.dispatcher = Dispatcher()
        for observer in ("message", "edited_message", "channel_post", "edited_channel_post"):
            getattr(self.dispatcher, observer).register(self.on_message)
        self.dispatcher.chat_member.register(self.on_member)

    async def run(self) -> None:
        """Ask Telegram for updates until cancelled."""
        # It writes whole answers into its errors: names and texts of people.
        logging.getLogger("aiogram.event").setLevel(logging.CRITICAL)
        try:
            await self.dispatcher.start_polling(self.bot, allowed_updates=UPDATES, handle_signals=False)
        finally:
            await self.bot.session.close()

    async def on_message(self, message: Message) -> None:
        """Judge all that a message shows."""
        if message.chat.type == "private":
            if message.text and message.text.startswith("/start"):
                language = message.from_user.language_code if message.from_user else None
                await self._call(lambda: message.answer(say("start", language)))
            return
        pieces = find_media(message)
        album = self._album(message)
        judged = [await self._judge(piece) for piece in pieces]
        stopped = next((each for each in judged if each.stop), None)
        partly = not all(each.whole for each in judged)
        gone = False
        if stopped or (partly and self._stops_unchecked) or album.stopped:
            album.stopped = True
            gone = await self._delete(message.chat.id, sorted(set(album.messages)))
        if stopped:
            told_already, album.told = album.told, True
            await self._restrict(message.chat.id, None if message.sender_chat else message.from_user)
            if not told_already:
                await self._tell(message.chat, "held" if gone else "stays", id=stopped.upload)
        elif partly:
            await self._tell(message.chat, "partly_out" if gone else "partly")

    async def on_member(self, update: ChatMemberUpdated) -> None:
        """Judge the picture of somebody who joins, where Telegram shows it to bots."""
        if update.old_chat_member.status not in _GONE or update.new_chat_member.status in _GONE:
            return
        user = update.new_chat_member.user
        photos = await self._call(lambda: self.bot.get_user_profile_photos(user.id, limit=1))
        for sizes in photos.photos if photos else []:
            judged = await self._judge(largest(sizes))
            if judged.stop:
                await self._restrict(update.chat.id, user)
                await self._tell(update.chat, "joined", id=judged.upload)

    async def _judge(self, piece: Piece) -> Judged:
        seen = self._verdicts.get(piece.unique_id)
        if seen and time.monotonic() - seen[0] < _VERDICT_LASTS_S:
            return seen[1]
        judged = Judged(stop=False, whole=False)
        if piece.file_id is not None:
            async with self._room:
                judged = await self._ask(piece.file_id, piece.whole)
        if judged.stop or judged.whole:
            self._verdicts[piece.unique_id] = (time.monotonic(), judged)
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.popitem(last=False)
        return judged

    async def _ask(self, file_id: str, whole: bool) -> Judged:
        body = io.BytesIO()
        file = await self._call(lambda: self.bot.get_file(file_id))
        if file is None or file.file_path is None:
            return Judged(stop=False, whole=False)
        path = file.file_path
        if await self._call(lambda: self.bot.download_file(path, body)) is None:
            return Judged(stop=False, whole=False)
        answer = await asyncio.to_thread(self._guard.check, body.getvalue())
        if answer.said is Said.BLOCK:
            return Judged(stop=True, whole=whole, upload=answer.upload or "")
        return Judged(stop=False, whole=whole and answer.said is not Said.UNCHECKED)

    def _album(self, message: Message) -> Album:
        """The album of a message; one of its own if it is alone. An edited message is in it already."""
        key = f"{message.chat.id} {message.media_group_id or f'alone {message.message_id}'}"
        album = self._albums.setdefault(key, Album()) if message.media_group_id else Album()
        album.messages.append(message.message_id)
        if len(self._albums) > _REMEMBERED:
            self._albums.popitem(last=False)
        return album

    async def _delete(self, chat_id: int, messages: list[int]) -> bool:
        """Whether they are gone. Of one message alone Telegram says why it stays; of several it skips those that do."""
        if len(messages) == 1:
            return await self._call(lambda: self.bot.delete_message(chat_id, messages[0])) is True
        return await self._call(lambda: self.bot.delete_messages(chat_id, messages)) is True

    async def _restrict(self, chat_id: int, user: User | None) -> None:
        if self._settings.restrict and user and not user.is_bot:
            text_only = ChatPermissions(can_send_messages=True)
            await self._call(
                lambda: self.bot.restrict_chat_member(
                    chat_id, user.id, text_only, use_independent_chat_permissions=True
                )
            )

    async def _tell(self, chat: Chat, what: str, **parts: str) -> None:
        """Each admin, in private and in their own language. Only those can be told who wrote to the bot once."""
        admins = await self._call(lambda: self.bot.get_chat_administrators(chat.id)) or []
        told = 0
        for admin in admins:
            if admin.user.is_bot:
                continue
            language = admin.user.language_code
            text = say(what, language, chat=chat.title or "", contact=self._settings.contact, **parts)
            told += await self._call(partial(self.bot.send_message, admin.user.id, text)) is not None
        if not told:
            logger.warning("No admin of a group could be told. One of them has to write /start to the bot.")

    async def _call(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What Telegram answers, after the pauses it asks for; None when it refuses."""
        for _ in range(_TRIES):
            try:
                return await ask()
            except TelegramRetryAfter as error:
                await asyncio.sleep(error.retry_after)
            except TelegramForbiddenError:
                return None
            except (AiogramError, ClientError, TimeoutError, OSError) as error:
                logger.warning("Telegram refused or could not be reached (%s).", type(error).__name__)
                return None
        return None
