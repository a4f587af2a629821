"""What is kept of an upload, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import Orientation
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.database import Database
from notcontent.guard.lists import Found
from notcontent.guard.review import read_waiting
from notcontent.guard.uploads import Uploads
from notcontent.guard.verdict import FoundEntry, Verdict, VerdictKind

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_the_platforms_id_of_an_upload_goes_when_everything_it_matched_is_withdrawn(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with database.write() as connection:
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'a', 'u', 't', 'k', '')"
        )
        connection.executemany("INSERT INTO entries VALUES (1, ?, ?, 'seen', 0)", [("gone", 1), ("stays", 2)])
    uploads = Uploads(database)
    for entry in ("gone", "stays"):
        shown = FoundEntry(entry, "a", Tier.SEEN, 0, Orientation.UPRIGHT, ViewKind.WHOLE)
        uploads.record(Verdict(VerdictKind.HOLD, entry, matches=(shown,)), [Found(1, shown)], NOW, f"photo-{entry}")
    with database.write() as connection:
        connection.execute("DELETE FROM entries WHERE entry = 'gone'")
    uploads.forget_before(NOW, 90)
    with database.read() as connection:
        kept = dict(connection.execute("SELECT id, object FROM uploads").fetchall())
    assert kept == {"gone": None, "stays": "photo-stays"}
    waiting = read_waiting(database, "stays")
    assert waiting and (waiting.object_id, waiting.since) == ("photo-stays", NOW)
    uploads.forget_before(NOW + timedelta(days=91), 90)
    assert read_waiting(database, "stays") is None
    database.close()
