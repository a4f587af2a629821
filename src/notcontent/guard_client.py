"""Ask a guard about an upload, with the standard library alone: for code that runs inside somebody else's program.

The guard answers in more words than a host has: allow, hold, block, and a dozen reasons for which nothing could be
checked. A host lets an upload through or it doesn't. What becomes of a hold, of an upload that nobody could look at,
and of a file that is no picture, is the host's decision: `Rule` states all three, and there is no default.
"""

from __future__ import annotations

import http.client
import io
import json
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Final
from urllib.parse import quote, urlsplit

from notcontent.errors import NotContentError

#: What an uploader reads of an upload that nobody could look at, where no guard answered with words of its own.
UNCHECKED_TEXT: Final = "This upload could not be checked just now. Please try again in a moment."
UNREADABLE_TEXT: Final = "This is not a picture or video that can be taken here."
_BLOCK_BYTES = 64 << 10
_MAX_ANSWER_BYTES = 1 << 20
#: What the guard has no room for now, it may have room for in a moment. A list that is too old stays too old.
_WORTH_A_SECOND_TRY = frozenset({"no_room", "decoder", "unavailable"})
_MAX_PAUSE_S = 10.0


class GuardClientError(NotContentError):
    """A guard could not be asked, or did not look at an upload. `uploader_text`: what it says to the uploader."""

    uploader_text: str = UNCHECKED_TEXT


class BadClientSettings(GuardClientError):
    """The address, the token or the rule of a guard's client cannot be used."""


class GuardUnreachable(GuardClientError):
    """No connection to the guard, or no answer in time."""

    permanent = False


class GuardCannotAnswer(GuardClientError):
    """The guard cannot judge anything now: its list is missing or too old, it has no room, or was asked too often."""

    permanent = False


class TokenRefused(GuardClientError):
    """The guard does not know this token."""


class UploadNotRead(GuardClientError):
    """The guard could not read this upload: damaged, too large, too long, or of a kind it has no reader for."""

    uploader_text = UNREADABLE_TEXT


class NoPicture(UploadNotRead):
    """The guard knows no format that begins like this."""


class NotAGuard(GuardClientError):
    """What answered is no guard of this version."""


class Outcome(StrEnum):
    """All that a host does with an upload."""

    PASS = "pass"  # noqa: S105 - a word, no password
    STOP = "stop"


class Said(StrEnum):
    """What the guard said of an upload."""

    ALLOW = "allow"
    HOLD = "hold"
    BLOCK = "block"
    #: Neither a picture nor a video, as far as anybody can see: text, sound, an archive, or anything encrypted.
    NO_PICTURE = "no picture"
    #: Nobody has looked at it.
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of an upload that is held, that nobody could look at, and that is neither picture nor video.

    `when_unchecked`: `pass` is fail-open, `stop` is fail-closed.
    """

    when_held: Outcome
    when_unchecked: Outcome
    when_no_picture: Outcome

    def __post_init__(self) -> None:
        """Take words for outcomes. Raises BadClientSettings for any other."""
        for name in ("when_held", "when_unchecked", "when_no_picture"):
            try:
                object.__setattr__(self, name, Outcome(getattr(self, name)))
            except ValueError as error:
                raise BadClientSettings(
                    f"{name} has to say 'pass' or 'stop'. There is no default: decide what such an upload meets."
                ) from error

    def outcome(self, said: Said) -> Outcome:
        """What the host does."""
        return {
            Said.ALLOW: Outcome.PASS,
            Said.HOLD: self.when_held,
            Said.BLOCK: Outcome.STOP,
            Said.NO_PICTURE: self.when_no_picture,
            Said.UNCHECKED: self.when_unchecked,
        }[said]


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do with an upload, and why.

    `upload` is the 32 hex digits under which the guard knows a match: only ids of held, blocked, flagged and reviewed
    uploads can be asked about later. `flagged` and `review` are of uploads that pass (docs/spec/guard.md). `error` says
    why nobody looked. `uploader_text` is what the uploader may read of a stopped one, the same for every match.
    """

    outcome: Outcome
    said: Said
    upload: str | None = None
    flagged: bool = False
    review: bool = False
    uploader_text: str | None = None
    error: GuardClientError | None = None

    @property
    def http_status(self) -> int:
        """The status that tells a stopped upload's sender the same: 451 a match, 400 unreadable, 503 try again."""
        if self.error is None:
            return 451
        return 400 if isinstance(self.error, UploadNotRead) else 503


