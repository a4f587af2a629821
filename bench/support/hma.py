"""Hasher-Matcher-Actioner beside the guard, from the folder that HMA_SOURCE names, with a PostgreSQL of its own.

Nothing of it is part of this project. The folder holds a copy of facebook/ThreatExchange; what HMA depends on goes into
a virtual environment under `build/`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray

SOURCE_VARIABLE = "HMA_SOURCE"
ENVIRONMENT = Path(__file__).parents[2] / "build" / "hma"
_CONFIGURATION = """\
from OpenMediaMatch.storage.postgres.impl import DefaultOMMStore
from threatexchange.content_type.photo import PhotoContent
from threatexchange.signal_type.pdq.signal import PdqSignal

DATABASE_URI = "postgresql+psycopg2://hma@127.0.0.1:{port}/hma"
PRODUCTION = True
ROLE_HASHER = ROLE_MATCHER = ROLE_CURATOR = True
UI_ENABLED = TASK_FETCHER = TASK_INDEXER = False
TASK_INDEX_CACHE = True
STORAGE_IFACE_INSTANCE = DefaultOMMStore(signal_types=[PdqSignal], content_types=[PhotoContent], exchange_types=[])
"""


class CannotRun(Exception):
    """HMA could not be set up here; the text says what was missing."""


def source() -> Path | None:
    """HMA's folder, if there is one."""
    named = os.environ.get(SOURCE_VARIABLE)
    folder = Path(named) / "hasher-matcher-actioner" if named else None
    return folder if folder and folder.is_dir() else None


def _run(command: list[object], **more: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    if done.returncode:
        raise CannotRun(f"{Path(str(command[0])).name} failed: {done.stderr[-600:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def prepare_environment(folder: Path) -> None:
    """Once: HMA's dependencies, as its own package names them."""
    if all((ENVIRONMENT / "bin" / name).exists() for name in ("gunicorn", "pytest")):
        return
    _run([sys.executable, "-m", "venv", ENVIRONMENT])
    _run([ENVIRONMENT / "bin" / "pip", "install", "--quiet", f"{folder}[prod,test]"], timeout=900)


@contextlib.contextmanager
def _postgresql(port: int) -> Iterator[Path]:
    """A server that is gone afterwards; its folder of programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise CannotRun("PostgreSQL is not installed; HMA needs it.")
    folder = Path(tempfile.mkdtemp(prefix="notcontent-hma-"))
    # PostgreSQL refuses to run as root, so it runs as the account that its package made.
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    drop: dict[str, object] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    _run([found[-1] / "initdb", "-D", folder / "data", "-U", "hma", "--auth=trust"], cwd=folder, **drop)
    server = subprocess.Popen(  # type: ignore[call-overload]
        [found[-1] / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", folder],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop,
    )  # fmt: skip
    try:
        for _ in range(100):
            with contextlib.suppress(CannotRun):
                _run([found[-1] / "createdb", "-h", "127.0.0.1", "-p", port, "-U", "hma", "hma"])
                break
            time.sleep(0.1)
        yield found[-1]
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _fill(psql: list[object], values: NDArray[np.uint8], banks: Sequence[str]) -> None:
    """These fingerprints, dealt out to the banks, straight into tables: over its routes a million would take hours."""
    digits = values.tobytes().hex()
    rows = ((n + 1, digits[64 * n : 64 * n + 64]) for n in range(len(values)))
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as contents, tempfile.NamedTemporaryFile("w") as signals:
        for number, value in rows:
            contents.write(f"{number}\t{(number - 1) % len(banks) + 1}\t1\n")
            signals.write(f"{number}\tpdq\t{value}\n")
        contents.flush()
        signals.flush()
        for statement in (
            *(
                f"INSERT INTO bank (id, name, enabled_ratio) VALUES ({n + 1}, '{bank}', 1.0)"
                for n, bank in enumerate(banks)
            ),
            rf"\copy bank_content (id, bank_id, disable_until_ts) FROM '{contents.name}'",
            rf"\copy content_signal (content_id, signal_type, signal_val) FROM '{signals.name}'",
            "ANALYZE",
        ):
            _run([*psql, "-c", statement])


@contextlib.contextmanager
def running_hma(values: NDArray[np.uint8], core: int, banks: Sequence[str] = ("BENCH",)) -> Iterator[str]:
    """HMA with these fingerprints, one gunicorn worker pinned to one core; its address. Raises CannotRun.

    The first fingerprint has the id 1 and is in the first bank, the next one 2 and in the next bank, and so on.
    """
    folder = source()
    if folder is None:
        raise CannotRun(f"not run: no {SOURCE_VARIABLE}")
    prepare_environment(folder)
    database_port, port = _free_port(), _free_port()
    with _postgresql(database_port) as programs, tempfile.TemporaryDirectory(prefix="notcontent-hma-") as name:
        configuration = Path(name) / "configuration.py"
        configuration.write_text(_CONFIGURATION.format(port=database_port))
        environment = {
            "PATH": f"{ENVIRONMENT / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMM_CONFIG": str(configuration),
            "HOME": name,
        }
        flask = [ENVIRONMENT / "bin" / "flask", "--app", "OpenMediaMatch.app"]
        migrations = folder / "src" / "OpenMediaMatch" / "migrations"
        upgrade = [*flask, "db", "upgrade", "--directory", migrations]
        _run(upgrade, env=environment | {"MIGRATION_COMMAND": "1"}, cwd=name)
        _fill([programs / "psql", "-q", "-h", "127.0.0.1", "-p", database_port, "-U", "hma", "hma"], values, banks)
        _run([*flask, "build_indices"], env=environment | {"MIGRATION_COMMAND": "1"}, cwd=name)
        server = subprocess.Popen(
            ["taskset", "-c", str(core), ENVIRONMENT / "bin" / "gunicorn", "-w", "1", "-b", f"127.0.0.1:{port}",
             "--timeout", "600", "--log-level", "error", "OpenMediaMatch.app:create_app()"],
            env=environment, cwd=name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            end = time.monotonic() + 300
            while not _has_index(address, len(values)):
                if server.poll() is not None or time.monotonic() > end:
                    raise CannotRun("HMA did not come up with its index.")
                time.sleep(0.5)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def _has_index(address: str, size: int) -> bool:
    try:
        answer = httpx.get(f"{address}/m/index/status", params={"signal_type": "pdq"}, timeout=60)
        loaded = httpx.get(f"{address}/status", timeout=60).status_code == 200
        return loaded and answer.status_code == 200 and answer.json()["pdq"]["size"] == size
    except (httpx.HTTPError, ValueError, KeyError):
        return False
