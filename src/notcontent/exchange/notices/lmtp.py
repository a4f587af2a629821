"""`notcontent exchange replies`: the end of the helpline's mail (LMTP, RFC 2033) that takes answers to notices.

The helpline's own mail server hands on what comes to `…+TOKEN@…`. Every other address is refused, so that nothing
else is ever stored here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import Error, close_old_connections

from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.notices.replies import MAX_MAIL_BYTES, find_notice, receive_reply
from notcontent.exchange.today import utc_now, utc_today

#: Neither its name nor its version; a mail server needs none.
GREETING = "LMTP"
_NO_SUCH = "550 5.1.1 Nobody is here under this address"
_LATER = "451 4.3.0 Try again later"
logger = logging.getLogger(__name__)


class TakeReplies:
    """What aiosmtpd asks for each address and each mail."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, untrusted_address: str, options: list[str]
    ) -> str:
        """Only addresses of notices that still go on."""
        try:
            notice = await asyncio.to_thread(_in_thread, find_notice, untrusted_address)
        except (Error, OSError):
            return _LATER
        if notice is None:
            return _NO_SUCH
        envelope.rcpt_tos.append(untrusted_address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Durable when this says 250; else the mail server tries again, a full disk included."""
        content = envelope.content
        untrusted = content if isinstance(content, bytes) else str(content).encode()
        try:
            for address in envelope.rcpt_tos:
                await asyncio.to_thread(_in_thread, _keep, address, untrusted)
        except (ExchangeError, Error, OSError):
            logger.exception("a reply could not be kept")
            return _LATER
        return "250 2.6.0 Kept"


def _keep(address: str, untrusted: bytes) -> None:
    notice = find_notice(address)
    if notice is not None:
        receive_reply(notice, untrusted, today=utc_today(), now=utc_now())


def _in_thread(act: Callable[..., Any], *words: object) -> Any:
    close_old_connections()
    return act(*words)


async def serve_replies(host: str, port: int, announce: Callable[[int], None]) -> None:
    """Take replies until it is cancelled. `announce` gets the port once it listens; port 0 means any free one."""
    loop = asyncio.get_running_loop()
    handler = TakeReplies()
    server = await loop.create_server(
        lambda: LMTP(handler, hostname="localhost", ident=GREETING, data_size_limit=MAX_MAIL_BYTES, loop=loop),
        host,
        port,
    )
    async with server:
        announce(server.sockets[0].getsockname()[1])
        await server.serve_forever()
