"""A preview for a person who decides: fetched from the platform when it is asked for, made coarse, kept nowhere."""

from __future__ import annotations

import asyncio

import httpx

from notcontent.fingerprint.pool import PoolLimits
from notcontent.fingerprint.preview import make_preview
from notcontent.guard.errors import NoPreview

_TIMEOUT_S = 15.0


class Previewing:
    """Previews from one platform, one at a time."""

    def __init__(self, address: str, max_bytes: int) -> None:
        """`address` has {object} in it; `max_bytes` is the most that is fetched."""
        self._address, self._max_bytes = address, max_bytes
        self._one = asyncio.Semaphore(1)

    async def preview(self, object_id: str, at_s: float | None = None) -> bytes:
        """A small, coarse PNG of what the platform calls so. Raises NoPreview and PictureRefused.

        Of a video it is a strip of a few frames, with the one at `at_s` among them.
        """
        if not object_id.strip("."):
            raise NoPreview("An id of dots alone leads nowhere. Look at it in your own tools.")
        async with self._one:
            return await make_preview(await self._fetch(object_id), PoolLimits(max_bytes=self._max_bytes), at_s)

    async def _fetch(self, object_id: str) -> bytes:
        blocks, length = [], 0
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
                client.stream("GET", self._address.replace("{object}", object_id)) as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise NoPreview("The platform did not give out this upload. Look at it in your own tools.")
                async for block in answer.aiter_bytes():
                    blocks.append(block)
                    if (length := length + len(block)) > self._max_bytes:
                        raise NoPreview("This upload is too large for a preview. Look at it in your own tools.")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise NoPreview("The platform could not be reached for a preview. Check preview_url.") from error
        return b"".join(blocks)
