"""A sweep of what arrives: an SQS queue into which S3 puts an event for each new object.

A message is taken out of the queue once its objects were looked at, so one that a crash interrupts comes again; one
that can't be read stays, for the queue's own redrive policy to put aside.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TextIO
from urllib.parse import unquote_plus

from notcontent.doors.sweep.bucket import Address, Aside, BucketRoot, translated
from notcontent.guard.sweep import Sweep
from notcontent.guard.swept import Counts, Places, Root

_MOST_MESSAGES: Final = 10
_WAIT_S: Final = 10
#: For so long nobody else gets a message that was taken: time to read a long video.
_HIDDEN_S: Final = 900


class NotAnEvent(ValueError):
    """A message is no event of S3."""


@dataclass(frozen=True, slots=True)
class OneObject:
    """One object of a bucket as a root of its own."""

    bucket: BucketRoot
    key: str

    @property
    def name(self) -> str:
        """Its address."""
        return self.bucket.path((self.key,))

    def below(self, after: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
        """Itself."""
        if after is None:
            yield (self.key,)

    path = property(lambda self: self.bucket.path)
    open = property(lambda self: self.bucket.open)
    put_aside = property(lambda self: self.bucket.put_aside)


def read_event(untrusted: str) -> list[Address]:
    """The new objects that a message names; none for the message that S3 sends when it is set up. Raises NotAnEvent."""
    try:
        message = json.loads(untrusted)
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            # Keys are encoded as in a form.
            Address(str(each["s3"]["bucket"]["name"]), unquote_plus(str(each["s3"]["object"]["key"])))
            for each in message["Records"]
            if str(each["eventName"]).startswith("ObjectCreated:")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotAnEvent("not an event") from error


class Queue:
    """One queue, swept until it is empty or for ever."""

    def __init__(self, sqs: Any, s3: Any, url: str, aside: Aside, complaints: TextIO) -> None:
        """Nothing is asked yet. A line for each message that can't be read goes to `complaints`."""
        self._sqs, self._s3, self._url, self._aside, self._complaints = sqs, s3, url, aside, complaints

    async def sweep(self, sweep: Sweep, *, until_empty: bool) -> Counts:
        """Look at every object that a message names. Raises CloudError when the queue can't be asked."""
        total = Counts()
        while True:
            messages = await asyncio.to_thread(self._receive, 1 if until_empty else _WAIT_S)
            if not messages and until_empty:
                return total
            roots: list[Root] = []
            message_of: list[int] = []
            done = set(range(len(messages)))
            for number, message in enumerate(messages):
                try:
                    objects = read_event(str(message.get("Body", "")))
                except NotAnEvent:
                    done.discard(number)
                    total.errors += 1
                    print("A message is no event of S3, and was left in the queue.", file=self._complaints, flush=True)
                    continue
                for each in objects:
                    if not self._aside.holds(each.bucket, each.key):
                        roots.append(OneObject(BucketRoot(self._s3, Address(each.bucket, ""), self._aside), each.key))
                        message_of.append(number)
            places = Places(roots, None)
            places.counts = total
            done -= {message_of[root] for root in await sweep.over(places)}
            for number in done:
                await asyncio.to_thread(self._done, messages[number]["ReceiptHandle"])

    def _receive(self, wait_s: int) -> list[dict[str, Any]]:
        with translated():
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_MOST_MESSAGES,
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=_HIDDEN_S,
            )
        return list(answer.get("Messages", []))

    def _done(self, receipt: str) -> None:
        with translated():
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
