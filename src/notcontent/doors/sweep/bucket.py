"""A bucket as a root of a sweep. Objects are read into memory, never onto a disk.

The client is boto3's: where the bucket is, and who asks, it reads from the places every S3 program reads
(`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `~/.aws/config`, the machine's role …), so there are no settings of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from notcontent.errors import NotContentError
from notcontent.guard.doorway import HEAD_BYTES, is_nothing_for_us

TAG: Final = "notcontent"
_BLOCK_BYTES: Final = 1 << 20
#: Larger ones are named as not read, rather than fill the memory.
MAX_OBJECT_BYTES: Final = 2 << 30
_CONFIG: Final = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 4})
_GONE: Final = frozenset({"NoSuchKey", "404", "NotFound"})


class CloudError(NotContentError):
    """The cloud storage could not be asked, or refused. Its own word for the reason is in the text."""


class ObjectTooLarge(NotContentError):
    """An object is too large to be read into memory. Fetch it and sweep the file."""


class AlreadyThere(NotContentError):
    """Another object has the name that one is to be moved to."""


class NotABucket(NotContentError):
    """What was named is no s3://bucket/prefix."""


@dataclass(frozen=True, slots=True)
class Address:
    """`s3://bucket/key`, where the key may be a prefix or empty."""

    bucket: str
    key: str


def read_address(untrusted: str) -> Address:
    """The bucket and key of an s3:// address. Raises NotABucket."""
    parts = urlsplit(untrusted, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise NotABucket("A bucket is named like s3://bucket or s3://bucket/prefix. Correct it.")
    # What follows may hold any sign, a question mark too.
    return Address(parts.netloc, untrusted.partition("://")[2].partition("/")[2])


def connect(service: str) -> Any:
    """boto3's client, which may be used from several threads. Raises CloudError, for instance without a region."""
    with translated():
        return boto3.session.Session().client(service, config=_CONFIG)


@contextmanager
def translated() -> Iterator[None]:
    """What boto3 raises as CloudError. Addresses and keys stay out of the text."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        raise CloudError(
            f"The storage refused ({code}). Check the name, and what this account may do there."
        ) from error
    except BotoCoreError as error:
        kind = type(error).__name__
        raise CloudError(f"The storage could not be asked ({kind}). Check its address and your credentials.") from error


@dataclass(frozen=True, slots=True)
class Aside:
    """What is done with a held or blocked object: a tag `notcontent`, or a move below `move_to`, or both."""

    tag: bool = False
    move_to: Address | None = None

    def holds(self, bucket: str, key: str) -> bool:
        """Whether this object was moved there."""
        target = self.move_to
        return target is not None and target.bucket == bucket and key.startswith(f"{target.key.rstrip('/')}/")


class BucketRoot:
    """The objects below a prefix, in the order of their keys, which is that of UTF-8 bytes."""

    def __init__(self, client: Any, address: Address, aside: Aside) -> None:
        """Nothing is asked yet."""
        self._client, self._bucket, self._prefix, self._aside = client, address.bucket, address.key, aside

    @property
    def name(self) -> str:
        """As it was named."""
        return f"s3://{self._bucket}/{self._prefix}"

    def path(self, parts: tuple[str, ...]) -> str:
        """The address of an object."""
        return f"s3://{self._bucket}/{parts[0]}" if parts else self.name

    def below(self, after: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
        """The keys, a page at a time. Raises CloudError."""
        start = {"StartAfter": after[0]} if after else {}
        with translated():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, **start
            )
            for page in pages:
                for each in page.get("Contents", []):
                    if not self._aside.holds(self._bucket, each["Key"]):
                        yield (each["Key"],)

    def open(self, parts: tuple[str, ...]) -> BinaryIO | None:
        """An object in memory; None if it is gone, or its first bytes are neither of a picture nor of a video."""
        with translated():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=parts[0])
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code")) in _GONE:
                    return None
                raise
            body = answer["Body"]
            try:
                head = body.read(HEAD_BYTES)
                if is_nothing_for_us(head):
                    return None
                if int(answer.get("ContentLength", 0)) > MAX_OBJECT_BYTES:
                    raise ObjectTooLarge("This object is larger than 2 GiB. Fetch it and sweep the file.")
                return _in_memory(head, body)
            finally:
                body.close()

    def put_aside(self, parts: tuple[str, ...], verdict: str) -> None:
        """Tag it, move it, or both. Raises CloudError and AlreadyThere."""
        key = parts[0]
        with translated():
            if self._aside.tag:
                # The storage replaces the whole set, so what is there is read first and kept.
                held = self._client.get_object_tagging(Bucket=self._bucket, Key=key)["TagSet"]
                tags = [each for each in held if each["Key"] != TAG] + [{"Key": TAG, "Value": verdict}]
                if tags != held:
                    self._client.put_object_tagging(Bucket=self._bucket, Key=key, Tagging={"TagSet": tags})
            if target := self._aside.move_to:
                name = key.removeprefix(self._prefix).lstrip("/") or key.rpartition("/")[2]
                moved = f"{target.key.rstrip('/')}/{name}"
                # The same bytes may lie there from a move that was interrupted.
                if self._digest(target.bucket, moved) not in (None, self._digest(self._bucket, key)):
                    raise AlreadyThere("another object of that name is there, and was not overwritten")
                # In parts, where it is large; metadata and tags go with it.
                self._client.copy({"Bucket": self._bucket, "Key": key}, target.bucket, moved)
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def _digest(self, bucket: str, key: str) -> str | None:
        """The storage's digest of an object; None if there is none."""
        try:
            return str(self._client.head_object(Bucket=bucket, Key=key)["ETag"])
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code")) in _GONE:
                return None
            raise


def _in_memory(head: bytes, body: Any) -> BinaryIO:
    """The whole object as a file without a name, which a process that reads videos can be handed."""
    with ExitStack() as stack:
        file = stack.enter_context(os.fdopen(os.memfd_create("object", os.MFD_CLOEXEC), "w+b"))
        file.write(head)
        while block := body.read(_BLOCK_BYTES):
            file.write(block)
        file.seek(0)
        stack.pop_all()  # It is whole: now it is the caller's.
        return file
