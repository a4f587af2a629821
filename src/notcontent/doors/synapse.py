"""A module for Synapse, the Matrix homeserver: media is put before a guard before anybody sees it.

It runs inside Synapse, beside Synapse's own packages, so it imports nothing of ours but the thin client, and nothing of
Synapse before Synapse makes it. In homeserver.yaml:

    modules:
      - module: notcontent.doors.synapse.MediaCheck
        config: {guard: "http://127.0.0.1:8100", token: ncg_…, when_held: stop, when_unchecked: stop}

Synapse asks about media without saying whose it is, so the sender of what passed with a note is found when the event
comes that shows it. Encrypted media is random bytes to any server: it passes, and is counted as what it is.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from notcontent.guard_client import (
    Answer,
    BadClientSettings,
    GuardClient,
    GuardClientError,
    Outcome,
    Rule,
    Said,
)

logger = logging.getLogger(__name__)

#: How many answers are remembered, in memory alone: of media that is waiting for its event, and of remote media.
_REMEMBERED: Final = 10_000
#: So many questions to the guard at a time; the others wait.
_THREADS: Final = 16
_REPORT_EVERY_MS: Final = 60 * 60 * 1000
#: An event has 64 KiB and may nest as deep as it likes.
_MOST_VALUES: Final = 1_000
_SETTINGS: Final = {"guard", "token", "when_held", "when_unchecked", "timeout_s", "moderators"}


@dataclass(frozen=True, slots=True)
class Moderators:
    """Who is told which sender posted what the guard had a note about: a room, and a local account that is in it."""

    room: str
    sender: str


@dataclass(frozen=True, slots=True)
class Config:
    """What `parse_config` read."""

    client: GuardClient
    moderators: Moderators | None


@dataclass(frozen=True, slots=True)
class Note:
    """What was said of local media that an event may show later."""

    said: Said
    outcome: Outcome
    upload: str | None


class MediaCheck:
    """The callbacks. One in every process of Synapse that serves media."""

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Config:
        """Check the settings before Synapse starts. Raises BadClientSettings, whose text Synapse prints."""
        if not isinstance(config, Mapping):
            raise BadClientSettings("The module's config has to be a mapping with guard, token and two rules.")
        if unknown := sorted(map(str, set(config) - _SETTINGS)):
            raise BadClientSettings(f"Unknown settings: {', '.join(unknown)}. Known: {', '.join(sorted(_SETTINGS))}.")
        for name in ("guard", "token"):
            if not isinstance(config.get(name), str):
                raise BadClientSettings(f"The setting '{name}' is missing. The guard's operator gives it to you.")
        timeout_s = config.get("timeout_s", 30)
        if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not 0 < timeout_s <= 600:
            raise BadClientSettings("The setting 'timeout_s' has to be a number of seconds, 600 at most.")
        # What is neither picture nor video passes: else no file and nothing encrypted could be sent at all.
        rule = Rule(config.get("when_held", ""), config.get("when_unchecked", ""), Outcome.PASS)
        moderators, told = None, config.get("moderators")
        if told is not None:
            if not isinstance(told, Mapping) or set(told) != {"room", "sender"}:
                raise BadClientSettings(
                    "The setting 'moderators' needs 'room' (an id, !…) and 'sender' (an account, @…)."
                )
            moderators = Moderators(str(told["room"]), str(told["sender"]))
            if moderators.room[:1] != "!" or moderators.sender[:1] != "@":
                raise BadClientSettings("'moderators' needs a room's id (!…) and an account of this server (@…).")
        return Config(GuardClient(config["guard"], config["token"], rule, timeout_s=timeout_s), moderators)

    def __init__(self, config: Config, api: Any) -> None:
        """Take the place that Synapse offers to modules."""
        # Not before Synapse asks for it: so the settings can be read, and this file be looked through, without it.
        from synapse.module_api import NOT_SPAM  # noqa: PLC0415
        from synapse.module_api.errors import Codes  # noqa: PLC0415
        from twisted.internet import reactor  # noqa: PLC0415
        from twisted.python.threadpool import ThreadPool  # noqa: PLC0415

        self._client, self._moderators, self._api = config.client, config.moderators, api
        # Threads of its own: a guard that hangs must not take those with which Synapse reads its files.
        self._threads = ThreadPool(minthreads=0, maxthreads=_THREADS, name="notcontent")
        self._threads.start()
        reactor.addSystemEventTrigger("during", "shutdown", self._threads.stop)
        self._pass, self._stop = NOT_SPAM, Codes.FORBIDDEN
        self._notes: OrderedDict[str, Note] = OrderedDict()
        #: Digest of remote media that was stopped -> the guard's id of it.
        self._stopped: OrderedDict[bytes, str] = OrderedDict()
        self._counts: Counter[Said] = Counter()
        api.register_spam_checker_callbacks(
            check_media_file_for_spam=self.check_media, check_event_for_spam=self.check_event
        )
        api.looping_background_call(self._report, _REPORT_EVERY_MS)
        logger.info("Media is put before a guard. Encrypted media can't be looked at by anybody here, and passes.")

    async def check_media(self, wrapper: Any, info: Any) -> object:
        """Whether a file may be stored: one that somebody here uploads, or one of another server that is asked for."""
        if info.thumbnail:
            return self._pass  # Synapse made it from a file that has passed.
        body = io.BytesIO()
        await wrapper.write_chunks_to(body.write)
        if info.server_name:
            stopped = await self._api.defer_to_threadpool(self._threads, self._check_remote, body.getvalue())
            return self._stop if stopped else self._pass
        body.seek(0)
        answer = await self._api.defer_to_threadpool(self._threads, self._client.check, body)
        self._count(answer)
        address = f"mxc://{self._api.server_name}/{info.file_id}"
        self._notes.pop(address, None)
        if answer.upload and (answer.said is not Said.ALLOW or answer.flagged or answer.review):
            _remember(self._notes, address, Note(answer.said, answer.outcome, answer.upload))
        elif answer.said is Said.UNCHECKED:
            _remember(self._notes, address, Note(answer.said, answer.outcome, None))
        return self._stop if answer.outcome is Outcome.STOP else self._pass

    async def check_event(self, event: Any) -> object:
        """Who shows media that the guard had a note about; an event that shows stopped media is refused."""
        for address in _addresses(event.content):
            if not (note := self._notes.get(address)):
                continue
            if note.outcome is Outcome.STOP:
                # Only clients that reserve an address before they upload know the address of what was stopped.
                return self._stop
            del self._notes[address]
            if self._moderators:
                self._api.run_as_background_process(
                    "notcontent_tell", self._tell, self._moderators, note, event.sender, event.room_id
                )
        return self._pass

    def _check_remote(self, body: bytes) -> bool:
        """Whether remote media is stopped. In a thread.

        Synapse forgets what was refused, and fetches it again for everybody who asks. The guard hears of it once, and
        then is only asked whether that upload was released or its entry withdrawn since.
        """
        digest = hashlib.sha256(body).digest()
        if upload := self._stopped.get(digest):
            try:
                if self._client.state(upload) in ("open", "blocked"):
                    return True
            except GuardClientError:
                return True  # It was stopped, and nobody said otherwise.
            self._stopped.pop(digest, None)
        answer = self._client.check(body)
        self._count(answer)
        if answer.outcome is Outcome.STOP and answer.upload:
            _remember(self._stopped, digest, answer.upload)
        return answer.outcome is Outcome.STOP

    async def _tell(self, moderators: Moderators, note: Note, sender: str, room: str) -> None:
        what = {
            Said.UNCHECKED: "could not be checked",
            Said.HOLD: "is held for a check",
        }.get(note.said, "is offered for a look")
        known = f" Its id at the guard: {note.upload}." if note.upload else ""
        await self._api.create_and_send_event_into_room(
            {
                "type": "m.room.message",
                "room_id": moderators.room,
                "sender": moderators.sender,
                "content": {
                    "msgtype": "m.notice",
                    "body": f"Media that {what} was posted by {sender} in {room}.{known}",
                },
            }
        )

    def _count(self, answer: Answer) -> None:
        self._counts[answer.said] += 1
        if answer.error and answer.said is Said.UNCHECKED:
            logger.warning("Media was not checked and meets '%s': %s", answer.outcome, answer.error)

    async def _report(self) -> None:
        """Once an hour, what became of media; so that nobody takes what can't be looked at for looked at."""
        counts, self._counts = self._counts, Counter()
        if counts:
            logger.info(
                "Media in the last hour: %d allowed, %d held, %d blocked, %d not checked, "
                "%d passed that nobody can look at (encrypted, or neither picture nor video)",
                *(counts[said] for said in (Said.ALLOW, Said.HOLD, Said.BLOCK, Said.UNCHECKED, Said.NO_PICTURE)),
            )


def _remember(kept: OrderedDict[Any, Any], key: object, value: object) -> None:
    kept[key] = value
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)


def _addresses(content: object) -> Iterator[str]:
    """Every mxc address in an event: of a picture, its thumbnail, a sticker, an avatar, whatever comes next."""
    waiting, seen = [content], 0
    while waiting and seen < _MOST_VALUES:
        value = waiting.pop()
        seen += 1
        if isinstance(value, str) and value.startswith("mxc://"):
            yield value
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
