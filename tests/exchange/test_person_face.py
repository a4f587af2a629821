"""What her device and the exchange say to each other."""

from __future__ import annotations

import statistics
import time

import httpx
import pytest

from notcontent.exchange.person.headers import SAFE_HEADERS, WORKER_POLICY
from notcontent.exchange.person.page_files import page_files
from notcontent.feed.receipt import ReceiptState
from notcontent.page.languages import LANGUAGES, read_text
from tests.exchange.running import Partner, Person, Running, picture_code, video_code


def test_a_case_is_opened_seen_and_listed(exchange: Running, partner: Partner, mina: Person) -> None:
    code = picture_code()
    answer = mina.send([code], [partner.id])
    assert (answer.status_code, answer.json()) == (201, {"v": 1, "case": "received"})
    partner.follow_until(lambda: partner.holds(code))
    status = mina.look().json()
    assert status["entries"] == 1 and status["withdrawn"] is None and status["erased_here"] is None
    (site,) = status["sites"]
    assert (site["id"], site["state"], site["hits"]) == (partner.id, "listed", "none")


def test_a_site_that_did_not_fetch_the_list_yet_is_waiting(exchange: Running, mina: Person) -> None:
    slow = exchange.partner("A slow site")
    mina.send([picture_code()], [slow.id])
    assert mina.site_state() == "waiting"


def test_sending_again_gives_the_same_answer_and_changes_nothing(partner: Partner, mina: Person) -> None:
    codes = [picture_code(), picture_code()]
    first, second = mina.send(codes, [partner.id]), mina.send(codes[::-1], [partner.id])
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert mina.look().json()["entries"] == 2
    partner.follow_until(lambda: all(partner.holds(code) for code in codes))
    assert [len(partner.holds(code)) for code in codes] == [1, 1]


def test_sending_more_adds_what_was_not_there_yet(exchange: Running, partner: Partner, mina: Person) -> None:
    first, second = picture_code(), picture_code()
    other = exchange.partner("Another site")
    mina.send([first], [partner.id])
    mina.send([first, second], [partner.id, other.id])
    status = mina.look().json()
    assert status["entries"] == 2 and len(status["sites"]) == 2
    other.follow_until(lambda: other.holds(first) and other.holds(second))


def test_the_same_case_with_another_key_is_not_found(partner: Partner, mina: Person) -> None:
    mina.send([picture_code()], [partner.id])
    mina.look_key = "0" * 64
    assert mina.send([picture_code()], [partner.id]).status_code == 404


def test_mina_and_censor_list_one_picture_and_neither_learns_of_the_other(
    partner: Partner, mina: Person, censor: Person
) -> None:
    code = picture_code()
    first, second = mina.send([code], [partner.id]), censor.send([code], [partner.id])
    assert first.content == second.content and _shape(first) == _shape(second)
    partner.follow_until(lambda: len(partner.holds(code)) == 2)
    before = mina.look()
    assert before.json() == censor.look().json()

    withdrawn = censor.withdraw()
    assert withdrawn.status_code == 200 and withdrawn.json()["withdrawn"]
    partner.follow_until(lambda: len(partner.holds(code)) == 1)
    assert mina.look().content == before.content
    # Censor sends the same case again: it stays withdrawn, and says nothing new.
    assert censor.send([code], [partner.id]).content == first.content
    time.sleep(1.5)
    partner.poll()
    assert len(partner.holds(code)) == 1


def test_a_withdrawal_brings_both_receipts_and_touches_no_other_case(partner: Partner, mina: Person) -> None:
    code = picture_code()
    assert partner.register().status_code == 200
    mina.send([code], [partner.id])
    partner.follow_until(lambda: partner.holds(code))
    (entry,) = partner.holds(code)
    others = dict(partner.live)
    assert mina.withdraw().json()["sites"][0]["state"] == "stopping"
    partner.follow_until(lambda: not partner.holds(code))
    assert others.keys() - partner.live.keys() == {entry}
    partner.send_receipts(entry, state=ReceiptState.STOPPED)
    assert mina.site_state() == "stopped"
    partner.send_receipts(entry, state=ReceiptState.ERASED)
    assert mina.site_state() == "erased"
    assert mina.withdraw().json() == mina.look().json()


