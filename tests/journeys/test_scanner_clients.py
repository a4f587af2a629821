"""Programs that ask a virus scanner ask the guard: clamdscan, npm clamscan, PyPI clamd, c-icap-client."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import altered, generated_picture
from tests.contracts.test_clamd_door import scan
from tests.guard.running_guard import RunningGuard, free_port, wait_until
from tests.guard.small_exchange import SmallExchange

pytestmark = [pytest.mark.peer, pytest.mark.journey]

#: What a toy signature database calls a virus.
MARK = b"notcontent-own-harmless-test-signature"
NPM_CLIENT = """
const NodeClam = require("clamscan"), fs = require("node:fs"), { Readable } = require("node:stream");
const [port, ...files] = process.argv.slice(1);
const here = { host: "127.0.0.1", port: Number(port), socket: false, localFallback: false, active: true };
new NodeClam().init({ clamdscan: here })
  .then(async (clam) => {
    const said = [];
    for (const file of files) said.push((await clam.scanStream(Readable.from([fs.readFileSync(file)]))).isInfected);
    console.log(JSON.stringify({ said, version: await clam.getVersion() }));
  });
"""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real clamd whose whole database is one harmless signature."""
    folder = tmp_path_factory.mktemp("clamd")
    folder.chmod(0o755)
    (folder / "db").mkdir()
    (folder / "db" / "own.ndb").write_text(f"Own.Test:0:*:{MARK.hex()}\n")
    port = free_port()
    config = f"Foreground yes\nTCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {folder}/db\nStreamMaxLength 3M\n"
    (folder / "clamd.conf").write_text(config)
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert program, "clamd is not installed; tests/install-peers does that"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, f"--config-file={folder}/clamd.conf"], stdout=log, stderr=log)

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            return scan(("127.0.0.1", port), b"") == "stream: OK"
        except OSError:
            return False

    wait_until(answers, "clamd")
    yield port
    process.terminate()
    process.wait(60)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange, clamd: int) -> Iterator[RunningGuard]:
    settings = {
        "max_upload_mib": 1, "icap_port": free_port(), "icap_when_held": "stop", "icap_when_unchecked": "stop",
        "clamd_port": free_port(), "clamd_when_held": "stop", "clamd_when_unchecked": "stop",
    }  # fmt: skip
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
    exchange.add(fingerprint_picture(generated_picture(1)).orientations[0].value)
    running.catch_up()
    yield running
    running.stop()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A listed picture, a copy of it, another one, a text, and a picture that is too large."""
    tmp_path.chmod(0o755)
    contents = {
        "listed": generated_picture(1),
        "copy": altered(generated_picture(1), "mirrored"),
        "other": generated_picture(2),
        "text": b"An everyday letter.",
        "broken": generated_picture(1)[:3000],
        "huge": b"\xff\xd8\xff" + bytes(2 << 20),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


def test_clamdscan(guard: RunningGuard, files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "clamd.conf").write_text(f"TCPSocket {guard.settings['clamd_port']}\nTCPAddr 127.0.0.1\n")

    def ask(*words: object) -> subprocess.CompletedProcess[str]:
        command = ["clamdscan", f"--config-file={tmp_path}/clamd.conf", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert "PONG" in ask("--ping", "5").stdout
    assert ask("--version").stdout.startswith("NotContent ")
    clean = ask("--stream", "--no-summary", files["other"], files["text"])
    assert clean.returncode == 0 and clean.stdout.count(": OK") == 2, clean
    found = ask("--stream", "--no-summary", files["listed"], files["other"], files["copy"])
    assert found.returncode == 1 and found.stdout.count("NotContent.Match-") == 2, found
    assert "NotContent.Not-Checked FOUND" in ask("--stream", "--no-summary", files["broken"]).stdout
    assert ask("--stream", "--no-summary", files["huge"]).returncode == 2


def test_npm_clamscan(guard: RunningGuard, files: dict[str, Path]) -> None:
    modules = Path(sys.prefix) / "peers" / "clamscan" / "node_modules"
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    asked = [str(files[name]) for name in ("listed", "copy", "other", "text")]
    done = subprocess.run(
        ["node", "-e", NPM_CLIENT, str(guard.settings["clamd_port"]), *asked],
        env={"NODE_PATH": str(modules), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["said"] == [True, True, False, False]
    assert answer["version"].startswith("NotContent ")


def test_pypi_clamd(guard: RunningGuard, files: dict[str, Path]) -> None:
    import clamd

    client = clamd.ClamdNetworkSocket("127.0.0.1", int(str(guard.settings["clamd_port"])), timeout=60)
    assert client.ping() == "PONG"
    assert client.version().startswith("NotContent ")

    def ask(name: str) -> tuple[str, str | None]:
        return client.instream(io.BytesIO(files[name].read_bytes()))["stream"]

    for name in ("listed", "copy"):
        word, virus = ask(name)
        assert word == "FOUND" and virus.startswith("NotContent.Match-")
    assert ask("other") == ("OK", None) and ask("text") == ("OK", None)
    with pytest.raises((clamd.BufferTooLongError, clamd.ConnectionError)):
        ask("huge")


@pytest.mark.parametrize("options", [[], ["-nopreview"], ["-no204"], ["-nopreview", "-no204"], ["-w", "100"]])
@pytest.mark.parametrize("way", ["RESPMOD", "REQMOD"])
def test_c_icap_client(
    guard: RunningGuard, files: dict[str, Path], tmp_path: Path, options: list[str], way: str
) -> None:
    def ask(name: str) -> tuple[str, bytes]:
        out = tmp_path / f"{name}.out"
        command = [
            "c-icap-client", "-i", "127.0.0.1", "-p", str(guard.settings["icap_port"]), "-s", "notcontent", "-v",
            "-f", str(files[name]), "-o", str(out), *options,
        ]  # fmt: skip
        if way == "REQMOD":
            command += ["-req", "http://site.test/upload", "-method", "POST"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr, out.read_bytes() if out.exists() else b""

    for name in ("listed", "copy"):
        told, body = ask(name)
        assert "X-Infection-Found: Type=0; Resolution=2; Threat=NotContent.Match-" in told, told
        assert "403 Forbidden" in told and b"This upload is held for a check." in body
    for name in ("other", "text"):
        told, body = ask(name)
        assert "X-Infection-Found" not in told and "403 Forbidden" not in told, told
        if "-no204" in options:
            assert "ICAP/1.0 200 OK" in told and body == files[name].read_bytes(), told
        else:
            assert "ICAP/1.0 204" in told or "No modification needed" in told, told
    assert "NotContent.Not-Checked" in ask("huge")[0]


def test_c_icap_client_reads_what_the_service_does(guard: RunningGuard) -> None:
    command = ["c-icap-client", "-i", "127.0.0.1", "-p", str(guard.settings["icap_port"]), "-s", "notcontent"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "Allow 204: Yes" in told.stdout + told.stderr, told


def test_a_real_clamd_behind_sees_everything_and_is_believed(
    guard: RunningGuard, exchange: SmallExchange, clamd: int, tmp_path: Path
) -> None:
    port = free_port()
    chained = RunningGuard(
        tmp_path / "data", exchange,
        {"max_upload_mib": 1, "clamd_port": port, "clamd_when_held": "stop", "clamd_when_unchecked": "pass",
         "clamd_behind": f"127.0.0.1:{clamd}"},
    ).start()  # fmt: skip
    try:
        chained.catch_up()
        here = ("127.0.0.1", port)
        virus = "stream: Own.Test.UNOFFICIAL FOUND"
        assert scan(("127.0.0.1", clamd), MARK) == virus
        assert scan(here, MARK) == virus
        assert scan(here, b"a letter") == scan(here, generated_picture(2)) == "stream: OK"
        assert scan(here, generated_picture(1)).startswith("stream: NotContent.Match-")
        # A match comes first, and a picture that is larger than the guard takes is still looked at by the other.
        assert scan(here, generated_picture(1) + MARK).startswith("stream: NotContent.Match-")
        assert scan(here, b"\xff\xd8\xff" + bytes(2 << 20) + MARK) == virus
        assert scan(here, b"\xff\xd8\xff" + bytes(2 << 20)) == "stream: OK"
        # It says that this is too large and hangs up at once, so its own word is sometimes lost on the way.
        assert scan(here, bytes(5 << 20)) in (
            "INSTREAM size limit exceeded. ERROR", "stream: The scanner behind does not answer. ERROR"
        )  # fmt: skip
        assert scan(here, bytes(1000)) == "stream: OK"
    finally:
        chained.stop()
