"""The guard's few settings: `guard.toml` in its data folder, overruled by `NOTCONTENT_GUARD_…` in the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from notcontent.guard.doorway import DoorRule, read_rule
from notcontent.guard.errors import BadSettings
from notcontent.guard.policy import Action, Policy
from notcontent.guard.signing import read_secret
from notcontent.guard.uploads import Decision

FILE_NAME = "guard.toml"
#: Nearer ones match; beyond, two different photographs have been seen.
LEAST_REVIEW_BITS, MOST_REVIEW_BITS = 33, 60
ENVIRONMENT_PREFIX = "NOTCONTENT_GUARD_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. The same name in lower case in the file, in upper case in the environment."""

    #: Where the guard listens. Keep it on a private address: platforms' servers speak to it, people never do.
    host: str = "127.0.0.1"
    port: int = 8100
    #: What an entry of each tier asks for: `flag` (pass and report), `hold`, or, for verified ones, `block`.
    claimed: str = "hold"
    seen: str = "hold"
    verified: str = "block"
    #: The brake: what claims that nobody has confirmed may hold.
    holds_per_claim_an_hour: int = 20
    claims_hold_at_least_an_hour: int = 20
    claims_hold_share: float = 0.001
    #: A list of which no valid head was seen for so long answers nothing any more (503).
    list_max_age_hours: float = 24.0
    #: One upload, all uploads being received at a time, and how long one may take to arrive.
    max_upload_mib: int = 32
    max_receiving_mib: int = 256
    body_timeout_s: float = 30.0
    #: Processes that answer; the first of them follows the lists too.
    workers: int = 1
    #: Processes that open pictures, shared out among those that answer; each has one at least.
    decoder_workers: int = 2
    #: Videos that are read at a time, each in a process of its own, shared out among the processes that answer; each
    #: has one at least. So many more may wait. How long one may be, and how long reading it, or a request, may take.
    videos_at_once: int = 1
    max_waiting_videos: int = 16
    max_video_s: int = 7200
    video_timeout_s: float = 600.0
    #: To a caller that asked for it, a video that is not read within so many seconds is answered "pending".
    answer_within_s: float = 10.0
    #: Where verdicts that come later are POSTed to, and the secret they are signed with. Empty: nowhere.
    callback_url: str = ""
    callback_secret: str = field(default="", repr=False)
    #: Where events (an upload is held or blocked, a list is too old, …) are POSTed to, and the secret they are signed
    #: with. Empty: nowhere.
    events_url: str = ""
    events_secret: str = field(default="", repr=False)
    #: So many different uploads near one entry, from one place (or one token, where no place is told) within an hour,
    #: raise an alarm: somebody may be trying how far a picture has to be altered. 0: never.
    probing_alarm: int = 20
    #: What is written to standard error, warnings alone: `text` or `json` (an object a line).
    log_format: str = "text"
    #: What of an upload is looked up: `views` (the whole picture, and as long as nothing is found what is inside its
    #: borders, its parts, and it tilted back) or `whole` (the whole picture alone in its eight orientations: cheapest).
    look_at: str = "views"
    #: An upload that nothing is near enough to, but that an entry lies within so many bits of (33 to 60), passes and is
    #: offered to a person. 0: not at all.
    review_within_bits: int = 0
    #: Fingerprints of a lower quality (0 to 100) say too little to match.
    min_quality: int = 20
    #: So many uploads are remembered, in memory, in each process that answers, until any list changes: the same bytes
    #: are not opened and searched for again. 0: none.
    verdict_cache: int = 10_000
    #: A hold that nobody has decided about ends after so many hours, as `when_hold_expires` states: `release` or
    #: `block`. Empty: it stays open.
    hold_at_most_hours: float = 24.0
    when_hold_expires: str = ""
    #: Where a reviewer's preview comes from, with {object} for your own id of the upload. Empty: there is none.
    preview_url: str = field(default="", repr=False)
    #: How long the record of a held, blocked or flagged upload is kept. It holds no picture and no fingerprint.
    keep_uploads_days: int = 90
    #: Whether, and for how many days, the fingerprints of accepted uploads are kept, so that an entry that comes later
    #: can be found among them. 0: not at all.
    keep_accepted_days: int = 0
    #: Whether, and for how many days, it is kept which verified entries were met in which place (under pseudonyms), so
    #: that likely successors of closed places are found. 0: not at all.
    spinoff_days: int = 0
    #: Whether the exchange is told which entries were seen again in a place which a person here marked as a successor,
    #: so that whoever is shown in one can ask for it: `on` or `off`.
    spinoffs_told: str = "off"
    #: The door for programs made for Hasher-Matcher-Actioner, at /hma: `on` or `off`. If it is open, what it makes of a
    #: hold and of an upload that can't be checked has to be stated: `pass` or `stop`.
    hma: str = "off"
    hma_when_held: str = ""
    hma_when_unchecked: str = ""
    #: Hosts that it may fetch uploads from, as `host` or `host:port`, with commas in between. Empty: from nowhere.
    hma_fetch_hosts: str = ""
    #: The clamd door: its port (0: closed), what a hold and an upload that can't be checked meet there (`pass` or
    #: `stop`, to be stated where the door is open), and the `host:port` of a real clamd that everything goes on to.
    clamd_port: int = 0
    clamd_when_held: str = ""
    clamd_when_unchecked: str = ""
    clamd_behind: str = ""
    #: The same for the ICAP door.
    icap_port: int = 0
    icap_when_held: str = ""
    icap_when_unchecked: str = ""

    @property
    def policy(self) -> Policy:
        """What each tier asks for. Raises BadSettings where a word is not allowed."""
        try:
            return Policy(Action(self.claimed), Action(self.seen), Action(self.verified))
        except ValueError as error:
            raise BadSettings(
                "claimed and seen may be 'flag' or 'hold', verified may be 'flag', 'hold' or 'block'. "
                "An entry that nobody has verified never blocks for good."
            ) from error

    @property
    def whole_only(self) -> bool:
        """Whether an upload is looked up as it is and in no other view. Raises BadSettings for an unknown word."""
        if self.look_at not in ("views", "whole"):
            raise BadSettings("look_at may be 'views' or 'whole'.")
        return self.look_at == "whole"

    @property
    def review_bits(self) -> int:
        """How far a near miss may be; 0: none is wanted. Raises BadSettings for what is no near miss."""
        if self.review_within_bits and not LEAST_REVIEW_BITS <= self.review_within_bits <= MOST_REVIEW_BITS:
            raise BadSettings(
                f"review_within_bits may be 0 (off) or {LEAST_REVIEW_BITS} to {MOST_REVIEW_BITS}. "
                "What is nearer matches; further away are different pictures too."
            )
        return self.review_within_bits

    @property
    def hold_expires(self) -> Decision | None:
        """What becomes of a hold that nobody decides about; None: nothing. Raises BadSettings for another word."""
        if self.when_hold_expires not in ("", *Decision):
            raise BadSettings("when_hold_expires may be 'release', 'block', or empty: then a hold stays open.")
        return Decision(self.when_hold_expires) if self.when_hold_expires else None

    @property
    def preview(self) -> str | None:
        """The address of a preview, with {object} in it; None: there is none. Raises BadSettings."""
        if not self.preview_url:
            return None
        parts = urlsplit(self.preview_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "{object}" in parts.netloc:
            raise BadSettings("preview_url needs an address that begins with https:// (or http:// on your own net).")
        if self.preview_url.count("{object}") != 1:
            raise BadSettings("preview_url needs {object} once, where your own id of an upload stands.")
        return self.preview_url

    @property
    def callback(self) -> tuple[str, bytes] | None:
        """Where verdicts that come later are told, and the key they are signed with. Raises BadSettings."""
        return _told_at("callback", self.callback_url, self.callback_secret)

    @property
    def events(self) -> tuple[str, bytes] | None:
        """Where events are told, and the key they are signed with. Raises BadSettings."""
        return _told_at("events", self.events_url, self.events_secret)

    @property
    def logs_json(self) -> bool:
        """Whether log lines are objects. Raises BadSettings for an unknown word."""
        if self.log_format not in ("text", "json"):
            raise BadSettings("log_format may be 'text' or 'json'.")
        return self.log_format == "json"

    @property
    def tells_spinoffs(self) -> bool:
        """Whether the exchange is told of entries that were seen again. Raises BadSettings."""
        if self.spinoffs_told not in ("off", "on"):
            raise BadSettings("spinoffs_told may be 'off' or 'on'.")
        if self.spinoffs_told == "on" and not self.spinoff_days:
            raise BadSettings("spinoffs_told needs spinoff_days: without it no successors are found.")
        return self.spinoffs_told == "on"

    @property
    def hma_rule(self) -> DoorRule | None:
        """The rule of the HMA door; None if it is closed. Raises BadSettings."""
        if self.hma not in ("off", "on"):
            raise BadSettings("hma may be 'off' or 'on'.")
        return read_rule("hma", self.hma_when_held, self.hma_when_unchecked) if self.hma == "on" else None

    @property
    def clamd_rule(self) -> DoorRule:
        """What the clamd door makes of a hold, and of what can't be checked. Raises BadSettings."""
        return read_rule("clamd", self.clamd_when_held, self.clamd_when_unchecked)

    @property
    def icap_rule(self) -> DoorRule:
        """The same of the ICAP door. Raises BadSettings."""
        return read_rule("icap", self.icap_when_held, self.icap_when_unchecked)

    @property
    def clamd_behind_at(self) -> tuple[str, int] | None:
        """Host and port of the clamd behind. Raises BadSettings."""
        if not self.clamd_behind:
            return None
        host, _, port = self.clamd_behind.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
            raise BadSettings("clamd_behind needs host:port, such as 127.0.0.1:3311.")
        return host.removeprefix("[").removesuffix("]"), int(port)

    @property
    def list_max_age(self) -> timedelta:
        """How old a list may be."""
        return timedelta(hours=self.list_max_age_hours)

    @property
    def max_upload_bytes(self) -> int:
        """The largest upload."""
        return self.max_upload_mib << 20


def load_settings(folder: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the guard in this folder. Raises BadSettings with the name of the one that is wrong."""
    given: dict[str, object] = {}
    path = folder / FILE_NAME
    if path.exists():
        try:
            given |= tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"{FILE_NAME} is not valid TOML. Compare it with the platform documentation.") from error
    known = {each.name: type(each.default) for each in fields(Settings)}
    for name in known:
        if (text := environment.get(ENVIRONMENT_PREFIX + name.upper())) is not None:
            given[name] = text
    if strangers := sorted(given.keys() - known.keys()):
        raise BadSettings(f"{FILE_NAME} has a setting that does not exist: {strangers[0]}. Correct or remove it.")
    settings = Settings(**{name: _typed(name, value, known[name]) for name, value in given.items()})  # type: ignore[arg-type]
    _ = settings.policy, settings.whole_only, settings.review_bits, settings.callback
    _ = settings.hold_expires, settings.preview, settings.events, settings.logs_json, settings.hma_rule
    _ = settings.clamd_behind_at, settings.tells_spinoffs
    if settings.clamd_port:
        _ = settings.clamd_rule
    if settings.icap_port:
        _ = settings.icap_rule
    return settings


def _told_at(what: str, url: str, secret: str) -> tuple[str, bytes] | None:
    """An address and a key; None where neither is set."""
    if not url and not secret:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSettings(f"{what}_url needs an address that begins with https:// (or http:// on your own net).")
    return url, read_secret(f"{what}_secret", secret)


def _typed(name: str, value: object, kind: type) -> object:
    """A text stays a text; a number may come as a text (from the environment) and is never negative."""
    try:
        if kind is str and isinstance(value, str):
            return value
        if kind is not str and isinstance(value, str | int | float) and not isinstance(value, bool):
            number: int | float = kind(value)
            if number >= 0 and (isinstance(value, str) or number == value):
                return number
    except ValueError:
        pass
    raise BadSettings(f"The setting {name} needs a value of type {kind.__name__}; numbers may not be negative.")