def test_a_withdrawal_before_anything_was_sent_cancels_quietly(exchange: Running, mina: Person, censor: Person) -> None:
    partner = exchange.partner("A quiet site")
    first, second = picture_code(), picture_code()
    # The first case makes the publisher cut; within the same second nothing more leaves, so the second one waits.
    censor.send([first], [partner.id])
    partner.follow_until(lambda: partner.holds(first))
    mina.send([second], [partner.id])
    status = mina.withdraw().json()
    time.sleep(1.5)
    partner.poll()
    if status["sites"] == []:
        assert [type(operation).__name__ for _, operation in partner.operations] == ["Add"]
    else:
        assert [type(operation).__name__ for _, operation in partner.operations] == ["Add", "Add", "Withdraw"]
    assert not partner.holds(second)


def test_hits_are_coarse(partner: Partner, mina: Person) -> None:
    code = picture_code()
    mina.send([code], [partner.id])
    partner.follow_until(lambda: partner.holds(code))
    (entry,) = partner.holds(code)
    seen = []
    for _ in range(10):
        partner.report(entry)
        seen.append(mina.look().json()["sites"][0]["hits"])
    assert seen == ["once", *["a few times"] * 8, "many times"]


def test_a_wrong_passphrase_and_an_unknown_case_get_the_same_answer(partner: Partner, mina: Person) -> None:
    mina.send([picture_code()], [partner.id])
    wrong = Person(mina.exchange, locator=mina.locator)
    unknown = Person(mina.exchange)
    for ask in (Person.look, Person.withdraw):
        first, second = ask(wrong), ask(unknown)
        assert first.status_code == second.status_code == 404
        assert first.content == second.content
        assert _shape(first) == _shape(second)
    assert mina.look().status_code == 200


def test_a_wrong_passphrase_and_an_unknown_case_are_answered_on_the_same_beat(partner: Partner, mina: Person) -> None:
    mina.send([picture_code()], [partner.id])
    with httpx.Client(timeout=60) as client:
        for person in (Person(mina.exchange, locator=mina.locator), Person(mina.exchange), mina):
            keys = {"v": 1, "locator": person.locator, "look_key": person.look_key}
            phases = []
            for _ in range(9):
                client.post(f"{person.url}/v1/cases/look", json=keys)
                phases.append(time.time() % 0.1)
            assert statistics.median(phases) < 0.05


def _shape(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


def test_work_that_is_missing_wrong_or_for_another_case_is_refused(partner: Partner, mina: Person) -> None:
    body = mina.body([picture_code()], [partner.id])
    url = f"{mina.url}/v1/cases"
    challenge = body["work"]["challenge"]
    stale = challenge.replace(challenge.split(".")[0], "1000000000", 1)
    for broken in (
        {"challenge": "", "nonces": []},
        {"challenge": challenge, "nonces": [0] * 16},
        {"challenge": stale, "nonces": body["work"]["nonces"]},
        {"challenge": challenge + "0", "nonces": body["work"]["nonces"]},
        {"challenge": challenge, "nonces": body["work"]["nonces"][:-1]},
    ):
        answer = httpx.post(url, json=body | {"work": broken}, timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "work")
    other = body | {"locator": Person(mina.exchange).locator}
    assert httpx.post(url, json=other, timeout=60).status_code == 403
    assert httpx.post(url, json=body, timeout=60).status_code == 201


def _flip(code: dict[str, object]) -> dict[str, object]:
    turns = list(code["orientations"])  # type: ignore[call-overload]
    return code | {"orientations": [turns[0], turns[1], turns[2], turns[0], *turns[4:]]}


@pytest.mark.parametrize(
    "broken",
    [
        picture_code(1) | {"quality": 49},
        picture_code(1) | {"orientations": ["0" * 64] * 8},
        picture_code(1) | {"orientations": ["f" * 64] * 8},
        _flip(picture_code(1)),
        {"kind": "video", "frames": [*video_code(3, 1)["frames"], "0" * 64]},
        {"kind": "video", "frames": ["f" * 64, *video_code(3, 1)["frames"]]},
        {"kind": "video", "frames": [*video_code(3, 1)["frames"], "0" * 40 + "f" * 23 + "7"]},
    ],
    ids=["too plain", "blank", "all ones", "turns that do not fit", "blank frame", "frame of ones", "95 ones"],
)
def test_a_code_that_no_photo_gives_is_refused_by_its_place(
    partner: Partner, mina: Person, broken: dict[str, object]
) -> None:
    answer = mina.send([picture_code(), broken], [partner.id])
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "entry")
    assert answer.json()["error"]["entry"] == 1
    assert mina.look().status_code == 404


