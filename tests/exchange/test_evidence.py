"""Evidence at the exchange: kept sealed, signed, timestamped by real authorities, exported by two, checked outside."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notcontent.device.sealing import open_with, seal_to
from notcontent.evidence.folder import HERS, Collector, make_folder, write_folder
from notcontent.evidence.package import open_package
from notcontent.evidence.record import Record, join, make_record
from notcontent.evidence.seen import How, LinkSeen, MessageSeen, Seen, WitnessStatement, values_of
from notcontent.evidence.timestamp import Authority
from tests.evidence.authority import Answering, serve_authority
from tests.exchange.desk_people import open_account

NOW = datetime(2026, 11, 29, 8, 30, 12, tzinfo=UTC)
DEVICE = "ab" * 32
HER_NAME = "Mina Example"
SEEN: list[Seen] = [
    LinkSeen(
        url="https://board.example/post/8812734", seen_at=NOW, how=How.SEEN, page_title="Fourth floor", views=412,
        what_it_shows="a woman on a sofa", her_name=HER_NAME,
    ),
    MessageSeen(
        url="https://t.example/c/44/7", chat_title="Boys of the fourth floor", chat_id=-1001234567890, message_id=7,
        members=2_113, posted_at=NOW, forwarded_from="Another room", self_deleting=True, protected=True, seen_at=NOW,
        how=How.SECOND_DEVICE,
    ),
    WitnessStatement(witness="a colleague of hers", said_at=NOW, statement="He showed it to all of us."),
]  # fmt: skip


def public_of(private: str) -> str:
    from notcontent.letter import format_identity, parse_key

    identity = pyrage.x25519.Identity.from_str(format_identity(private))
    return parse_key(str(identity.to_public()))


def record_of(seen: Seen, **more: str) -> Record:
    return make_record([*values_of(seen), *more.items()], lambda: secrets.token_hex(16))


@pytest.fixture(scope="module")
def two_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Authority, Answering]]]:
    place = tmp_path_factory.mktemp("authorities")
    with serve_authority("First", place / "first") as first, serve_authority("Second", place / "second") as second:
        yield [first, second]


@dataclass
class Helpline:
    """A case at an exchange with two people at its desk and two timestamp authorities."""

    folder: Any
    case: str
    authorities: list[Authority]

    def keep(self, seen: Seen, **more: str) -> Any:
        from notcontent.exchange.evidence.keeping import keep_evidence
        from notcontent.exchange.letters.keys import sealing_keys

        record = record_of(seen, **more)
        sealed = seal_to(join(record, []), sealing_keys() or [public_of(DEVICE)])
        return keep_evidence(self.folder, self.case, record.sha256, sealed, actor="mira", now=NOW)

    def export(self) -> bytes:
        from notcontent.exchange.desk.two_people import agree
        from notcontent.exchange.evidence.exporting import ask_to_export, export_evidence

        asked = ask_to_export(self.case, actor="mira", reason="the police asked", today=NOW.date())
        agree(asked.id, actor="noor", today=NOW.date())
        return export_evidence(self.folder, self.case, actor="mira", now=NOW)


@pytest.fixture
def helpline(tables: Any, two_authorities: list[tuple[Authority, Answering]]) -> Helpline:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.roles import Role

    open_account("mira", Role.DESK)
    open_account("noor", Role.LEAD)
    case = Case.objects.create(locator_sha256="0" * 64, circumstance="online")
    return Helpline(tables, case.id, [authority for authority, _ in two_authorities])


def folder_of(package: bytes, withheld: frozenset[str] = frozenset(), key: str = DEVICE) -> dict[str, bytes]:
    collector = Collector("", "notcontent", "")
    opened = open_package(package)
    return make_folder(
        opened,
        lambda sealed: open_with(sealed, key),
        withheld=withheld,
        collector=collector,
        now=NOW,
        print_pdfs=None,
    )


def verify(folder: Path, script: Path | None = None, root: str = "") -> subprocess.CompletedProcess[str]:
    """The script, isolated, with nothing but Python and openssl on the PATH."""
    programs = folder.parent / "programs"
    if not programs.exists():
        programs.mkdir()
        for program in (sys.executable, shutil.which("openssl")):
            assert program is not None
            (programs / ("python3" if "python" in program else "openssl")).symlink_to(os.path.realpath(program))
    words = [programs / "python3", "-I", "-S", script or folder / "verify.py", folder, *([root] if root else [])]
    return subprocess.run(words, env={"PATH": str(programs)}, cwd=folder, capture_output=True, text=True, check=False)


def test_typed_facts_become_a_folder_that_holds_with_nothing_but_python_and_openssl(
    helpline: Helpline, tmp_path: Path
) -> None:
    from notcontent.exchange.evidence.stamping import stamp_evidence

    for seen in SEEN:
        assert stamp_evidence(helpline.keep(seen, case=helpline.case).id, helpline.authorities, NOW) == 0
    whole, without = folder_of(package := helpline.export()), folder_of(package, HERS)
    for name, made in (("whole", whole), ("without", without)):
        write_folder(made, tmp_path / name)
        done = verify(tmp_path / name)
        assert done.returncode == 0 and "Everything holds" in done.stdout, done.stdout + done.stderr
        assert done.stdout.count("by the timestamp stamp-") == 2 * len(SEEN)
    text, hidden = (b"\n".join(made.values()) for made in (whole, without))
    assert all(each in text for each in (b"board.example/post/8812734", HER_NAME.encode(), helpline.case.encode()))
    assert b"board.example/post/8812734" in hidden
    assert HER_NAME.encode() not in hidden and helpline.case.encode() not in hidden


def test_any_changed_byte_of_a_folder_is_found(helpline: Helpline, tmp_path: Path) -> None:
    from notcontent.exchange.evidence.stamping import stamp_evidence

    stamp_evidence(helpline.keep(SEEN[0]).id, helpline.authorities, NOW)
    made = folder_of(helpline.export())
    folder = tmp_path / "folder"
    write_folder(made, folder)
    # A copy from outside: a script that was changed itself could say anything.
    script = tmp_path / "verify.py"
    script.write_bytes(made["verify.py"])
    assert verify(folder, script).returncode == 0

    @settings(max_examples=10, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def changed(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(made)))
        place = data.draw(st.integers(0, len(made[path]) - 1))
        byte = bytes([made[path][place] ^ data.draw(st.integers(1, 255))])
        (folder / path).write_bytes(made[path][:place] + byte + made[path][place + 1 :])
        try:
            assert verify(folder, script).returncode == 1, f"byte {place} of {path}"
        finally:
            (folder / path).write_bytes(made[path])

    changed()


def test_a_folder_whose_list_of_files_was_rewritten_too_is_found_by_the_signatures(
    helpline: Helpline, tmp_path: Path
) -> None:
    from notcontent.evidence.package import format_sums
    from notcontent.exchange.evidence.stamping import stamp_evidence

    stamp_evidence(helpline.keep(SEEN[0]).id, helpline.authorities, NOW)
    made = folder_of(helpline.export())
    (place,) = {path.rsplit("/", 1)[0] for path in made if path.endswith("record.txt")}
    forged = {
        f"{place}/record.txt": made[f"{place}/record.txt"].replace(b"8812734", b"8812735"),
        f"{place}/manifest.txt": made[f"{place}/manifest.txt"].replace(b"2026-11-29T08", b"2026-11-28T08"),
        f"{place}/stamp-1.tsr": made[f"{place}/stamp-2.tsr"],
        "custody.txt": made["custody.txt"].replace(b"exported", b"kept"),
        "release.txt": made["release.txt"].replace(b"2026", b"2025"),
        "release.txt.minisig": made[f"{place}/manifest.txt.minisig"],
        f"{place}/stamp-2.tsr": None,
    }
    for number, (path, data) in enumerate(forged.items()):
        kept = {name: held for name, held in made.items() if name not in (path, "SHA256SUMS")}
        kept |= {path: data} if data is not None else {}
        assert data != made[path], path
        write_folder(kept | {"SHA256SUMS": format_sums(kept).encode()}, tmp_path / str(number))
        done = verify(tmp_path / str(number))
        assert done.returncode == 1 and "DOES NOT HOLD" in done.stdout, f"{path}: {done.stdout}{done.stderr}"


def vouch_for(helpline: Helpline, *online: Any, revoked: tuple[str, ...] = ()) -> Any:
    """The root key says which online keys may sign."""
    from notcontent.feed.keys import FeedKeys, format_feed_keys
    from notcontent.feed.signature import SigningKey

    root = SigningKey.from_text((helpline.folder.root_folder / "root.key").read_text())
    keys = FeedKeys(2, NOW.date(), tuple(key.public for key in online), revoked)
    signed = root.sign(format_feed_keys(keys))
    helpline.folder.feed_keys.write_text(json.dumps(signed.to_json()))
    return root.public


@pytest.mark.on_sqlite
def test_what_was_kept_before_the_online_key_changed_still_holds(helpline: Helpline, tmp_path: Path) -> None:
    from notcontent.exchange.errors import NotSetUp
    from notcontent.feed.signature import SigningKey

    helpline.keep(SEEN[0])
    new = SigningKey.generate()
    helpline.folder.online_key.write_text(new.to_text())
    with pytest.raises(NotSetUp, match="root key"):
        helpline.export()
    vouch_for(helpline, new)
    write_folder(folder_of(helpline.export()), tmp_path / "folder")
    done = verify(tmp_path / "folder")
    assert done.returncode == 0 and "HAS NO TIMESTAMP" in done.stdout, done.stdout


def test_nobody_takes_evidence_out_alone(helpline: Helpline) -> None:
    from notcontent.exchange.desk.errors import NeedsSecondPerson
    from notcontent.exchange.desk.two_people import agree
    from notcontent.exchange.evidence.errors import NothingToExport
    from notcontent.exchange.evidence.exporting import ask_to_export, export_evidence

    with pytest.raises(NothingToExport):
        ask_to_export(helpline.case, actor="mira", reason="the police asked", today=NOW.date())
    piece = helpline.keep(SEEN[0])
    asked = ask_to_export(helpline.case, actor="mira", reason="the police asked", today=NOW.date())
    with pytest.raises(NeedsSecondPerson):
        agree(asked.id, actor="mira", today=NOW.date())
    with pytest.raises(NeedsSecondPerson):
        export_evidence(helpline.folder, helpline.case, actor="mira", now=NOW)
    agree(asked.id, actor="noor", today=NOW.date())
    with pytest.raises(NeedsSecondPerson):
        export_evidence(helpline.folder, helpline.case, actor="noor", now=NOW)
    export_evidence(helpline.folder, helpline.case, actor="mira", now=NOW + timedelta(days=1))
    with pytest.raises(NeedsSecondPerson):
        export_evidence(helpline.folder, helpline.case, actor="mira", now=NOW + timedelta(days=2))
    assert touches(piece.id) == ["kept", "exported"]


def touches(evidence_id: str) -> list[str]:
    from notcontent.exchange.evidence.custody import custody_of

    return [touch.what for touch in custody_of([evidence_id])]


def test_every_touch_is_written_and_no_row_can_be_changed_deleted_or_put_in_between(helpline: Helpline) -> None:
    from django.db import DatabaseError, connection, transaction

    from notcontent.evidence.manifest import format_custody, parse_custody
    from notcontent.exchange.desk.audit import first_broken_row
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.evidence.custody import custody_of
    from notcontent.exchange.evidence.keeping import fetch_evidence

    piece = helpline.keep(SEEN[0])
    fetch_evidence(piece.id, actor="noor", now=NOW)
    held = custody_of([piece.id])
    assert [touch.what for touch in held] == ["kept", "opened"] and parse_custody(format_custody(held)) == tuple(held)
    for statement in (
        "UPDATE evidence_custodyrow SET what = 'nothing'",
        "DELETE FROM evidence_custodyrow",
        "INSERT INTO evidence_custodyrow (evidence, number, at, actor, what, previous_sha256, row_sha256) "
        f"SELECT evidence, 9, at, actor, what, previous_sha256, '{'0' * 64}' FROM evidence_custodyrow WHERE number = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert custody_of([piece.id]) == held
    # The audit, whose head is signed daily, names the hash of each row, and no case.
    rows = list(AuditRow.objects.filter(subject=piece.id).order_by("number").values_list("reason", flat=True))
    assert [held[number].sha256 in reason for number, reason in enumerate(rows)] == [True, True]
    assert first_broken_row() is None and helpline.case not in str(list(AuditRow.objects.values()))


def test_what_an_authority_did_not_give_is_asked_for_again_and_nothing_is_lost(
    helpline: Helpline, two_authorities: list[tuple[Authority, Answering]]
) -> None:
    from notcontent.exchange.evidence.stamping import stamp_evidence

    piece = helpline.keep(SEEN[0])
    server = two_authorities[1][1]
    server.silent = True
    try:
        assert stamp_evidence(piece.id, helpline.authorities, NOW) == 1
    finally:
        server.silent = False
    assert [stamp.authority for stamp in piece.stamps.all()] == ["First"]
    asked = two_authorities[0][1].asked
    assert stamp_evidence(piece.id, helpline.authorities, NOW) == 0
    assert two_authorities[0][1].asked == asked, "who has stamped it is not asked again"
    assert touches(piece.id) == ["kept", "timestamped", "timestamped"]


@pytest.mark.on_sqlite
def test_authorities_stand_in_the_settings_and_what_waits_is_stamped_by_them(
    helpline: Helpline, tmp_path: Path
) -> None:
    from django.test import override_settings

    from notcontent.exchange.errors import NotSetUp
    from notcontent.exchange.evidence.stamping import authorities, stamp_what_waits
    from notcontent.exchange.profile import read_profile, write_profile

    told = []
    for authority in helpline.authorities:
        certificates = helpline.folder.path / f"{authority.name}.pem"
        certificates.write_text(authority.certificates)
        told.append({"name": authority.name, "url": authority.url, "certificates": certificates.name})
    write_profile(helpline.folder, replace(read_profile(helpline.folder), timestamp_authorities=tuple(told)))
    pieces = [helpline.keep(seen) for seen in SEEN[:2]]
    with override_settings(PROFILE=read_profile(helpline.folder)):
        assert authorities(helpline.folder) == helpline.authorities
        assert stamp_what_waits(helpline.folder, NOW) == 0
        assert [piece.stamps.count() for piece in pieces] == [2, 2]
        (helpline.folder.path / "First.pem").unlink()
        with pytest.raises(NotSetUp, match="timestamp_authorities"):
            authorities(helpline.folder)


@pytest.mark.on_sqlite
def test_a_timestamp_over_other_bytes_or_by_another_authority_does_not_hold(helpline: Helpline) -> None:
    from notcontent.evidence.timestamp import TimestampFailed, ask_for_stamp, check_stamp

    first, second = helpline.authorities
    stamp = ask_for_stamp(b"these bytes", first)
    assert abs((stamp.at - datetime.now(UTC)).total_seconds()) < 60
    assert check_stamp(b"these bytes", stamp.reply, first) == stamp
    for data, authority in ((b"those bytes", first), (b"these bytes", second)):
        with pytest.raises(TimestampFailed):
            check_stamp(data, stamp.reply, authority)
    with pytest.raises(TimestampFailed):
        ask_for_stamp(b"these bytes", replace(second, url=first.url))


def test_when_she_forgets_everything_her_evidence_is_gone_and_custody_says_that_it_was(helpline: Helpline) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.evidence.keeping import forget_with_cases
    from notcontent.exchange.evidence.models import Evidence

    piece = helpline.keep(SEEN[0])
    forget_with_cases()
    assert Evidence.objects.count() == 1
    Case.objects.update(withdrawn=NOW.date(), forget="everything")
    forget_with_cases()
    assert Evidence.objects.count() == 0 and touches(piece.id) == ["kept"]


def test_what_is_withheld_may_stand_nowhere_else() -> None:
    from notcontent.evidence.folder import StillNamed, hidden_texts, withhold

    named, link = record_of(SEEN[0]), "https://board.example/mina%20example/1"
    # Not in another record either, and not in other letters.
    other = record_of(replace(SEEN[1], url=link))
    hidden = hidden_texts([named, other], HERS)
    assert withhold(named, HERS, hidden).values("her_name") == ()
    with pytest.raises(StillNamed, match="url"):
        withhold(other, HERS, hidden)
    told = withhold(other, HERS | {"url"}, hidden)
    assert told.sha256 == other.sha256 and told.values("url") == ()


@pytest.mark.parametrize("seen", SEEN, ids=lambda seen: type(seen).__name__)
def test_a_record_tells_what_was_seen_in_types_and_in_one_way(seen: Seen) -> None:
    from notcontent.evidence.record import MalformedRecord, format_record, parse_record, split
    from notcontent.evidence.seen import read_seen

    record = record_of(seen)
    data = format_record(record)
    assert read_seen(record) == seen and parse_record(data) == record and split(join(record, [])) == (record, ())
    other = data.replace(b"[", b"[ ", 1), data.replace(b"/1\n", b"/2\n", 1)
    for bad in (data[:-1], data + b"\n", *other, b"", data * 400):
        with pytest.raises(MalformedRecord):
            parse_record(bad)


@pytest.mark.parametrize(
    "told",
    [{"kind": "link", "seen_at": "2026-11-29T08:30:12Z", "how": "seen"},
     {"kind": "link", "url": "javascript:1", "seen_at": "2026-11-29T08:30:12Z", "how": "seen"},
     {"kind": "link", "url": "https://board.example/", "seen_at": "today", "how": "seen"},
     {"kind": "link", "url": "https://board.example/", "seen_at": "2026-11-29T08:30:12Z", "how": "guessed"},
     {"kind": "message", "chat_title": "A room", "chat_id": "many", "seen_at": "2026-11-29T08:30:12Z", "how": "seen"},
     {"kind": "picture", "url": "https://board.example/"}, {"kind": "link", "picture": "1"}, {}],
)  # fmt: skip
def test_what_is_typed_wrongly_is_refused(told: dict[str, str]) -> None:
    from notcontent.evidence.record import MalformedRecord
    from notcontent.evidence.seen import parse_seen

    with pytest.raises(MalformedRecord) as raised:
        parse_seen(told)
    assert "board.example" not in str(raised.value)


@pytest.mark.on_sqlite
def test_the_desk_keeps_what_its_browser_sealed_and_can_read_none_of_it(desk: Any, helpline: Helpline) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.evidence.models import Evidence

    iris = desk("iris", Role.DESK)
    page, record = f"/cases/{helpline.case}/evidence", record_of(SEEN[0])
    sealed = seal_to(join(record, []), [public_of(DEVICE)])
    told = {"record": record.sha256, "sealed": SimpleUploadedFile("record.age", sealed)}
    assert iris.post(page, told).status_code == 302
    piece = Evidence.objects.get()
    assert piece.told.record_sha256 == record.sha256 and piece.id[:8] in iris.get(page).text
    assert iris.post(f"/evidence/{piece.id}").content == sealed and touches(piece.id) == ["kept", "opened"]
    assert iris.post(page, {"record": record.sha256}).status_code == 422, "nothing that is not sealed is kept"
    assert iris.post(f"{page}/package").status_code == 403
    assert iris.post(f"{page}/ask", {"reason": "the police asked"}).status_code == 302
    assert "somebody else has to agree" in iris.get(page).text
    minor = iris.post(f"{page}/capture", {"url": "https://board.example/", "reason": "to prove it", "adult": "no"})
    assert minor.status_code == 422 and "hotline" in minor.text and Evidence.objects.count() == 1
    inside = iris.post(f"{page}/capture", {"url": "file:///etc/passwd", "reason": "to prove it", "adult": "yes"})
    assert inside.status_code == 422 and Evidence.objects.count() == 1


@pytest.mark.peer
@pytest.mark.on_sqlite
def test_minisign_and_age_themselves_read_what_is_kept(helpline: Helpline, tmp_path: Path) -> None:
    from notcontent.exchange.evidence.models import Evidence
    from notcontent.letter import format_identity

    helpline.keep(SEEN[0])
    made = folder_of(helpline.export())
    write_folder(made, tmp_path / "folder")
    signed = [path for path in made if path.endswith(".minisig")]
    assert len(signed) == 3
    for path in signed:
        by = "root.pub" if path.startswith("feed-keys") else "exchange.pub"
        words = ["minisign", "-V", "-p", by, "-m", path.removesuffix(".minisig"), "-x", path]
        subprocess.run(words, cwd=tmp_path / "folder", check=True, capture_output=True)
    (tmp_path / "sealed.age").write_bytes(Evidence.objects.get().sealed)
    (tmp_path / "key").write_text(format_identity(DEVICE) + "\n")
    words = ["age", "-d", "-i", str(tmp_path / "key"), str(tmp_path / "sealed.age")]
    assert b"8812734" in subprocess.run(words, check=True, capture_output=True).stdout


@pytest.mark.browser
@pytest.mark.peer
@pytest.mark.on_sqlite
def test_a_page_captured_at_the_desk_ends_in_a_folder_with_a_printed_report_and_no_picture(
    desk: Any, helpline: Helpline, tmp_path: Path
) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.evidence.models import Evidence
    from notcontent.exchange.letters.keys import give_first_keys
    from notcontent.letter import format_identity
    from tests.evidence.site import GREEN, PACKED, RED, serve_site

    give_first_keys([public_of(DEVICE)], [], NOW.date())
    iris = desk("iris", Role.DESK)
    with serve_site() as site:
        told = {"url": f"{site.url}/", "reason": "before the notice goes out", "adult": "yes"}
        answer = iris.post(f"/cases/{helpline.case}/evidence/capture", told)
        assert answer.status_code == 302, answer.text
    (tmp_path / "package.zip").write_bytes(helpline.export())
    (tmp_path / "key").write_text(format_identity(DEVICE) + "\n")
    words = [
        *(sys.executable, "-m", "notcontent.cli.main", "evidence", "export", "package.zip", "--key", "key"),
        *("--out", "folder", "--without-her", "--collector", "Iris", "--clock", "the laptop's, 2 s behind"),
        *("--language", "ko"),
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "folder"
    assert verify(folder).returncode == 0
    held = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    place = f"evidence/{Evidence.objects.get().id}"
    assert {name.rsplit("/", 1)[1] for name in held if name.startswith(place)} == {
        *("masked.txt", "record.txt", "manifest.txt", "manifest.txt.minisig")
    }, "her name may stand on the page"
    whole = folder_of((tmp_path / "package.zip").read_bytes())
    assert {f"{place}/{name}" for name in ("page.png", "page.wacz")} == set(whole) - set(held)
    assert all(held[f"{name}.pdf"].startswith(b"%PDF-") for name in ("report", "form"))
    assert b"Iris" in held["form.html"] and b"2 s behind" in held["form.html"] and b"image/png" in held["report.html"]
    assert "<h1>증거 보고서</h1>" in held["report.html"].decode() and "수집자의 진술" in held["form.html"].decode()
    assert str(len(RED)).encode() in held[f"{place}/masked.txt"] and helpline.case.encode() not in b"".join(
        held.values()
    )
    # Neither the exchange's folder nor the one for the court holds a piece of a picture.
    kept = [path.read_bytes() for path in Path(helpline.folder.path).rglob("*") if path.is_file()]
    for part in (RED[40:90], GREEN[40:90], PACKED[40:90].encode()):
        assert not any(part in each for each in (*held.values(), *whole.values(), *kept))
