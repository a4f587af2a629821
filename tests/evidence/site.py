"""A site to be captured: text, and pictures in every place in which a page can have one."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


def picture(colour: tuple[int, int, int], form: str = "PNG") -> bytes:
    """A picture in one colour, which is nowhere else on the page."""
    out = io.BytesIO()
    # With a pattern, so that its bytes are long enough to be looked for.
    image = Image.new("RGB", (64, 64), colour)
    red, green, blue = colour
    image.putdata([(red, green, max(0, blue - (x * 7 + y * 13) % 40)) for y in range(64) for x in range(64)])
    image.save(out, form)
    return out.getvalue()


RED, GREEN, PINK, BLUE = (picture(colour) for colour in ((250, 0, 90), (0, 250, 90), (250, 0, 250), (0, 250, 250)))
PACKED = base64.b64encode(PINK).decode()
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40
PAGE = f"""<!doctype html><html><head><meta charset="utf-8"><title>Fourth floor</title>
<link rel="stylesheet" href="/look.css"></head><body><h1>Fourth floor, 두 곳</h1>
<p id="said">She was here on Monday.</p>
<img src="/red.png" width="300" height="200"><div class="green"></div><img src="data:image/png;base64,{PACKED}">
<img src="&#100;ata:image/png;base64,{PACKED}"><img src="/liar">
<video src="/film.mp4" preload="auto" width="200"></video>
<img src="http://10.0.0.7/inside.png"><iframe src="/frame"></iframe><canvas id="c" width="200" height="200"></canvas>
<script>document.getElementById('said').textContent = 'A script ran.';
const c = document.getElementById('c').getContext('2d'); c.fillStyle = '#fa0000'; c.fillRect(0, 0, 200, 200);
fetch('/told-by-script')</script></body></html>"""
LOOK = f".green{{height:200px;background:url(/green.png)}} p{{background:url(data:image/png;base64,{PACKED})}}"
ANSWERS = {
    "/": ("text/html; charset=utf-8", PAGE.encode()),
    "/look.css": ("text/css", LOOK.encode()),
    "/red.png": ("image/png", RED),
    "/green.png": ("image/png", GREEN),
    # It calls itself a page.
    "/liar": ("text/html", BLUE),
    "/film.mp4": ("video/mp4", VIDEO),
    "/frame": ("text/html", b"<p>a frame</p>"),
    "/picture": ("image/png", RED),
}  # fmt: skip


@dataclass
class Site:
    """Where it is, and what it was asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def serve_site() -> Iterator[Site]:
    """The site on loopback."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.path == "/inside":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/latest/meta-data")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            media_type, body = ANSWERS.get(self.path, ("text/plain", b"nothing"))
            self.send_response(200 if self.path in ANSWERS else 404)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