def test_a_video_is_one_entry_with_all_its_frames(partner: Partner, mina: Person, censor: Person) -> None:
    video, still = video_code(600), picture_code()
    answer = mina.send([video, still], [partner.id])
    assert (answer.status_code, answer.json()) == (201, {"v": 1, "case": "received"})
    partner.follow_until(lambda: partner.holds(video) and partner.holds(still))
    assert mina.look().json()["entries"] == 2
    # Again, in another order, and from somebody else: the same answer, and nothing is doubled within a case.
    again, his = mina.send([still, video], [partner.id]), censor.send([video], [partner.id])
    assert answer.content == again.content == his.content and _shape(answer) == _shape(his)
    partner.follow_until(lambda: len(partner.holds(video)) == 2)
    assert mina.look().json()["entries"] == 2
    # Another video that begins with the same frame is another entry.
    longer = {"kind": "video", "frames": video["frames"][:1]}
    mina.send([longer], [partner.id])
    partner.follow_until(lambda: partner.holds(longer))
    assert mina.look().json()["entries"] == 3
    mina.withdraw()
    partner.follow_until(lambda: len(partner.holds(video)) == 1 and not partner.holds(still))


def test_the_videos_of_a_case_have_so_many_frames_together_and_no_more(partner: Partner, mina: Person) -> None:
    full = [video_code(600) for _ in range(10)]
    assert mina.send([picture_code() for _ in range(190)] + full, [partner.id]).status_code == 201
    more = Person(mina.exchange)
    assert more.send(full[:9], [partner.id]).status_code == 201
    refused = more.send([video_code(600), video_code(1)], [partner.id])
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "entry")
    assert more.look().json()["entries"] == 9, "nothing of a refused request is kept"
    assert more.send([video_code(599), video_code(1)], [partner.id]).status_code == 201
    assert more.look().json()["entries"] == 11


def test_a_partner_that_does_not_exist_is_refused(mina: Person) -> None:
    answer = mina.send([picture_code()], ["0" * 16])
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "partner")


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"locator": "XY"},
        {"look_key": 5},
        {"circumstance": "bored"},
        {"entries": []},
        {"entries": [{"kind": "pdq"}]},
        {"entries": [picture_code(1)] * 201},
        {"entries": [{"kind": "video"}]},
        {"entries": [{"kind": "video", "frames": []}]},
        {"entries": [video_code(600, 1) | {"frames": video_code(601, 1)["frames"]}]},
        {"entries": [video_code(2, 1) | {"quality": 90}]},
        {"entries": [{"kind": "video", "frames": ["0" * 63]}]},
        {"entries": [{"kind": "video", "frames": [5]}]},
        {"entries": [{"kind": "video", "frames": "0" * 64}]},
        {"partners": []},
        {"age": 17},
    ],
    ids=lambda change: str(change)[:60],
)
def test_a_malformed_case_is_refused_and_nothing_is_kept(
    partner: Partner, mina: Person, change: dict[str, object]
) -> None:
    body = mina.body([picture_code()], [partner.id]) | change
    answer = httpx.post(f"{mina.url}/v1/cases", json=body, timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert mina.look().status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"v":1,"v":1}', b"NaN", b"[" * 100_000, b'{"v":' + b"1" * 5000 + b"}"]
)
def test_a_body_that_is_no_json_is_refused(exchange: Running, body: bytes) -> None:
    answer = httpx.post(f"{exchange.urls['person']}/v1/cases/look", content=body, timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")


def test_a_body_over_a_mebibyte_is_refused(exchange: Running) -> None:
    answer = httpx.post(f"{exchange.urls['person']}/v1/cases", content=b" " * ((1 << 20) + 1), timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/page/main.js"),
        ("GET", "/page/nothing.js"),
        ("GET", "/words/en"),
        ("GET", "/texts/en"),
        ("GET", "/v1/site"),
        ("GET", "/v1/work"),
        ("GET", "/v1/cases"),
        ("POST", "/v1/cases"),
        ("POST", "/v1/cases/look"),
        ("GET", "/nowhere"),
        ("HEAD", "/"),
    ],
)
def test_every_answer_carries_the_safe_headers_and_no_cookie(exchange: Running, method: str, path: str) -> None:
    answer = httpx.request(method, exchange.urls["person"] + path, timeout=60)
    for name, value in SAFE_HEADERS.items():
        assert answer.headers[name] == value
    assert "wasm" not in answer.headers["Content-Security-Policy"]
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers


