"""Nothing gets out of the page except through the one door."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from notcontent.page.kit import render_kit
from notcontent.page.languages import LANGUAGES

from .conftest import Canary
from .person_face import HEADERS, PAGE, WORKER_POLICY, Face
from .walk import QUESTIONS, Walk, file, made_up_jpeg

CHANNELS = """async (base) => {
  const tried = [];
  const blocked = [];
  addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
  const add = (tag, set) => { const e = document.createElement(tag); set(e); document.head.append(e); };
  const channels = {
    fetch: () => fetch(base + 'fetch', {mode: 'no-cors'}),
    post: () => fetch(base + 'post', {method: 'POST', mode: 'no-cors', body: 'x'}),
    image: () => { new Image().src = base + 'image'; },
    beacon: () => navigator.sendBeacon(base + 'beacon', 'x'),
    socket: () => new WebSocket(base.replace('http', 'ws') + 'socket'),
    events: () => new EventSource(base + 'events'),
    xhr: () => { const x = new XMLHttpRequest(); x.open('GET', base + 'xhr'); x.send(); },
    prefetch: () => add('link', (e) => { e.rel = 'prefetch'; e.href = base + 'prefetch'; }),
    stylesheet: () => add('link', (e) => { e.rel = 'stylesheet'; e.href = base + 'stylesheet'; }),
    frame: () => add('iframe', (e) => { e.src = base + 'frame'; }),
    font: () => document.fonts.add(new FontFace('f', 'url(' + base + 'font)')) && document.fonts.load('1px f'),
    media: () => { const v = document.createElement('video'); v.src = base + 'media'; v.load(); },
    module: () => import(base + 'module.js'),
    form: () => { const f = document.createElement('form'); f.action = base + 'form'; f.method = 'post'; f.target = 'x';
      document.body.append(f); f.submit(); },
    worker: () => new Worker(base + 'worker'),
    rtc: () => { const c = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:' + new URL(base).port}]});
      c.createDataChannel('x'); c.createOffer().then((o) => c.setLocalDescription(o)); },
  };
  for (const [name, attempt] of Object.entries(channels)) {
    tried.push(name);
    // what it returns says nothing: only the hits at the server count
    try { await Promise.race([attempt(), new Promise((done) => setTimeout(done, 60))]); } catch { }
  }
  await new Promise((done) => setTimeout(done, 300));
  return [tried, blocked];
}"""


#: Tried from inside a worker.
WORKER_CHANNELS = """
  const base = 'BASE';
  const tried = {
    fetch: () => fetch(base + 'fetch', {mode: 'no-cors'}),
    socket: () => new WebSocket(base.replace('http', 'ws')),
    events: () => new EventSource(base),
    xhr: () => { const x = new XMLHttpRequest(); x.open('GET', base); x.send(); },
    module: () => import(base + 'module.js'),
    worker: () => new Worker(base + 'worker'),
  };
  for (const one of Object.values(tried)) { try { Promise.resolve(one()).catch(() => {}); } catch {} }
