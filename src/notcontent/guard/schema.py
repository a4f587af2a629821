"""The tables of the guard's database, and the way there from each earlier version."""

from __future__ import annotations

import sqlite3

from notcontent.feed.text import NO_HASH
from notcontent.guard.spinoffs import again, intake, ledger, two_people

VERSION = 9

_LISTS = """
CREATE TABLE lists (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    token TEXT NOT NULL,          -- the partner's token at that exchange, needed in clear to ask with it
    root_key TEXT NOT NULL,
    keys_sequence INTEGER NOT NULL DEFAULT 0,
    feed TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    number INTEGER NOT NULL DEFAULT 0,
    delta TEXT NOT NULL,
    fresh_at REAL,                -- when a valid head last agreed with this list; NULL before the first time
    passed_over INTEGER NOT NULL DEFAULT 0,
    live INTEGER NOT NULL DEFAULT 0   -- how many rows of `entries` are this list's; counting ten million takes too long
);
CREATE TABLE withdrawn (
    list INTEGER NOT NULL REFERENCES lists,
    entry TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    slot INTEGER,                 -- until it has been zeroed
    erased INTEGER NOT NULL DEFAULT 0,
    listed_again INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (list, entry)
) WITHOUT ROWID;
CREATE INDEX withdrawn_not_erased ON withdrawn (list) WHERE erased = 0;
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    verdict TEXT NOT NULL,
    state TEXT NOT NULL,          -- open, released, blocked
    decision TEXT,
    reason TEXT
) WITHOUT ROWID;
CREATE TABLE matches (
    upload TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE,
    list INTEGER NOT NULL REFERENCES lists,
    entry TEXT NOT NULL,
    report TEXT NOT NULL UNIQUE,
    PRIMARY KEY (upload, list, entry)
) WITHOUT ROWID;
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list INTEGER NOT NULL REFERENCES lists,
    kind TEXT NOT NULL,           -- receipt or report
    body TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_waiting ON outbox (list, kind, id) WHERE refused = 0;
CREATE TABLE tokens (
    name TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    hold TEXT                     -- 202, block, allow or NULL
) WITHOUT ROWID;
"""

_ENTRIES = """
CREATE TABLE entries (
    list INTEGER NOT NULL,
    entry TEXT NOT NULL,
    slot INTEGER PRIMARY KEY,     -- of its first fingerprint; below zero for a kind this version does not know
    tier TEXT,
    paused INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX entries_by_name ON entries (list, entry);
CREATE INDEX withdrawn_listed_again ON withdrawn (list) WHERE listed_again = 1;
CREATE INDEX withdrawn_slots ON withdrawn (slot) WHERE slot IS NOT NULL;
"""

_FRAMES = """
CREATE TABLE frames (
    slot INTEGER PRIMARY KEY,     -- the place of a video's further fingerprint; kept until it has been zeroed
    entry INTEGER NOT NULL        -- the place of its first: entries.slot, and after its withdrawal withdrawn.slot
);
CREATE INDEX frames_by_entry ON frames (entry);
"""

_PENDING = """
CREATE TABLE pending (
    upload TEXT PRIMARY KEY,      -- one that was answered "pending"
    object TEXT,                  -- the platform's own id of it
    process INTEGER NOT NULL,     -- which of the guard's processes reads it
    at REAL NOT NULL,             -- when that was answered; afterwards when the verdict was there
    verdict TEXT,                 -- NULL while it is read
    body TEXT,                    -- what the platform is still to be told
    tries INTEGER NOT NULL DEFAULT 0,
    next REAL                     -- when; NULL for never
) WITHOUT ROWID;
CREATE INDEX pending_to_tell ON pending (next) WHERE next IS NOT NULL;
"""

_ALREADY_HERE = """
CREATE TABLE kept (
    slot INTEGER PRIMARY KEY,     -- the place of an accepted upload's fingerprints
    object TEXT NOT NULL UNIQUE,  -- the platform's own id of it
    expires TEXT NOT NULL         -- the day on which it is forgotten
);
CREATE INDEX kept_by_expiry ON kept (expires);
CREATE TABLE unsearched (
    slot INTEGER PRIMARY KEY      -- of a new entry that still has to be looked for among the kept
);
CREATE TABLE already_here (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    object TEXT NOT NULL,
    list INTEGER NOT NULL,
    entry TEXT NOT NULL,
    distance_bits INTEGER NOT NULL,
    orientation TEXT NOT NULL,
    day TEXT NOT NULL,
    UNIQUE (object, list, entry)
);
CREATE INDEX already_here_by_entry ON already_here (list, entry);
"""

_BANKS = """
CREATE TABLE IF NOT EXISTS banks (
    name TEXT PRIMARY KEY,        -- what a client of the HMA door calls one tier of one list
    list INTEGER NOT NULL,
    tier TEXT NOT NULL,
    enabled_ratio REAL NOT NULL
);
"""