def test_the_worker_may_connect_to_nobody_and_it_alone_may_run_webassembly(exchange: Running) -> None:
    answer = httpx.get(exchange.urls["person"] + "/page/worker.js", timeout=60)
    policy = answer.headers["Content-Security-Policy"]
    assert policy == WORKER_POLICY
    assert "connect-src" not in policy and policy.startswith("default-src 'none'")
    for name in SAFE_HEADERS.keys() - {"Content-Security-Policy"}:
        assert answer.headers[name] == SAFE_HEADERS[name]


@pytest.mark.skipif("mediabunny.mjs" not in page_files(), reason="Node is not installed here (page/codecs/install)")
def test_what_npm_gave_is_served_with_its_licences_and_nothing_else_of_that_folder(exchange: Running) -> None:
    for name, kind in {
        "mediabunny.mjs": "text/javascript",
        "libheif.mjs": "text/javascript",
        "mediabunny-licence.txt": "text/plain",
        "libheif-licence.txt": "text/plain",
    }.items():
        answer = httpx.get(f"{exchange.urls['person']}/page/{name}", timeout=60)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(kind)
    for name in ("package.json", "package-lock.json", "install", "codecs"):
        assert httpx.get(f"{exchange.urls['person']}/page/{name}", timeout=60).status_code == 404


def test_too_large_a_body_gets_the_safe_headers_too(exchange: Running) -> None:
    answer = httpx.post(f"{exchange.urls['person']}/v1/cases", content=b" " * ((1 << 20) + 1), timeout=60)
    assert {name: answer.headers[name] for name in SAFE_HEADERS} == SAFE_HEADERS


def test_the_page_and_its_modules_have_the_types_a_browser_asks_for(exchange: Running) -> None:
    for path, kind in (("/", "text/html"), ("/page/main.js", "text/javascript"), ("/page/look.css", "text/css")):
        answer = httpx.get(exchange.urls["person"] + path)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("path", ["/en", "/page/main.js", "/page/look.css", "/words/en", "/texts/ar"])
def test_what_is_the_same_for_everybody_goes_out_compressed_to_those_who_can_read_it(
    exchange: Running, path: str
) -> None:
    plain = httpx.get(exchange.urls["person"] + path, headers={"Accept-Encoding": "identity"}, timeout=60)
    packed = httpx.get(exchange.urls["person"] + path, headers={"Accept-Encoding": "gzip"}, timeout=60)
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.num_bytes_downloaded < 0.6 * plain.num_bytes_downloaded


def test_no_answer_that_a_case_has_part_in_is_compressed(exchange: Running) -> None:
    for method, path in (
        ("GET", "/v1/work"),
        ("POST", "/v1/cases/look"),
        ("POST", "/v1/cases"),
        ("GET", "/plain/look"),
    ):
        answer = httpx.request(method, exchange.urls["person"] + path, headers={"Accept-Encoding": "gzip"}, timeout=60)
        assert "content-encoding" not in answer.headers, path


def test_the_texts_of_later_screens_are_handed_out_in_every_language(exchange: Running) -> None:
    texts = {tag: httpx.get(f"{exchange.urls['person']}/texts/{tag}", timeout=60).json() for tag in LANGUAGES}
    assert texts["en"]["status"]["heading"] == read_text("en", "status.heading")
    assert all(texts[tag].keys() == texts["en"].keys() for tag in LANGUAGES)
    assert httpx.get(f"{exchange.urls['person']}/texts/tlh", timeout=60).status_code == 404


@pytest.mark.parametrize("name", ["..%2ferrors.py", "%2e%2e/errors.py", "__init__.py", "nothing.js", "a/b.js"])
def test_nothing_but_the_pages_own_files_is_handed_out(exchange: Running, name: str) -> None:
    assert httpx.get(f"{exchange.urls['person']}/page/{name}").status_code == 404


def test_the_word_list_has_7776_words_and_nothing_else(exchange: Running) -> None:
    answer = httpx.get(f"{exchange.urls['person']}/words/en")
    words = answer.text.splitlines()
    assert len(words) == len(set(words)) == 7776 and words[0] == "abacus"
    assert all(word.replace("-", "").isalpha() for word in words)
    assert answer.headers["content-type"].startswith("text/plain")


def test_every_language_has_its_list_or_none(exchange: Running) -> None:
    for language, count in (("es", 8013), ("zh-Hans", 2048), ("zh-Hant", 2048), ("ko", 2048), ("ja", 2048)):
        answer = httpx.get(f"{exchange.urls['person']}/words/{language}")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert len(answer.content.decode().split("\n")) == count + 1
    for language in ("ar", "EN", "..%2fen", "%00"):
        assert httpx.get(f"{exchange.urls['person']}/words/{language}").status_code == 404
