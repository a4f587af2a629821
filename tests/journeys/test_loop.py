"""The loop on real processes: coded on a device, held on a platform, forgotten on withdrawal."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pyrage
import pytest

from notcontent.cli.practice import Practice, Secrets
from notcontent.device.case import VideoCode
from notcontent.feed.receipt import parse_receipt
from notcontent.feed.signature import PublicKey, Signed
from notcontent.letter import format_letter, format_recipient
from tests.conftest import Someone, altered, photograph
from tests.exchange.test_desk_face import sign_in
from tests.exchange.test_letters import post
from tests.journeys.people import Case, Platform, files_below, until

pytestmark = pytest.mark.journey
SetUp = tuple[Practice, Secrets]
Coder = Callable[[bytes], object]


@pytest.fixture
def platform(practice_set_up: SetUp) -> Platform:
    return Platform(*practice_set_up)


def test_a_picture_is_held_then_forgotten_with_both_receipts(
    practice_set_up: SetUp, platform: Platform, mina: Someone, codes: Coder
) -> None:
    practice, _ = practice_set_up
    picture = photograph("astronaut.png")
    assert platform.verdict(picture) == "allow"
    case = Case(practice, mina.keys)
    case.send(codes(picture))
    platform.until_verdict(picture, "hold")
    for how in ("smaller", "mirrored", "half_turn"):
        assert platform.verdict(altered(picture, how)) == "hold", how
    assert platform.verdict(photograph("coffee.png")) == "allow"
    status = case.until_site("listed")
    assert (status.entries, status.withdrawn) == (1, None)
    until(case.look, lambda seen: seen.sites[0].hits == "a few times", "her seeing that it was stopped")

    case.withdraw()
    platform.until_verdict(picture, "allow")
    status = case.until_site("erased")
    assert status.withdrawn is not None


def test_a_hold_is_decided_once_and_reported_once(
    practice_set_up: SetUp, platform: Platform, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    case = Case(practice, mina.keys)
    case.send(codes(picture(101)))
    held = platform.until_verdict(picture(101), "hold")
    decision = {"decision": "block", "reason": "intimate"}
    path = f"/v1/uploads/{held['id']}/decision"
    assert [platform.ask("POST", path, json=decision).status_code for _ in range(2)] == [200, 200]
    assert platform.ask("POST", path, json={"decision": "release", "reason": "own_picture"}).status_code == 409
    assert platform.ask("GET", f"/v1/uploads/{held['id']}").json()["state"] == "blocked"

    def reported() -> list[tuple[str, str]]:
        with sqlite3.connect(f"file:{practice.folder / 'exchange'}/exchange.sqlite3?mode=ro", uri=True) as database:
            table = next(
                name
                for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
                if "report" in name
            )
            return database.execute(f"SELECT verdict, decision FROM {table} WHERE decision = 'block'").fetchall()

    assert until(reported, lambda rows: len(rows) > 0, "the decision at the exchange") == [("hold", "block")]


def test_one_persons_withdrawal_touches_no_other_case(
    practice_set_up: SetUp,
    platform: Platform,
    mina: Someone,
    censor: Someone,
    codes: Coder,
    picture: Callable[[int], bytes],
) -> None:
    practice, _ = practice_set_up
    hers, his = Case(practice, mina.keys), Case(practice, censor.keys)
    hers.send(codes(picture(102)))
    platform.until_verdict(picture(102), "hold")
    before = hers.look()
    his.send(codes(picture(102)))
    his.until_site("listed")
    his.withdraw()
    his.until_site("erased")
    assert platform.verdict(picture(102)) == "hold"
    after = hers.look()
    assert (after.entries, after.withdrawn, after.sites[0].state) == (before.entries, None, "listed")


def test_a_wrong_passphrase_and_an_unknown_case_get_the_same_answer(
    practice_set_up: SetUp, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    Case(practice, mina.keys).send(codes(picture(103)))
    known, url = mina.keys, practice.ports.url("person")
    for route, key, more in (
        ("look", "look_key", {}),
        ("keep", "withdraw_key", {}),
        ("withdraw", "withdraw_key", {"forget": "everything"}),
    ):
        ask = {"v": 1, "locator": known.locator, key: "00" * 32} | more
        other_key = known.withdraw_key if route == "look" else known.look_key
        wrong = httpx.post(f"{url}/v1/cases/{route}", json=ask)
        unknown = httpx.post(f"{url}/v1/cases/{route}", json=ask | {"locator": "ab" * 16})
        crossed = httpx.post(f"{url}/v1/cases/{route}", json=ask | {key: other_key})
        assert wrong.status_code == 404
        assert wrong.content == unknown.content == crossed.content
        assert {k: v for k, v in wrong.headers.items() if k != "date"} == {
            k: v for k, v in unknown.headers.items() if k != "date"
        }


def test_a_letter_is_opened_with_the_practice_helplines_key_and_stands_in_no_file_of_the_exchange(
    practice_set_up: SetUp, mina: Someone
) -> None:
    practice, known = practice_set_up
    case = Case(practice, mina.keys)
    site = httpx.get(practice.ports.url("person") + "/v1/site").json()
    to = [pyrage.x25519.Recipient.from_str(format_recipient(key)) for key in site["helpline"]["keys"]]
    said = "a sentence that only the helpline reads"
    sealed = pyrage.encrypt(format_letter({"text": said}), to)
    case.exchange.open_case(mina.keys, [], [], "no_file", letter=sealed)

    running = cast(Any, SimpleNamespace(urls={"desk": practice.ports.url("desk")}))
    desk, cases = sign_in(running, known.desk_name, known.desk_password)
    (page,) = re.findall(r'href="(/cases/[0-9a-f]{32}/letters)"', cases.text)
    (letter,) = re.findall(r'action="(/letters/[0-9a-f]{16})"', desk.get(page).text)
    saved = practice.folder / "saved.age"
    saved.write_bytes(post(desk, page, letter).content)
    assert said in practice.command("letter", "open", saved, "--key", practice.helpline_key)
    exchange = practice.folder / "exchange"
    assert not [path for path, data in files_below(exchange).items() if said.encode() in data]
    private = practice.helpline_key.read_text().split()[-1].encode()
    assert not [path for path, data in files_below(exchange).items() if private in data]


def test_no_file_holds_an_address_or_a_browser(
    practice_set_up: SetUp, platform: Platform, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, known = practice_set_up
    address, browser = "127.83.91.107", "Mozilla/5.0 (Marked walrus-umbrella)"
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), headers={"User-Agent": browser}) as client:
        url = practice.ports.url("person")
        assert client.get(url).status_code == 200
        assert client.get(f"{url}/nothing-here?{address}").status_code == 404
        assert client.post(f"{url}/v1/cases", content=b"not json").status_code == 400
        assert (
            client.post(f"{url}/v1/cases/look", json={"v": 1, "locator": "00" * 16, "look_key": "00" * 32}).status_code
            == 404
        )
        guard = practice.ports.url("guard")
        assert client.post(f"{guard}/v1/check", content=b"x").status_code == 401
        headers = {"Authorization": f"Bearer {known.guard_token}"}
        assert client.post(f"{guard}/v1/check", content=b"not a picture", headers=headers).status_code in (400, 415)
        assert client.post(f"{guard}/v1/check", content=picture(104), headers=headers).status_code == 200
        assert client.get(practice.ports.url("desk")).status_code in (200, 302)
        assert client.get(f"{practice.ports.url('partners')}/v1/feed/poll").status_code == 401
    case = Case(practice, mina.keys)
    case.send(codes(picture(104)))
    platform.until_verdict(picture(104), "hold")
    found = files_below(practice.folder)
    assert any(path.name.startswith("exchange.sqlite3") for path in found)
    for path, content in found.items():
        assert b"walrus-umbrella" not in content and address.encode() not in content, path


def test_after_withdrawal_and_erasing_no_file_holds_the_fingerprint(
    practice_set_up: SetUp, platform: Platform, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    cases, fingerprints = [], []
    for seed in range(200, 206):
        case, code = Case(practice, Someone.new().keys), codes(picture(seed))
        case.send(code)
        cases.append(case)
        fingerprints.append(code.orientations)
    for seed in (200, 205):
        platform.until_verdict(picture(seed), "hold")

    def holding(orientations: tuple[str, ...]) -> list[str]:
        return [
            path.name
            for path, content in files_below(practice.folder).items()
            for turned in orientations
            if bytes.fromhex(turned) in content or turned.encode() in content or turned.upper().encode() in content
        ]

    assert all(holding(orientations) for orientations in fingerprints), "the search must be able to find one"
    for case in cases[:5]:
        case.withdraw()
    for case in cases[:5]:
        case.until_site("erased")
    practice.command("exchange", "erase", "--folder", practice.folder / "exchange")
    for orientations in fingerprints[:5]:
        assert until(lambda o=orientations: holding(o), lambda names: not names, "every byte to be gone") == []
    assert holding(fingerprints[5]), "the one that was not withdrawn stays"
    platform.until_verdict(picture(205), "hold")
    assert until(cases[0].look, lambda s: s.erased_here is not None, "the exchange's own word").erased_here


def test_a_still_of_a_listed_video_is_held_until_the_video_is_forgotten_frame_by_frame(
    practice_set_up: SetUp, platform: Platform, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    case, other = Case(practice, mina.keys), Case(practice, Someone.new().keys)
    frames = [codes(picture(seed)).orientations[0] for seed in range(220, 260)]
    kept = [codes(picture(seed)).orientations[0] for seed in range(260, 264)]
    case.send(VideoCode(tuple(frames)), codes(picture(264)))
    other.send(VideoCode(tuple(kept)))
    held = [platform.until_verdict(picture(seed), "hold") for seed in (220, 239, 259)]
    assert {len(verdict["matches"]) for verdict in held} == {1}
    assert len({verdict["matches"][0]["entry"] for verdict in held}) == 1, "the video is one entry"
    assert case.until_site("listed").entries == 2
    # Folded into a snapshot it is in a file of another form.
    practice.command("exchange", "erase", "--folder", practice.folder / "exchange")
    assert platform.verdict(picture(230)) == "hold"

    def holding(sought: list[str]) -> list[str]:
        files = files_below(practice.folder)
        return [
            f"{path.name}: {place}"
            for path, content in files.items()
            for place, frame in enumerate(sought)
            if bytes.fromhex(frame) in content or frame.encode() in content or frame.upper().encode() in content
        ]

    found = holding(frames)
    assert len(found) >= 2 * len(frames), "the search must be able to find every one, here and there"
    case.withdraw()
    case.until_site("erased")
    practice.command("exchange", "erase", "--folder", practice.folder / "exchange")
    assert until(lambda: holding(frames), lambda names: not names, "every byte to be gone") == []
    assert platform.verdict(picture(230)) == "allow"
    assert len(holding(kept)) >= 2 * len(kept) and platform.verdict(picture(263)) == "hold"
    assert until(case.look, lambda s: s.erased_here is not None, "the exchange's own word").erased_here
    with sqlite3.connect(f"file:{practice.folder / 'exchange'}/exchange.sqlite3?mode=ro", uri=True) as database:
        states = database.execute(
            "SELECT partners_receipt.state FROM partners_receipt JOIN lists_listing ON listing_id = lists_listing.id"
            " JOIN lists_entry ON entry_id = lists_entry.id WHERE kind = 'video' AND fingerprints = x''"
        ).fetchall()
    assert sorted(states) == [("erased",), ("stopped",)], "one pair of receipts"


def test_receipts_are_signed_by_the_platforms_own_key_and_verified_on_the_command_line(
    practice_set_up: SetUp,
    platform: Platform,
    mina: Someone,
    codes: Coder,
    picture: Callable[[int], bytes],
    tmp_path: Path,
) -> None:
    practice, _ = practice_set_up
    case = Case(practice, mina.keys)
    case.send(codes(picture(106)))
    platform.until_verdict(picture(106), "hold")
    case.withdraw()
    case.until_site("erased")
    texts = [
        match.group().decode()
        for content in files_below(practice.folder / "exchange").values()
        for match in re.finditer(
            rb"notcontent-receipt/1\nfeed: [0-9a-f]{32}\n.{0,200}?time: [0-9TZ:-]{20}\n", content, re.S
        )
    ]
    assert {parse_receipt(text).state for text in texts} == {"stopped", "erased"}
    with sqlite3.connect(f"file:{practice.folder / 'exchange'}/exchange.sqlite3?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        receipts = next(name for name in tables if name.endswith("receipt"))
        text, signature = database.execute(f"SELECT text, signature FROM {receipts} LIMIT 1").fetchone()
        keys = [key for (key,) in database.execute("SELECT guard_key FROM partners_stream WHERE guard_key != ''")]
    key_line = next(key for key in keys if PublicKey.from_text(key).key_id == Signed(text, signature).untrusted_key_id)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps({"text": text, "signature": signature}))
    verify = [sys.executable, "-m", "notcontent.cli.main", "receipt", "verify", str(file), "--key", key_line]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "holds" in done.stdout
    file.write_text(json.dumps({"text": text.replace("number: ", "number: 1"), "signature": signature}))
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 1


def test_every_screen_of_a_practice_set_up_says_so(practice_set_up: SetUp) -> None:
    practice, _ = practice_set_up
    sentence = "Practice only. Nothing here reaches a real site."
    for name in ("desk", "board"):
        assert sentence in httpx.get(practice.ports.url(name), follow_redirects=True).text, name
    assert httpx.get(practice.ports.url("person") + "/v1/site").json()["practice"] is True


def test_everything_is_still_there_after_a_stop_and_a_start(
    practice_set_up: SetUp, platform: Platform, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, known = practice_set_up
    case = Case(practice, mina.keys)
    case.send(codes(picture(107)))
    platform.until_verdict(picture(107), "hold")
    practice.stop()
    assert practice.start() == known
    assert platform.verdict(picture(107)) == "hold"
    assert case.look().entries == 1
    case.withdraw()
    case.until_site("erased")


def test_the_exchange_keeps_nothing_that_opens_a_case(
    practice_set_up: SetUp, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    Case(practice, mina.keys).send(codes(picture(108)))
    secrets = [mina.keys.locator, mina.keys.look_key, mina.keys.withdraw_key]
    found = files_below(practice.folder)
    for path, content in found.items():
        for secret in secrets:
            assert secret.encode() not in content and bytes.fromhex(secret) not in content, path
    hashes = [hashlib.sha256(bytes.fromhex(secret)) for secret in secrets]
    assert any(h.digest() in content or h.hexdigest().encode() in content for content in found.values() for h in hashes)


def test_ids_differ_on_every_partners_stream(
    practice_set_up: SetUp, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    practice.command(
        "exchange", "partner", "add", "Second site", "--country", "ZZ", "--folder", practice.folder / "exchange"
    )
    case, code = Case(practice, mina.keys), codes(picture(109))
    case.send(code)

    def ids() -> set[str]:
        lines = b"\n".join(
            content.replace(b"\\n", b"\n")
            for path, content in files_below(practice.folder).items()
            if "delta" in path.name
        ).decode()
        return set(re.findall(rf"add ([0-9a-f]{{32}}) pdq {code.orientations[0]}", lines))

    assert len(until(ids, lambda found: len(found) >= 2, "the entry on both streams")) == 2


def test_the_uploader_reads_one_sentence_whatever_the_reason(
    practice_set_up: SetUp, platform: Platform, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    case = Case(practice, mina.keys)
    case.send(codes(picture(110)))
    claimed = platform.until_verdict(picture(110), "hold")
    practice.command(
        "exchange", "tier", claimed["matches"][0]["entry"], "verified", "--by", "desk", "--reason", "a drill",
        "--folder", practice.folder / "exchange",
    )  # fmt: skip
    verified = platform.until_verdict(picture(110), "block")
    assert claimed["uploader_text"] == verified["uploader_text"]
    for word in ("intimate", "list", "match", "claim", "verif"):
        assert word not in verified["uploader_text"].lower()


def test_a_site_that_was_away_all_the_while_is_not_waited_for(
    practice_set_up: SetUp, mina: Someone, codes: Coder, picture: Callable[[int], bytes]
) -> None:
    practice, _ = practice_set_up
    exchange = practice.folder / "exchange"

    def pending() -> int:
        told = json.loads(practice.command("exchange", "status", "--json", "--folder", exchange))
        return int(told["waiting"])

    practice.kill("guard")
    case = Case(practice, mina.keys)
    case.send(codes(picture(111)))
    until(pending, lambda number: number == 0, "the code being sent out")
    assert [site.state for site in case.withdraw().sites if site.name == "Practice board"] == ["stopping"]
    until(pending, lambda number: number == 0, "the withdrawal being sent out")
    practice.command("exchange", "erase", "--folder", exchange)
    practice.restart_what_was_killed()
    until(
        case.look,
        lambda seen: all(site.name != "Practice board" for site in seen.sites),
        "the site that never had it to leave the list",
    )
