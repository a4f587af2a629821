"""A real PostgreSQL server for tests, from Debian's binaries, with a database of its own for whoever asks."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

#: What a test that is asked for on both databases is asked with.
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)]


@dataclass
class Server:
    """A server, as exchange.json names one database of it."""

    port: int
    words: Sequence[str | Path] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it until it answers. After a kill its own children may still be ending, and it waits for them."""
        ready = [Path(self.words[0]).with_name("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(300):
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(
                    self.words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.options
                )
            if subprocess.run(ready, check=False, capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("PostgreSQL does not start")

    def end(self, how: signal.Signals) -> None:
        """SIGINT is PostgreSQL's fast shutdown, which does not wait for those who are still connected."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(60)

    def create(self, template: str = "template0") -> dict[str, str]:
        """A new database: empty, or a copy of another one of this server."""
        name = f"exchange_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.named(name)

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def named(self, name: str) -> dict[str, str]:
        return {"name": name, "user": "exchange", "password": "", "host": "127.0.0.1", "port": str(self.port)}

    def execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="exchange", dbname="postgres", autocommit=True
        ) as all:
            all.execute(statement)


@contextmanager
def serve_postgresql(*, durable: bool = False, inside: Path | None = None) -> Iterator[Server]:
    """A server on a free loopback port, from the newest of Debian's binaries; gone afterwards.

    Unless it is to be `durable`, what it writes would not survive a power cut, which makes tests faster. `inside` is
    where its files lie, and a small place.
    """
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="notcontent-postgresql-", dir=inside))
    # PostgreSQL refuses to run as root, so it runs as the account that its package made.
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    drop = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    run = {"cwd": folder, **drop}
    small = [] if inside is None else ["--wal-segsize=1"]
    made = [binaries / "initdb", "-D", folder / "data", "-U", "exchange", "--auth=trust", *small]
    subprocess.run(made, check=True, capture_output=True, **run)
    words = [
        *(binaries / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", folder),
        *([] if durable else ["-F"]),
    ]
    server = Server(port, words, run)
    server.start()
    try:
        yield server
    finally:
        server.end(signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)
