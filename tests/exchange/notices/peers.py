"""A real mail server, and what a helpline's folder needs to send by it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import Envelope, Session

SENDER = "notices@helpline.example"


@dataclass
class Mailbox:
    """What arrived. Addresses in `unknown` are refused; `on_data` runs before the server says yes."""

    port: int = 0
    mails: list[tuple[Envelope, EmailMessage]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    on_data: Any = None
    hangs_up: bool = False
    greeted_as: list[str] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        self.greeted_as.append(session.host_name or "")
        if self.on_data:
            thread = threading.Thread(target=self.on_data)
            thread.start()
            thread.join()
        message = message_from_bytes(envelope.content, policy=SMTP)  # type: ignore[arg-type, type-var]
        self.mails.append((envelope, message))  # type: ignore[arg-type]
        if self.hangs_up:
            server.transport.abort()
        return "250 2.0.0 queued"


@contextmanager
def serve_mail() -> Iterator[Mailbox]:
    """aiosmtpd on a free loopback port."""
    mailbox = Mailbox()
    # The controller greets itself at the port it was told, so it has to be told a real one.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mailbox.port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
