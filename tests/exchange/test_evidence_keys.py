"""Whose keys open evidence, and whose sign it: sealed anew, in full for the offline key alone, by the root's word."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from notcontent.device.sealing import NotOpened, open_with, seal_to
from notcontent.evidence.folder import HERS, write_folder
from notcontent.evidence.package import format_sums
from notcontent.evidence.record import join, split
from tests.exchange.test_evidence import (
    DEVICE,
    NOW,
    SEEN,
    Helpline,
    folder_of,
    helpline,
    public_of,
    record_of,
    touches,
    two_authorities,
    verify,
    vouch_for,
)

__all__ = ["helpline", "two_authorities"]

NEW, OFFLINE, OTHER_OFFLINE = "cd" * 32, "ef" * 32, "12" * 32
PAGE = "https://board.example/post/8812734"


def opens(sealed: bytes, key: str) -> bool:
    try:
        open_with(sealed, key)
    except NotOpened:
        return False
    return True


def add(private: str, name: str, *, is_recovery: bool = False) -> Any:
    from notcontent.exchange.desk.keys import add_key, check_new_key

    return add_key(*check_new_key(public_of(private), name), is_recovery=is_recovery, actor="noor", today=NOW.date())


def seal_all_anew(private: str) -> int:
    """What a device does that has this key; how many pieces and letters it gave back."""
    from notcontent.exchange.desk.resealing import SealedAnew, take_back, waiting
    from notcontent.exchange.letters.keys import sealing_keys

    taken, after = 0, ""
    while True:
        page, _ = waiting(after)
        if not page:
            return taken
        after = page[-1].id
        anew = [
            SealedAnew(one.id, hashlib.sha256(one.sealed).hexdigest(), seal_to(open_with(one.sealed, private), one.to))
            for one in page
            if opens(one.sealed, private)
        ]
        taken += take_back(anew, sealing_keys(), actor="mira", now=NOW)


def test_when_a_device_is_lost_evidence_is_sealed_anew_by_the_same_way_as_letters_and_custody_says_so(
    helpline: Helpline,
) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.keys import take_key_out
    from notcontent.exchange.desk.resealing import anything_waits, count_waiting, waiting
    from notcontent.exchange.evidence.models import Evidence
    from notcontent.exchange.letters.keeping import keep_letter
    from notcontent.exchange.letters.keys import give_first_keys
    from notcontent.exchange.letters.models import HelplineKey, Letter

    give_first_keys([public_of(DEVICE)], [], NOW.date())
    pieces = [helpline.keep(seen) for seen in SEEN]
    letter = seal_to(b"x" * 1_024, [public_of(DEVICE)])
    keep_letter(Case.objects.get(), "you", letter, NOW.date())
    assert not anything_waits()
    add(NEW, "Laptop 2")
    assert count_waiting() == 4
    first, left = waiting()
    assert ([len(one.id) for one in first], left) == ([16], 3), "letters come first"
    assert seal_all_anew(DEVICE) == 4 and not anything_waits()
    take_key_out(HelplineKey.objects.get(name="key 1").id, actor="noor", reason="lost", today=NOW.date())
    assert seal_all_anew(NEW) == 4 and not anything_waits()
    for row in [*Evidence.objects.all(), *Letter.objects.all()]:
        assert not opens(row.sealed, DEVICE) and opens(row.sealed, NEW)
    for piece, seen in zip(pieces, SEEN, strict=True):
        record, _ = split(open_with(Evidence.objects.get(id=piece.id).sealed, NEW))
        assert record.sha256 == piece.told.record_sha256 and record.values("kind") != () and seen is not None
        assert touches(piece.id) == ["kept", "sealed anew", "sealed anew"]


def test_many_large_pieces_are_handed_out_a_few_at_a_time(helpline: Helpline) -> None:
    from notcontent.exchange.desk.resealing import EVIDENCE_BYTES_AT_ONCE, waiting
    from notcontent.exchange.evidence.keeping import keep_evidence
    from notcontent.exchange.evidence.models import Evidence

    for size in (EVIDENCE_BYTES_AT_ONCE * 2, 2_000, 2_000, EVIDENCE_BYTES_AT_ONCE):
        record, sealed = record_of(SEEN[0]), seal_to(bytes(size), [public_of(DEVICE)])
        keep_evidence(helpline.folder, helpline.case, record.sha256, sealed, actor="mira", now=NOW)
    Evidence.objects.update(stale=True)
    seen, after, left = [], "", 4
    while True:
        page, rest = waiting(after)
        if not page:
            break
        assert rest == left - len(page)
        assert len(page) == 1 or sum(len(one.sealed) for one in page) <= EVIDENCE_BYTES_AT_ONCE
        seen += [one.id for one in page]
        after, left = page[-1].id, rest
    assert seen == sorted(piece.id for piece in Evidence.objects.all()) and left == 0


def test_what_the_offline_keys_alone_open_waits_only_when_one_of_those_changes(helpline: Helpline) -> None:
    from notcontent.exchange.desk.resealing import anything_waits, waiting
    from notcontent.exchange.evidence.keeping import keep_evidence
    from notcontent.exchange.evidence.models import Evidence
    from notcontent.exchange.letters.keys import give_first_keys

    give_first_keys([public_of(DEVICE)], [public_of(OFFLINE)], NOW.date())
    record = record_of(SEEN[0])
    sealed = seal_to(join(record, []), [public_of(OFFLINE)])
    piece = keep_evidence(helpline.folder, helpline.case, record.sha256, sealed, actor="mira", now=NOW, offline=True)
    add(NEW, "Laptop 2")
    assert not anything_waits()
    add(OTHER_OFFLINE, "another safe", is_recovery=True)
    (stale,), _ = waiting()
    assert stale.to == tuple(sorted([public_of(OFFLINE), public_of(OTHER_OFFLINE)]))
    assert seal_all_anew(NEW) == 0 and seal_all_anew(OFFLINE) == 1
    anew = bytes(Evidence.objects.get(id=piece.id).sealed)
    assert [opens(anew, key) for key in (DEVICE, NEW, OFFLINE, OTHER_OFFLINE)] == [False, False, True, True]
    assert touches(piece.id) == ["kept in full", "sealed anew"]


def test_a_page_is_captured_in_full_by_a_lead_with_a_colleagues_word_for_this_address_and_never_alone(
    helpline: Helpline,
) -> None:
    from notcontent.exchange.desk.errors import NeedsSecondPerson, NotAllowed, ReasonMissing
    from notcontent.exchange.desk.models import AuditRow, Proposal
    from notcontent.exchange.desk.two_people import agree
    from notcontent.exchange.errors import UnknownName
    from notcontent.exchange.evidence.errors import CaptureRefused
    from notcontent.exchange.evidence.full_capture import ask_to_capture, capture_in_full
    from notcontent.exchange.evidence.models import CapturePermit, Evidence
    from notcontent.exchange.letters.keys import give_first_keys

    give_first_keys([public_of(DEVICE)], [], NOW.date())
    piece, today = helpline.keep(SEEN[0]), NOW.date()
    why = {"reason": "the court asked", "today": today}
    with pytest.raises(NotAllowed):
        ask_to_capture(helpline.case, PAGE, piece.id, actor="mira", **why)
    for url, record, reason, refusal in (
        ("ftp://board.example/", piece.id, "the court asked", CaptureRefused),
        (PAGE, "0" * 32, "the court asked", UnknownName),
        (PAGE, piece.id, "", ReasonMissing),
    ):
        with pytest.raises(refusal):
            ask_to_capture(helpline.case, url, record, actor="noor", reason=reason, today=today)
    asked = ask_to_capture(helpline.case, PAGE, piece.id, actor="noor", **why)

    def capture(actor: str = "noor", url: str = PAGE) -> None:
        capture_in_full(helpline.folder, helpline.case, url, actor=actor, now=NOW)

    with pytest.raises(NeedsSecondPerson):
        agree(asked.id, actor="noor", today=today)
    with pytest.raises(NeedsSecondPerson):
        capture()
    held = str([list(model.objects.values()) for model in (Proposal, AuditRow)])
    agree(asked.id, actor="mira", today=today)
    assert "board.example" not in held + str(list(CapturePermit.objects.values())) + str(
        list(AuditRow.objects.values())
    )
    with pytest.raises(NotAllowed):
        capture("mira")
    with pytest.raises(NeedsSecondPerson, match="this very address"):
        capture(url="https://board.example/post/1")
    # There is no offline key, so nothing is captured, and the permit stays.
    with pytest.raises(CaptureRefused, match="offline key"):
        capture()
    assert CapturePermit.objects.count() == 1 and Evidence.objects.count() == 1
    said = [row.action for row in AuditRow.objects.order_by("number") if "in full" in row.action]
    assert said == ["asked: capture a page in full", "agreed: capture a page in full"]


def test_verify_says_whose_key_it_is_and_finds_another_root_key_or_one_that_was_taken_back(
    helpline: Helpline, tmp_path: Path
) -> None:
    from notcontent.feed.signature import SigningKey

    helpline.keep(SEEN[0])
    made = folder_of(helpline.export())
    write_folder(made, tmp_path / "folder")
    root = helpline.folder.root_public.read_text().strip()
    done = verify(tmp_path / "folder")
    assert done.returncode == 0 and f"root key {root} (COMPARE IT" in done.stdout
    assert "which you gave" in verify(tmp_path / "folder", root=root).stdout
    other = SigningKey.generate()
    done = verify(tmp_path / "folder", root=other.public.text)
    assert done.returncode == 1 and "not the one that you gave" in done.stdout
    # Whoever made a root key of her own, or lets the root key's word be another one, is found too.
    online = SigningKey.from_text(helpline.folder.online_key.read_text())
    key_id, own = online.public.key_id, helpline.folder.feed_keys
    forged = []
    for keys, revoked in (((online,), (key_id,)), ((other,), ())):
        vouch_for(helpline, *keys, revoked=revoked)
        signed = json.loads(own.read_text())
        forged.append({"feed-keys.txt": signed["text"], "feed-keys.txt.minisig": signed["signature"]})
    forged.append({"root.pub": f"untrusted comment: x\n{other.public.text}\n"})
    for number, changes in enumerate(forged):
        files = {path: data for path, data in made.items() if path != "SHA256SUMS"}
        files |= {path: text.encode() for path, text in changes.items()}
        write_folder(files | {"SHA256SUMS": format_sums(files).encode()}, tmp_path / str(number))
        done = verify(tmp_path / str(number))
        assert done.returncode == 1 and "DOES NOT HOLD" in done.stdout, (number, done.stdout, done.stderr)


@pytest.mark.browser
@pytest.mark.peer
@pytest.mark.on_sqlite
def test_a_full_capture_is_opened_by_the_offline_key_alone_and_stays_out_of_a_folder_without_it(
    desk: Any, helpline: Helpline, tmp_path: Path
) -> None:
    from notcontent.exchange.desk.models import Proposal
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.two_people import agree
    from notcontent.exchange.evidence.models import CapturePermit, Evidence
    from notcontent.exchange.letters.keys import give_first_keys
    from tests.evidence.site import GREEN, RED, serve_site

    give_first_keys([public_of(DEVICE)], [public_of(OFFLINE)], NOW.date())
    typed = helpline.keep(SEEN[0])
    iris, page = desk("iris", Role.LEAD), f"/cases/{helpline.case}/evidence"
    with serve_site() as site:
        told = {"url": f"{site.url}/", "reason": "the court asked", "record": typed.id, "adult": "yes"}
        assert iris.post(f"{page}/ask-full", told | {"adult": "no"}).status_code == 422
        assert iris.post(f"{page}/ask-full", told).status_code == 302
        assert iris.post(f"{page}/full", {"url": f"{site.url}/"}).status_code == 422
        agree(Proposal.objects.get().id, actor="mira", today=Proposal.objects.get().asked)
        answer = iris.post(f"{page}/full", {"url": f"{site.url}/"})
        assert answer.status_code == 302, answer.text
        assert iris.post(f"{page}/full", {"url": f"{site.url}/"}).status_code == 422, "once"
    assert CapturePermit.objects.count() == 0
    piece = Evidence.objects.get(offline=True)
    assert not opens(piece.sealed, DEVICE) and "offline key only" in iris.get(page).text
    record, files = split(open_with(bytes(piece.sealed), OFFLINE))
    held = dict(zip([file.name for file in record.files], files, strict=True))
    assert record.values("kind") == ("full_capture",) and record.values("reason") == ("the court asked",)
    (tmp_path / "page.wacz").write_bytes(held["page.wacz"])
    programs = Path(sys.executable).parents[1] / "peers" / "wacz" / "bin"
    assert (programs / "wacz").exists(), "tests/install-peers installs py-wacz"
    words = [programs / "wacz", "validate", "-f", tmp_path / "page.wacz"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "is valid" in done.stdout, done.stdout + done.stderr
    with zipfile.ZipFile(io.BytesIO(held["page.wacz"])) as archive:
        (tmp_path / "data.warc.gz").write_bytes(archive.read("archive/data.warc.gz"))
    checked = subprocess.run(
        [programs / "warcio", "check", tmp_path / "data.warc.gz"], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    warc = gzip.decompress((tmp_path / "data.warc.gz").read_bytes())
    assert RED in warc and GREEN in warc, "the archive holds what the pictures are made of"
    assert RED[40:90] not in held["page.png"] and str(len(RED)).encode() in held["masked.txt"]
    for path in helpline.folder.path.rglob("*"):
        assert not path.is_file() or not any(part[40:90] in path.read_bytes() for part in (RED, GREEN)), path

    package = helpline.export()
    closed, opened = folder_of(package), folder_of(package, key=OFFLINE)
    place = f"evidence/{piece.id}"
    assert f"{place}/record.txt" not in closed and f"{place}/page.wacz" in opened
    assert f"{place}/page.wacz" not in folder_of(package, HERS, key=OFFLINE)
    assert b"not opened for this copy" in closed["report.html"]
    for name, made, told_there in (("closed", closed, "NOT OPENED"), ("opened", opened, "0 fields are withheld")):
        write_folder(made, tmp_path / name)
        done = verify(tmp_path / name)
        assert done.returncode == 0 and f"{place}: kept" in done.stdout and told_there in done.stdout, done.stdout
