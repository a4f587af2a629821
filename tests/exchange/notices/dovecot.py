"""Debian's dovecot as a provider's IMAP server, on loopback, with one account and a certificate of its own."""

from __future__ import annotations

import imaplib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.exchange.notices.postfix import free_ports, write_certificate

USER, PASSWORD = "notices@helpline.example", "a provider's password"
_NOBODY = 65534
_SETTINGS = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/accounts
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass(frozen=True, slots=True)
class Provider:
    """Its port for IMAP over TLS, and the certificate that a client has to trust."""

    port: int
    certificate: Path
    log: Path

    def open(self) -> imaplib.IMAP4_SSL:
        """The mailbox, as whoever owns it opens it with a mail program."""
        box = imaplib.IMAP4_SSL(
            "127.0.0.1", self.port, ssl_context=ssl.create_default_context(cafile=str(self.certificate))
        )
        box.login(USER, PASSWORD)
        box.select()
        return box

    def put(self, mail: bytes) -> None:
        """A mail arrives."""
        with self.open() as box:
            assert box.append("INBOX", "", None, mail)[0] == "OK"

    def flags(self) -> list[tuple[bytes, ...]]:
        """The flags of every mail that lies there, without whether it is new."""
        with self.open() as box:
            found = box.uid("FETCH", "1:*", "FLAGS")[1]
        told = (set(imaplib.ParseFlags(one)) - {rb"\Recent"} for one in found if one)
        return [tuple(sorted(flags)) for flags in told]

    def empty(self) -> None:
        """Somebody throws away all that lies there."""
        with self.open() as box:
            box.uid("STORE", "1:*", "+FLAGS", r"\Deleted")
            box.expunge()


@contextmanager
def serve_dovecot() -> Iterator[Provider]:
    """It answers on a free loopback port until the end."""
    port, _ = free_ports()
    folder = Path(tempfile.mkdtemp(prefix="notcontent-dovecot-"))
    folder.chmod(0o755)
    write_certificate(folder)
    (folder / "accounts").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", _NOBODY, _NOBODY)
    settings = folder / "dovecot.conf"
    settings.write_text(_SETTINGS.format(folder=folder, port=port, nobody=_NOBODY))
    server = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", settings], stderr=subprocess.DEVNULL)
    provider = Provider(port, folder / "certificate.pem", folder / "log")
    try:
        end = time.monotonic() + 20
        while True:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < end and server.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield provider
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
