"""notcontent's list in `tx` and HMA: signatures checked, withdrawals obeyed, labels told to the helpline.

`tx config extensions add notcontent_tx`; in HMA, `NotContentSignalExchangeAPI` among the `exchange_types`.
"""

from __future__ import annotations

import hashlib
import time
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from threatexchange.exchanges import auth, fetch_state, signal_exchange_api
from threatexchange.exchanges.collab_config import CollaborationConfigBase
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest
from threatexchange.signal_type.pdq.signal import PdqSignal
from threatexchange.signal_type.signal_base import SignalType

from notcontent.feed.signature import PublicKey
from notcontent.feed.text import NO_HASH
from notcontent.follower.asking import Exchange
from notcontent.follower.catching_up import Kept, Step, catch_up

_Category = fetch_state.SignalOpinionCategory
#: What a label says of a match: verdict, decision, reason (docs/spec/feed.md §4).
_TOLD: dict[t.Any, tuple[str, str | None, str | None]] = {
    _Category.POSITIVE_CLASS: ("block", "block", "intimate"),
    _Category.NEGATIVE_CLASS: ("hold", "release", "not_intimate"),
    _Category.INVESTIGATION_SEED: ("flag", None, None),
}


@dataclass
class NotContentCredentials(auth.CredentialHelper):
    """What the helpline gave: as one text, the three with commas between them."""

    ENV_VARIABLE: t.ClassVar[str] = "TX_NOTCONTENT"
    FILE_NAME: t.ClassVar[str] = "~/.tx_notcontent"

    url: str = field(metadata={"help": "Address of the exchange for partners"})
    token: str = field(metadata={"help": "This platform's token there"})
    root_key: str = field(metadata={"help": "The exchange's root key, one line that starts with RW"})

    @classmethod
    def _from_str(cls, s: str) -> NotContentCredentials:
        url, token, root_key = s.strip().split(",")
        return cls(url=url, token=token, root_key=root_key)

    def _are_valid(self) -> bool:
        return bool(self.url and self.token and self.root_key)


@dataclass
class NotContentCheckpoint(fetch_state.FetchCheckpointBase):
    """What `Kept` holds, in words that every store keeps. `held` has 22 bytes for each entry."""

    keys_sequence: int = 0
    feed: str = ""
    epoch: int = 0
    number: int = 0
    delta: str = NO_HASH
    held: str = ""
    last_fetch_time: int = 0

    def get_progress_timestamp(self) -> int | None:
        """When it was fetched."""
        return self.last_fetch_time

    @classmethod
    def of(cls, kept: Kept) -> NotContentCheckpoint:
        """The checkpoint that remembers this."""
        return cls(kept.keys_sequence, kept.feed, kept.epoch, kept.number, kept.delta, kept.packed, int(time.time()))

    @property
    def kept(self) -> Kept:
        """What it remembers."""
        return Kept(self.keys_sequence, self.feed, self.epoch, self.number, self.delta, Kept.unpack(self.held))


@dataclass
class NotContentSignal(fetch_state.FetchedSignalMetadata):
    """One turn of one entry. A claim: somebody has to look before anything is blocked for good."""

    value: str = ""


class NotContentSignalExchangeAPI(
    auth.SignalExchangeWithAuth[CollaborationConfigBase, NotContentCredentials],
    signal_exchange_api.SignalExchangeAPI[
        CollaborationConfigBase, NotContentCheckpoint, NotContentSignal, str, NotContentSignal
    ],
):
    """Keys are entry and turn, so that a withdrawal, which names the entry alone, deletes exactly what it brought."""

    def __init__(self, exchange: Exchange) -> None:
        """Ask this exchange."""
        self._exchange = exchange
        self._entries: dict[str, list[str]] | None = None

    @classmethod
    def get_name(cls) -> str:
        """Its name in `tx config collab edit` and in HMA."""
        return "notcontent"

    @staticmethod
    def get_config_cls() -> type[CollaborationConfigBase]:
        """Nothing beside a name."""
        return CollaborationConfigBase

    @staticmethod
    def get_checkpoint_cls() -> type[NotContentCheckpoint]:
        """How far a store is."""
        return NotContentCheckpoint

    @staticmethod
    def get_record_cls() -> type[NotContentSignal]:
        """What a store keeps."""
        return NotContentSignal

    @staticmethod
    def get_credential_cls() -> type[NotContentCredentials]:
        """Address, token and root key."""
        return NotContentCredentials

    @classmethod
    def for_collab(
        cls, collab: CollaborationConfigBase, credentials: NotContentCredentials | None = None
    ) -> NotContentSignalExchangeAPI:
        """An instance with these credentials, or those of the environment, the file or HMA."""
        found = credentials or NotContentCredentials.get(cls)
        return cls(Exchange(found.url, found.token, PublicKey.from_text(found.root_key)))

    def fetch_iter(
        self, supported_signal_types: Sequence[type[SignalType]], checkpoint: NotContentCheckpoint | None
    ) -> Iterator[fetch_state.FetchDelta[str, NotContentSignal, NotContentCheckpoint]]:
        """Every step to the head. `None` is threatexchange's word for "delete"."""
        kept = checkpoint.kept if checkpoint else Kept()
        for step in catch_up(self._exchange, kept, datetime.now(UTC)):
            yield fetch_state.FetchDelta(_updates(step), NotContentCheckpoint.of(step.kept))

    @classmethod
    def naive_convert_to_signal_type(
        cls,
        signal_types: Sequence[type[SignalType]],
        collab: CollaborationConfigBase,
        fetched: Mapping[str, NotContentSignal | None],
    ) -> dict[type[SignalType], dict[str, NotContentSignal]]:
        """What the index of PDQ is built from."""
        live = {record.value: record for record in fetched.values() if record is not None}
        return {PdqSignal: live} if live and PdqSignal in signal_types else {}

    def report_opinion(self, s_type: type[SignalType], signal: str, opinion: fetch_state.SignalOpinion) -> None:
        """Tell the helpline what a match was. The same label of the same entry counts once."""
        if s_type != PdqSignal:
            return
        verdict, decision, reason = _TOLD[opinion.category]
        day = datetime.now(UTC).date().isoformat()
        self._exchange.report(
            [
                {
                    "id": hashlib.sha256(f"label {entry}".encode()).hexdigest()[:32],
                    "entry": entry, "verdict": verdict, "decision": decision, "reason": reason, "day": day,
                }
                for entry in self._entries_with(signal)
            ]
        )  # fmt: skip

    def _entries_with(self, value: str) -> list[str]:
        """The entries that this fingerprint stands for: the list is read once for it, and kept nowhere."""
        if self._entries is None:
            self._entries = {}
            for step in catch_up(self._exchange, Kept(), datetime.now(UTC)):
                for entry, values in step.added.items():
                    for each in values:
                        self._entries.setdefault(each, []).append(entry)
        return self._entries.get(value, [])


def _updates(step: Step) -> dict[str, NotContentSignal | None]:
    gone: dict[str, NotContentSignal | None] = {f"{entry}/{turn}": None for entry in step.gone for turn in range(8)}
    return gone | {
        f"{entry}/{turn}": NotContentSignal(value)
        for entry, values in step.added.items()
        for turn, value in enumerate(values)
    }


TX_MANIFEST = ThreatExchangeExtensionManifest(apis=(NotContentSignalExchangeAPI,))