"""


def test_no_channel_of_the_page_reaches_a_foreign_server(walk: Walk, canary: Canary) -> None:
    tried, blocked = walk.page.evaluate(CHANNELS, canary.url)
    assert len(tried) >= 10
    assert len(blocked) >= 6
    assert canary.hits == []


def test_the_content_policy_alone_holds_where_the_lockdown_did_not_run(face: Face, page: Page, canary: Canary) -> None:
    face.exchange.replaced["/page/lockdown.js"] = ""
    page.goto(face.url)
    tried, blocked = page.evaluate(CHANNELS, canary.url)
    assert len(tried) >= 10
    assert len(blocked) >= 8
    assert canary.hits == []


def test_the_canary_sings_when_there_is_no_content_policy(face: Face, page: Page, canary: Canary) -> None:
    """Else the two tests above would prove nothing."""
    face.exchange.replaced["/"] = "<!doctype html><body>"
    face.exchange.without_headers = True
    page.goto(face.url)
    page.evaluate(CHANNELS, canary.url)
    assert len(canary.hits) >= 8


def test_no_channel_of_the_worker_reaches_a_foreign_server(face: Face, page: Page, canary: Canary) -> None:
    face.exchange.replaced["/page/worker.js"] = (PAGE / "worker.js").read_text() + WORKER_CHANNELS.replace(
        "BASE", canary.url
    )
    walk = Walk(page, face)
    walk.open()
    walk.to_pictures()
    walk.choose(file(made_up_jpeg(60)))
    expect(page.locator("#summary")).to_have_text("1 of 1 file ready")
    page.wait_for_timeout(300)
    assert canary.hits == []


def test_the_worker_may_ask_even_its_own_server_for_modules_only(face: Face, page: Page) -> None:
    face.exchange.replaced["/page/worker.js"] = (
        "fetch('/v1/work').then(() => 'an answer', () => 'nothing').then((found) => postMessage({found}));"
    )
    page.goto(face.url)
    found = page.evaluate(
        "() => new Promise((done) => { new Worker('/page/worker.js', {type: 'module'}).onmessage = "
        "({data}) => done(data.found); })"
    )
    assert found == "nothing"
    assert [seen.path for seen in face.exchange.seen if seen.path in ("/page/worker.js", "/v1/work")] == [
        "/page/worker.js"
    ]


def test_no_channel_of_the_kit_or_of_its_worker_reaches_a_foreign_server(
    face: Face, page: Page, canary: Canary, tmp_path: Path
) -> None:
    kit = render_kit(LANGUAGES["en"], face.exchange.site(), ("one", "two"), date(2026, 11, 22))
    worker = 'id="kit-worker">'
    assert kit.count(worker) == 1
    (tmp_path / "notes.html").write_text(kit.replace(worker, worker + WORKER_CHANNELS.replace("BASE", canary.url)))
    page.goto((tmp_path / "notes.html").as_uri())
    walk = Walk(page, face)
    tried, blocked = page.evaluate(CHANNELS, canary.url)
    assert len(tried) >= 10
    assert len(blocked) >= 6
    walk.to_age("I want to be ready")
    walk.button("18 or older").click()
    walk.skip(*QUESTIONS[:4])
    page.locator("#files:enabled").wait_for(state="attached")
    walk.choose(file(made_up_jpeg(60)))
    expect(page.locator("#summary")).to_have_text("1 of 1 file ready")
    page.wait_for_timeout(300)
    assert canary.hits == []


def test_ways_out_that_a_content_policy_does_not_close_are_gone(walk: Walk) -> None:
    names = [
        "RTCPeerConnection",
        "webkitRTCPeerConnection",
        "WebTransport",
        "WebSocket",
        "EventSource",
        "XMLHttpRequest",
    ]
    assert walk.page.evaluate("(names) => names.map((name) => typeof globalThis[name])", names) == ["undefined"] * len(
        names
    )
    assert walk.page.evaluate("typeof navigator.sendBeacon") == "undefined"


def test_no_other_worker_and_no_markup_from_text(walk: Walk) -> None:
    for attempt in ("new Worker('/page/pdq.js')", "document.body.innerHTML = '<b>x</b>'"):
        assert (
            walk.page.evaluate(f"() => {{ try {{ {attempt}; return 'did it'; }} catch {{ return 'refused'; }} }}")
            == "refused"
        )


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/worker.js", "/page/look.css", "/v1/site", "/words/en"])
def test_every_answer_carries_the_headers(face: Face, path: str) -> None:
    answer = httpx.get(face.url + path)
    assert answer.status_code == 200
    expected = HEADERS | ({"Content-Security-Policy": WORKER_POLICY} if path == "/page/worker.js" else {})
    assert {name: answer.headers.get(name) for name in HEADERS} == expected
