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
recipient_delimiter = +
transport_maps = inline:{{
  {{ notices@helpline.example = lmtp:inet:127.0.0.1:{replies} }}
  {{ board.example = smtp:[127.0.0.1]:{site} }} }}
default_transport = error:this relay reaches nobody else
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
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
    """Its port for SMTP, and its log."""

    port: int
    log: Path


@contextmanager
def serve_postfix(*, site: int, replies: int) -> Iterator[Postfix]:
    """It hands on mail for board.example to the port `site`, and what comes to notices+…@helpline.example by LMTP.

    That is what docs/helpline/notices.md tells an operator to set. Postfix starts as root alone.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="notcontent-postfix-"))
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    owner = pwd.getpwnam("postfix")
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    (folder / "etc/main.cf").write_text(_MAIN.format(folder=folder, replies=replies, site=site))
    (folder / "etc/master.cf").write_text(_MASTER.format(port=port))
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
        yield Postfix(port, folder / "log")
    finally:
        subprocess.run([*words, "stop"], check=False, **quiet)
        shutil.rmtree(folder, ignore_errors=True)
