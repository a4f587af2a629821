"""Programs nobody here wrote, as processes: `tx` of python-threatexchange, and HMA with a database of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.support import hma

REPOSITORY = Path(__file__).parents[2]
#: What the extension needs of ours beside the environment that HMA brings.
OURS = f"{REPOSITORY / 'src'}:{REPOSITORY / 'tx'}"
_CONFIGURATION = """\
from OpenMediaMatch.storage.postgres.impl import DefaultOMMStore
from threatexchange.content_type.photo import PhotoContent
from threatexchange.exchanges.impl.stop_ncii_api import StopNCIISignalExchangeAPI
from threatexchange.signal_type.pdq.signal import PdqSignal
{imports}
DATABASE_URI = "postgresql+psycopg2://hma@127.0.0.1:{port}/hma"
PRODUCTION = True
ROLE_HASHER = ROLE_MATCHER = ROLE_CURATOR = True
UI_ENABLED = TASK_FETCHER = TASK_INDEXER = False
TASK_INDEX_CACHE = True
TASK_INDEX_CACHE_INTERVAL_SECONDS = 1
STORAGE_IFACE_INSTANCE = DefaultOMMStore(
    signal_types=[PdqSignal], content_types=[PhotoContent], exchange_types=[StopNCIISignalExchangeAPI, {types}]
)
"""


@dataclass
class Tx:
    """`tx` with a home folder of its own."""

    home: Path
    environment: dict[str, str]

    def __call__(self, *words: str, fails: bool = False) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name("tx"), *words],
            env={"HOME": str(self.home), "PATH": os.environ["PATH"], "PYTHONPATH": OURS} | self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    def matches(self, value: str) -> str:
        """What it prints for this fingerprint: empty where nothing matches."""
        return self("match", "-H", "photo", "--", value).strip()


class Hma:
    """HMA, asked over its own routes; fetching and indexing are its own commands."""

    def __init__(self, address: str, flask: list[object], environment: Mapping[str, str], folder: str) -> None:
        self.address = address
        self._flask = flask
        self._environment = environment
        self._folder = folder

    def ask(self, method: str, path: str, **more: Any) -> Any:
        answer = httpx.request(method, self.address + path, timeout=120, **more)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def run(self, command: str) -> str:
        done = subprocess.run(
            [str(word) for word in [*self._flask, command]],
            env={**self._environment, "MIGRATION_COMMAND": "1"}, cwd=self._folder,
            capture_output=True, text=True, check=False, timeout=170,
        )  # fmt: skip
        assert done.returncode == 0 and "Failed to fetch" not in done.stderr, done.stderr[-3000:]
        return done.stderr

    def refresh(self) -> None:
        """Fetch, index, and wait until the web process has loaded the index that came of it."""
        self.run("fetch")
        self.index()

    def index(self) -> None:
        self.run("build_indices")
        time.sleep(3)

    def matches(self, value: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", "/m/lookup", params={"signal_type": "pdq", "signal": value})
        return found


@contextlib.contextmanager
def running_hma(imports: str = "", types: str = "") -> Iterator[Hma]:
    """An empty HMA with stock code; `imports` and `types` are what an operator adds for an extension."""
    folder = hma.source()
    if folder is None:
        raise hma.CannotRun(f"no {hma.SOURCE_VARIABLE}")
    hma.prepare_environment(folder)
    hma._run([hma.ENVIRONMENT / "bin" / "pip", "install", "--quiet", "py-minisign>=0.21", "httpx>=0.28"], timeout=300)
    database_port, port = hma._free_port(), hma._free_port()
    with hma._postgresql(database_port), tempfile.TemporaryDirectory(prefix="notcontent-hma-") as name:
        configuration = Path(name) / "configuration.py"
        configuration.write_text(_CONFIGURATION.format(port=database_port, imports=imports, types=types))
        environment = {
            "PATH": f"{hma.ENVIRONMENT / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": f"{folder / 'src'}:{OURS}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMM_CONFIG": str(configuration),
            "HOME": name,
        }
        flask: list[object] = [hma.ENVIRONMENT / "bin" / "flask", "--app", "OpenMediaMatch.app"]
        migrations = folder / "src" / "OpenMediaMatch" / "migrations"
        upgrade = [*flask, "db", "upgrade", "--directory", migrations]
        hma._run(upgrade, env=environment | {"MIGRATION_COMMAND": "1"}, cwd=name)
        with (Path(name) / "log").open("wb") as log:
            server = subprocess.Popen(
                [hma.ENVIRONMENT / "bin" / "gunicorn", "-w", "1", "-b", f"127.0.0.1:{port}", "--timeout", "600",
                 "--log-level", "error", "OpenMediaMatch.app:create_app()"],
                env=environment, cwd=name, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            end = time.monotonic() + 120
            while not _is_up(address):
                if server.poll() is not None or time.monotonic() > end:
                    raise hma.CannotRun(f"HMA did not come up: {(Path(name) / 'log').read_text()[-1000:]}")
                time.sleep(0.3)
            yield Hma(address, flask, environment, name)
        finally:
            server.terminate()
            server.wait(60)


def _is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/status/live", timeout=60).status_code == 200
    except httpx.HTTPError:
        return False
