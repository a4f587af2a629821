"""Receipts: a platform's signed word that an entry was stopped, or that its bytes are erased. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notcontent.feed.text import MalformedText, TextReader, format_time

KIND = "notcontent-receipt/1"


class ReceiptState(StrEnum):
    """What the platform says it has done."""

    STOPPED = "stopped"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One entry's receipt. `feed` and `entry` are 32 hex digits; `number` is the delta that carried the withdrawal."""

    feed: str
    entry: str
    state: ReceiptState
    epoch: int
    number: int
    time: datetime


def format_receipt(receipt: Receipt) -> str:
    """The text for the guard's key to sign."""
    lines = [
        KIND,
        f"feed: {receipt.feed}",
        f"entry: {receipt.entry}",
        f"state: {receipt.state}",
        f"epoch: {receipt.epoch}",
        f"number: {receipt.number}",
        f"time: {format_time(receipt.time)}",
    ]
    return "\n".join(lines) + "\n"


def parse_receipt(untrusted_text: str) -> Receipt:
    """The receipt that `format_receipt` would write as exactly this text. Raises `MalformedText`."""
    reader = TextReader(untrusted_text, KIND, max_bytes=4096)
    feed, entry = reader.hex("feed", 32), reader.hex("entry", 32)
    try:
        state = ReceiptState(reader.field("state"))
    except ValueError:
        raise MalformedText("A receipt's state is neither stopped nor erased.") from None
    receipt = Receipt(feed, entry, state, reader.number("epoch"), reader.number("number"), reader.time("time"))
    reader.end()
    return receipt