class GuardClient:
    """One guard, asked with one token. Safe to use from several threads; every question has a connection of its own."""

    def __init__(self, url: str, token: str, rule: Rule, *, timeout_s: float = 30.0) -> None:
        """Prepare; nothing is sent yet.

        `timeout_s` bounds every wait for the guard. A long video takes it longer to read than that; such an upload is
        unchecked. Raises BadClientSettings.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.query or parts.username:
            raise BadClientSettings("The guard's address has to look like http://127.0.0.1:8100. Correct it.")
        if not token.isascii() or not token.isprintable() or not token.strip():
            raise BadClientSettings(
                "The guard's token is empty or garbled. Make one with `notcontent guard token NAME`."
            )
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, port
        self._path = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token.strip()}"}
        self._rule, self._timeout_s = rule, timeout_s

    def check(
        self, untrusted_upload: bytes | BinaryIO, object_id: str | None = None, accept_language: str = ""
    ) -> Answer:
        """Ask about one upload. Never raises for what an upload or a guard does: that is `Answer.error`.

        A file is sent from where it stands, in blocks, and is not rewound after; OSError of reading it is raised.
        When the guard has no room it is asked once more after the pause it names, if the upload can be sent twice.
        `object_id` is the host's own opaque id, for guards that keep accepted uploads. `accept_language` is what the
        uploader's browser asks for, or a tag such as `pt-br`: `Answer.uploader_text` is in that language if the guard
        knows it, else in English, as it is while no guard answers.
        """
        query = "?hold=202" + ("" if object_id is None else f"&object={quote(object_id, safe='')}")
        try:
            status, answer = self._send_upload(f"/v1/check{query}", untrusted_upload, accept_language)
            return self._answer(status, answer)
        except GuardClientError as error:
            said = Said.NO_PICTURE if isinstance(error, NoPicture) else Said.UNCHECKED
            outcome = self._rule.outcome(said)
            text = error.uploader_text if outcome is Outcome.STOP else None
            return Answer(outcome, said, error=error, uploader_text=text)

    def state(self, upload: str) -> str | None:
        """What became of an upload: `open`, `released`, `blocked`, `withdrawn` and others; None for an unknown id.

        Raises GuardClientError.
        """
        status, answer, _ = self._ask("GET", f"/v1/uploads/{quote(upload, safe='')}", None)
        if status == 404:
            return None
        if status != 200:
            raise _error(status, answer)
        return _text(answer, "state")

    def _send_upload(self, path: str, upload: bytes | BinaryIO, language: str) -> tuple[int, dict[str, object]]:
        file: BinaryIO = io.BytesIO(upload) if isinstance(upload, bytes) else upload
        start = file.tell() if file.seekable() else None
        status, answer, pause_s = self._ask("POST", path, file, language)
        if status == 503 and start is not None and _code(answer) in _WORTH_A_SECOND_TRY:
            time.sleep(min(pause_s, _MAX_PAUSE_S))
            file.seek(start)
            status, answer, _ = self._ask("POST", path, file, language)
        return status, answer

    def _answer(self, status: int, answer: dict[str, object]) -> Answer:
        if status not in (200, 202, 451):
            raise _error(status, answer)
        try:
            said = Said(_text(answer, "verdict"))
        except ValueError as error:
            raise _not_a_guard() from error
        if said not in {200: (Said.ALLOW,), 202: (Said.HOLD,), 451: (Said.BLOCK,)}[status]:
            raise _not_a_guard()
        outcome = self._rule.outcome(said)
        text = _text(answer, "uploader_text") if outcome is Outcome.STOP else None
        return Answer(
            outcome, said, _text(answer, "id"), answer.get("flagged") is True, answer.get("review") is True, text
        )

    def _ask(
        self, method: str, path: str, body: BinaryIO | None, language: str = ""
    ) -> tuple[int, dict[str, object], float]:
        """The status, the JSON object and the named pause of one exchange."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout_s, blocksize=_BLOCK_BYTES)
        headers = dict(self._headers)
        if language and language.isascii() and language.isprintable():
            headers["Accept-Language"] = language
        if body is not None and body.seekable():
            start = body.tell()
            headers["Content-Length"] = str(body.seek(0, io.SEEK_END) - start)
            body.seek(start)
        sent = _Sent(body) if body is not None else None
        try:
            try:
                # Without a length it goes in chunks.
                connection.request(method, self._path + path, sent, headers)
            except (BrokenPipeError, ConnectionResetError):
                # It answered before it had read everything, as it does for an upload beyond its limit.
                if connection.sock is None:
                    raise
            response = connection.getresponse()
            data = response.read(_MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            if sent is not None and sent.failed:
                raise
            raise GuardUnreachable(
                "The guard could not be reached or did not answer in time. Check that it runs and listens there."
            ) from error
        finally:
            connection.close()
        pause = response.headers.get("Retry-After", "")
        return response.status, _object(data), float(pause) if pause.isascii() and pause.isdigit() else 1.0


class _Sent:
    """The body while it is sent, so that a fault in reading the file is told from one of the connection."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.failed = file, False

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._file.read(size)
        except OSError:
            self.failed = True
            raise


def _error(status: int, answer: dict[str, object]) -> GuardClientError:
    """The error that a status means. Nothing that was sent back is in its text."""
    error = _error_of(status, answer)
    if isinstance(text := answer.get("uploader_text"), str) and not isinstance(error, NotAGuard):
        error.uploader_text = text
    return error


def _error_of(status: int, answer: dict[str, object]) -> GuardClientError:
    if status == 415 and _code(answer) == "not_a_picture":
        return NoPicture("This is neither a picture nor a video that the guard knows. Nothing was looked up.")
    if status in (400, 408, 413, 415, 422):
        return UploadNotRead(f"The guard could not read this upload (status {status}). Treat it as unchecked.")
    if status == 401:
        return TokenRefused("The guard does not know this token. Make one with `notcontent guard token NAME`.")
    if status in (429, 503, 504):
        return GuardCannotAnswer(
            f"The guard cannot judge this upload now (status {status}). Ask again; its /readyz says what is missing."
        )
    return _not_a_guard()


def _not_a_guard() -> NotAGuard:
    return NotAGuard("What answered is no guard of this version. Check the address, and that both are up to date.")


def _object(data: bytes) -> dict[str, object]:
    try:
        answer = json.loads(data) if len(data) <= _MAX_ANSWER_BYTES else None
    except (ValueError, RecursionError):
        answer = None
    return answer if isinstance(answer, dict) else {}


def _text(answer: dict[str, object], name: str) -> str:
    text = answer.get(name)
    if not isinstance(text, str):
        raise _not_a_guard()
    return text


def _code(answer: dict[str, object]) -> str:
    error = answer.get("error")
    return str(error.get("code")) if isinstance(error, dict) else ""
