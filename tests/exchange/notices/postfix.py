"""Debian's postfix as a helpline's mail server, on loopback, with nothing of the machine's own postfix."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
smtpd_tls_security_level = may
smtpd_tls_cert_file = {folder}/certificate.pem
smtpd_tls_key_file = {folder}/key.pem
recipient_delimiter = +
transport_maps = inline:{{
  {{ notices@helpline.example = lmtp:inet:127.0.0.1:{replies} }}
  {{ board.example = smtp:[127.0.0.1]:{site} }} }}
default_transport = error:this relay reaches nobody else
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """Its ports for SMTP (with STARTTLS) and for SMTP inside of TLS, the certificate to trust, and its log."""

    port: int
    tls_port: int
    certificate: Path
    log: Path


def free_ports() -> tuple[int, int]:
    """Two ports of loopback that nobody listens at."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def write_certificate(folder: Path) -> None:
    """`certificate.pem` for 127.0.0.1, which no one trusts unless told to, and its `key.pem`."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    subprocess.run([*words, *files], check=True, capture_output=True)


@contextmanager
def serve_postfix(*, site: int, replies: int) -> Iterator[Postfix]:
    """It hands on mail for board.example to the port `site`, and what comes to notices+…@helpline.example by LMTP.

    That is what docs/helpline/notices.md tells an operator to set. Postfix starts as root alone.
    """
    port, tls_port = free_ports()
    folder = Path(tempfile.mkdtemp(prefix="notcontent-postfix-"))
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    owner = pwd.getpwnam("postfix")
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    write_certificate(folder)
    (folder / "etc/main.cf").write_text(_MAIN.format(folder=folder, replies=replies, site=site))
    (folder / "etc/master.cf").write_text(_MASTER.format(port=port, tls_port=tls_port))
    words = ["/usr/sbin/postfix", "-c", str(folder / "etc")]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*words, "start"], check=True, **quiet)
    try:
        end = time.monotonic() + 20
        while True:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.05)
        yield Postfix(port, tls_port, folder / "certificate.pem", folder / "log")
    finally:
        subprocess.run([*words, "stop"], check=False, **quiet)
        shutil.rmtree(folder, ignore_errors=True)
