"""A real Synapse from PyPI, in the venv that `tests/install-peers` makes, with our module or without."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.guard.running_guard import wait_until

ROOT = Path(__file__).parents[2]
PYTHON = Path(sys.prefix) / "peers" / "synapse" / "bin" / "python"
#: On a loaded machine; on an idle one it takes five seconds.
START_TIMEOUT_S = 150.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Synapse:
    folder: Path
    module: dict[str, object] | None = None
    port: int = field(default_factory=free_port)
    federation_port: int = field(default_factory=free_port)

    @property
    def name(self) -> str:
        """Its server name, at which others find it over TLS."""
        return f"127.0.0.1:{self.federation_port}"

    def write_config(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        key, certificate = self.folder / "tls.key", self.folder / "tls.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        log = self.folder / "log.yaml"
        handler = {"class": "logging.FileHandler", "filename": str(self.folder / "log"), "formatter": "plain"}
        formatter = {"format": "%(levelname)s %(name)s %(message)s"}
        log.write_text(json.dumps({
            "version": 1, "disable_existing_loggers": False, "formatters": {"plain": formatter},
            "handlers": {"file": handler}, "root": {"level": "INFO", "handlers": ["file"]},
        }))  # fmt: skip
        many = {"per_second": 1000, "burst_count": 1000}
        config: dict[str, object] = {
            "server_name": self.name, "pid_file": str(self.folder / "pid"), "report_stats": False,
            "public_baseurl": f"http://127.0.0.1:{self.port}/",
            "listeners": [
                {"port": self.port, "type": "http", "tls": False, "bind_addresses": ["127.0.0.1"],
                 "resources": [{"names": ["client"]}]},
                {"port": self.federation_port, "type": "http", "tls": True, "bind_addresses": ["127.0.0.1"],
                 "resources": [{"names": ["federation", "media"]}]},
            ],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "db")}},
            "log_config": str(log), "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"), "trusted_key_servers": [],
            "macaroon_secret_key": secrets.token_hex(16), "form_secret": secrets.token_hex(16),
            "tls_certificate_path": str(certificate), "tls_private_key_path": str(key),
            "federation_verify_certificates": False, "ip_range_blacklist": ["192.0.2.0/24"],
            "federation_ip_range_blacklist": ["192.0.2.0/24"],
            "enable_registration": True, "enable_registration_without_verification": True,
            "rc_message": many, "rc_registration": many, "rc_media_create": many,
            "rc_login": {"address": many, "account": many, "failed_attempts": many},
        }  # fmt: skip
        if self.module is not None:
            config["modules"] = [{"module": "notcontent.doors.synapse.MediaCheck", "config": self.module}]
        path = self.folder / "homeserver.yaml"
        path.write_text(json.dumps(config))
        return path

    def command(self, *words: str | Path) -> list[str | Path]:
        return [PYTHON, "-m", "synapse.app.homeserver", "-c", self.folder / "homeserver.yaml", *words]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    def start(self) -> Synapse:
        self.write_config()
        subprocess.run(
            self.command("--generate-keys"), check=True, capture_output=True, cwd=self.folder, env=self.environment
        )
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, env=self.environment, stdout=output, stderr=output
            )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)
        try:
            wait_until(self.lives, "Synapse", START_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise
        return self

    def lives(self) -> bool:
        assert self.process.poll() is None, (self.folder / "output").read_text()
        try:
            return self.client.get("/_matrix/client/versions").status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def account(self, name: str) -> Account:
        question = {"username": name, "password": secrets.token_hex(8), "auth": {"type": "m.login.dummy"}}
        answer = self.client.post("/_matrix/client/v3/register", json=question).raise_for_status().json()
        return Account(self, answer["user_id"], {"Authorization": f"Bearer {answer['access_token']}"})


@dataclass
class Account:
    server: Synapse
    id: str
    headers: dict[str, str]

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        return self.server.client.request(method, path, headers=self.headers, **more)  # type: ignore[arg-type]

    def upload(self, data: bytes, kind: str = "image/jpeg") -> httpx.Response:
        headers = {**self.headers, "Content-Type": kind}
        return self.server.client.post("/_matrix/media/v3/upload", content=data, headers=headers)

    def reserve(self) -> str:
        return str(self.ask("POST", "/_matrix/media/v1/create").raise_for_status().json()["content_uri"])

    def fill(self, address: str, data: bytes) -> httpx.Response:
        headers = {**self.headers, "Content-Type": "image/jpeg"}
        path = f"/_matrix/media/v3/upload/{address.removeprefix('mxc://')}"
        return self.server.client.put(path, content=data, headers=headers)

    def download(self, address: str) -> httpx.Response:
        return self.ask("GET", f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}")

    def room(self) -> str:
        return str(self.ask("POST", "/_matrix/client/v3/createRoom", json={}).raise_for_status().json()["room_id"])

    def send(self, room: str, content: dict[str, object]) -> httpx.Response:
        path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{secrets.token_hex(8)}"
        return self.ask("PUT", path, json=content)

    def texts(self, room: str) -> list[str]:
        path = f"/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=50"
        events = self.ask("GET", path).raise_for_status().json()["chunk"]
        return [event["content"].get("body", "") for event in events if event["type"] == "m.room.message"]
