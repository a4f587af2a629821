"""A real timestamp authority on loopback: openssl's, behind the standard library's web server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from notcontent.evidence.timestamp import Authority

CONFIGURATION = """\
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*words: object, given: str = "") -> None:
    done = subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Answering(ThreadingHTTPServer):
    """`silent` makes it refuse everybody; `asked` counts."""

    folder: Path
    silent = False
    asked = 0


class Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        self.server.asked += 1
        folder = self.server.folder
        query = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        if self.server.silent:
            self.send_error(503)
            return
        (folder / "query").write_bytes(query)
        openssl("ts", "-reply", "-config", folder / "tsa.cnf", "-queryfile", folder / "query", "-out", folder / "reply")
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write((folder / "reply").read_bytes())

    def log_message(self, *words: object) -> None:
        """Nothing."""


@contextmanager
def serve_authority(name: str, folder: Path) -> Iterator[tuple[Authority, Answering]]:
    """The authority as it is configured, and its server."""
    folder.mkdir()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(
        "req",
        "-x509",
        *key,
        "-keyout",
        folder / "ca.key",
        "-out",
        folder / "ca.pem",
        "-subj",
        f"/CN={name} root",
        "-days",
        30,
    )
    openssl("req", "-new", *key, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", f"/CN={name}")
    (folder / "extensions").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
    openssl(
        "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
        "-CAcreateserial", "-out", folder / "tsa.pem", "-days", 30, "-extfile", folder / "extensions",
    )  # fmt: skip
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
    server = Answering(("127.0.0.1", 0), Handler)
    server.folder = folder
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield Authority(name, url, (folder / "ca.pem").read_text()), server
    finally:
        server.shutdown()
        server.server_close()
