"""Somebody else's list, fetched with python-threatexchange's own clients.

That package is wanted here alone, and only while this runs: nothing of it is imported before.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from notcontent.feed.entry import Tier
from notcontent.relay.errors import SourceAway, SourceUnusable

logger = logging.getLogger(__name__)
_HASH = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
#: Sources, and the settings that each of them takes.
SOURCES = {"stop_ncii": (), "ncmec": ("environment",), "local_file": ("filename",)}


@dataclass(frozen=True, slots=True)
class Update:
    """What a record says now: its PDQ fingerprints (64 hex digits) with their tiers; none: it is gone."""

    key: str
    values: dict[str, Tier]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A part of a list. `checkpoint` is what to go on from once it is stored."""

    updates: tuple[Update, ...]
    checkpoint: str


class Source:
    """One list. Its keys come from where threatexchange looks for them (such as `TX_STOPNCII_KEYS`)."""

    def __init__(self, kind: str, settings: dict[str, str], confirmed: Tier) -> None:
        """Set up. `confirmed` is the tier of what a platform's reviewers confirmed. Raises `SourceUnusable`."""
        try:
            from threatexchange.signal_type.pdq.signal import PdqSignal

            self._api = _api_of(kind)
        except ImportError as error:
            raise SourceUnusable(
                "python-threatexchange is not installed. Install it with: pip install 'notcontent[lists]'"
            ) from error
        except KeyError as error:
            raise SourceUnusable(f"There is no source of this name. Choose one of: {', '.join(SOURCES)}.") from error
        self._pdq, self._confirmed = PdqSignal, confirmed
        wanted = SOURCES[kind]
        if set(settings) != set(wanted):
            raise SourceUnusable(f"This source takes these settings: {', '.join(wanted) or 'none'}.")
        #: A file is read as a whole each time: what it does not hold is gone.
        self.always_whole = kind == "local_file"
        fixed = {"name": "relayed", "api": kind, "enabled": True} | settings
        if kind == "local_file":
            fixed["signal_type"] = "pdq"
        config = self._api.get_config_cls()
        names = {field.name for field in dataclasses.fields(config) if field.init}
        from dacite import DaciteError
        from threatexchange.utils.dataclass_json import dataclass_load_dict

        try:
            self._collab = dataclass_load_dict({name: fixed[name] for name in names & set(fixed)}, config)
        except (ValueError, TypeError, KeyError, DaciteError) as error:
            raise SourceUnusable("This source does not take these settings. See docs/platform/lists.md.") from error
        self._refuse_missing_keys()

    def _refuse_missing_keys(self) -> None:
        from threatexchange.exchanges import auth

        try:
            self._api.for_collab(self._collab)
        except (auth.SignalExchangeAPIMissingAuthException, auth.SignalExchangeAPIInvalidAuthException):
            # Not as the cause of ours: its text may hold the keys.
            raise SourceUnusable(
                "The keys are missing, or are not of the shape that this source gives. See docs/platform/lists.md."
            ) from None

    def fetch(self, checkpoint: str | None) -> Iterator[Fetched]:
        """What changed since, part by part. Raises `SourceAway`."""
        try:
            client = self._api.for_collab(self._collab)
            for delta in client.fetch_iter([self._pdq], self._read(checkpoint)):
                updates = tuple(Update(_name(key), self._values(key, value)) for key, value in delta.updates.items())
                yield Fetched(updates, json.dumps(_as_json(delta.checkpoint)))
        except Exception as error:  # a foreign client may raise anything; the guard keeps its last list meanwhile
            raise SourceAway(
                f"The list could not be fetched ({type(error).__name__}). Check its keys; it is tried again."
            ) from error

    def is_stale(self, checkpoint: str | None) -> bool:
        """Whether the list has to be read from the beginning, and what it lacks then is gone."""
        return self.always_whole or checkpoint is None or bool(self._read(checkpoint).is_stale())

    def _read(self, checkpoint: str | None) -> Any:
        if checkpoint is None:
            return None
        from threatexchange.utils.dataclass_json import dataclass_load_dict

        return dataclass_load_dict(json.loads(checkpoint), self._api.get_checkpoint_cls())

    def _values(self, key: object, value: Any) -> dict[str, Tier]:
        held = None if value is None else self._api.fetch_value_merge(None, value)
        if held is None:
            return {}
        if isinstance(key, tuple):
            kind, text = key
            if not _HASH.fullmatch(text):
                logger.warning("a line that is no hash")
                return {}
            key = (kind, text.lower())
        found = self._api.naive_convert_to_signal_type([self._pdq], self._collab, {key: held}).get(self._pdq, {})
        told = {each: self._tier(metadata.get_as_aggregate_opinion().category.name) for each, metadata in found.items()}
        return {each: tier for each, tier in told.items() if tier is not None}

    def _tier(self, opinion: str) -> Tier | None:
        if opinion == "NEGATIVE_CLASS":
            return None
        return self._confirmed if opinion == "POSITIVE_CLASS" else Tier.CLAIMED


def _api_of(kind: str) -> Any:
    if kind == "stop_ncii":
        return _stopncii_that_withdraws()
    if kind == "ncmec":
        from threatexchange.exchanges.impl.ncmec_api import NCMECSignalExchangeAPI

        return NCMECSignalExchangeAPI
    if kind == "local_file":
        from threatexchange.exchanges.impl.file_api import LocalFileSignalExchangeAPI

        return LocalFileSignalExchangeAPI
    raise KeyError(kind)


def _stopncii_that_withdraws() -> Any:
    """The client of StopNCII.org's exchange, with withdrawals read from where they stand.

    The one of 1.2.17 looks for them in the fingerprint and so never sees one (docs/spec/stopncii.md §6).
    """
    from threatexchange.exchanges import fetch_state
    from threatexchange.exchanges.impl import stop_ncii_api as stock

    class Mended(stock.StopNCIISignalExchangeAPI):  # type: ignore[misc, unused-ignore]
        def fetch_iter(self, supported_signal_types: Any, checkpoint: Any) -> Iterator[Any]:
            start = checkpoint.update_time if checkpoint else self.api.DEFAULT_START_TIME
            for page in self.api.fetch_hashes_iter(start_timestamp=start):
                updates = {
                    ("pdq", record.hashValue): None
                    if record.hashStatus.value in ("Withdrawn", "Deleted")
                    else stock.StopNCIISignalMetadata(record.CSPFeedbacks)
                    for record in page.hashRecords
                    if record.signalType.value == "ImagePDQ"
                }
                yield fetch_state.FetchDelta(updates, stock.StopNCIICheckpoint.from_stopncii_fetch(page))

    return Mended


def _name(key: object) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def _as_json(checkpoint: Any) -> dict[str, Any]:
    from threatexchange.utils.dataclass_json import dataclass_dump_dict

    told: dict[str, Any] = dataclass_dump_dict(checkpoint)
    return told