#: What doors added: what a token is for and how its caller is answered, what a person who reviews sees of a held
#: upload, a name of what all indexes have of a list (NULL while they lack a change), and events that the platform is
#: still to be told.
_DOORS = """
ALTER TABLE tokens ADD COLUMN purpose TEXT NOT NULL DEFAULT 'check';
ALTER TABLE tokens ADD COLUMN when_held TEXT;
ALTER TABLE tokens ADD COLUMN when_unchecked TEXT;
ALTER TABLE tokens ADD COLUMN uploads_a_minute INTEGER;
ALTER TABLE lists ADD COLUMN indexed TEXT;
ALTER TABLE uploads ADD COLUMN object TEXT;
ALTER TABLE uploads ADD COLUMN at REAL;
ALTER TABLE matches ADD COLUMN view TEXT;
ALTER TABLE matches ADD COLUMN at_s REAL;
CREATE INDEX matches_by_entry ON matches (list, entry);
CREATE INDEX uploads_open ON uploads (at) WHERE state = 'open';
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE reviewing (
    sha256 TEXT PRIMARY KEY,      -- of what a signed-in reviewer's browser holds
    token TEXT NOT NULL REFERENCES tokens ON DELETE CASCADE,
    expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX events_to_tell ON events (next);
"""

_NOTICES = """
CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    regime TEXT NOT NULL,
    reference TEXT NOT NULL,      -- the platform's own, of the notice
    upload TEXT,
    object TEXT,                  -- the platform's own id of the content
    received REAL NOT NULL,
    missing TEXT NOT NULL,        -- what the law asks for and the notice lacks
    started REAL,                 -- when nothing was missing any more
    removed REAL,
    copies REAL,
    refused REAL,
    refusal TEXT,
    closed REAL,
    told TEXT,                    -- the last of its events: near or late
    UNIQUE (regime, reference)
) WITHOUT ROWID;
CREATE INDEX notices_open ON notices (started) WHERE closed IS NULL;
"""

#: What is said against holds and blocks. `matches.answer`: NULL, untold, open, upheld, released; `uploads.stays`: no
#: time ends this hold.
_DISPUTES = """
ALTER TABLE uploads ADD COLUMN stays INTEGER NOT NULL DEFAULT 0;
ALTER TABLE matches ADD COLUMN answer TEXT;
CREATE INDEX matches_to_ask ON matches (list) WHERE answer IN ('untold', 'open');
CREATE TABLE disputes (
    upload TEXT PRIMARY KEY REFERENCES uploads ON DELETE CASCADE,
    kind TEXT NOT NULL,
    account TEXT,                 -- a keyed pseudonym of whoever objects
    day TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE objections (
    account TEXT NOT NULL,
    list INTEGER NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (account, list, entry)
) WITHOUT ROWID;
"""

#: Of our languages, the one that whoever uploaded it reads.
_LANGUAGE = """
ALTER TABLE pending ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
"""

_FROM_1 = """
ALTER TABLE lists ADD COLUMN live INTEGER NOT NULL DEFAULT 0;
UPDATE lists SET live = (SELECT count(*) FROM entries WHERE list = lists.id);
ALTER TABLE entries RENAME TO entries_of_1;
"""

_COPY_FROM_1 = """
INSERT INTO entries SELECT list, entry, slot, tier, paused FROM entries_of_1 WHERE slot IS NOT NULL ORDER BY slot;
INSERT INTO entries SELECT list, entry, -row_number() OVER (), NULL, 0 FROM entries_of_1 WHERE slot IS NULL;
DROP TABLE entries_of_1;
"""

#: Among the entries of unknown kind there may be videos. Their lists are read again from the beginning; meanwhile what
#: they hold stays in use.
_FROM_2 = f"""
UPDATE lists SET number = 0, delta = '{NO_HASH}', passed_over = 0 WHERE id IN (SELECT list FROM entries WHERE slot < 0);
UPDATE lists SET live = live - (SELECT count(*) FROM entries WHERE list = lists.id AND slot < 0);
DELETE FROM entries WHERE slot < 0;
"""  # noqa: S608 - a constant of the feed


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make or renew the tables, inside the caller's transaction."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    spinoffs = (ledger.SCHEMA, intake.SCHEMA, two_people.SCHEMA)
    newest = (_PENDING, _DOORS, _BANKS, _NOTICES, _DISPUTES, _LANGUAGE, *spinoffs, again.SCHEMA)
    steps = {
        0: (_LISTS, _ENTRIES, _ALREADY_HERE, _FRAMES, *newest),
        1: (_FROM_1, _ENTRIES, _COPY_FROM_1, _ALREADY_HERE, _FRAMES, _FROM_2, *newest),
        2: (_FRAMES, _FROM_2, *newest),
        3: newest,
        4: newest[1:],
        5: newest[3:],
        6: newest[4:],
        7: newest[5:],
        8: newest[9:],
    }[version]
    for step in steps:
        for statement in step.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
