"""The matches by place that a guard keeps, in SQLite: what comes in, what is asked, what is forgotten.

A match costs a bounded number of look-ups, however long the history is: what is read of one entry and of one place is
capped, and only places that got something a closed place held are looked at. All functions run inside of the caller's
transaction. What a pair of places comes to is worked out from the rows that are there, so nothing remembers what was
withdrawn, and the order of arrival is not kept anywhere.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from notcontent.guard.spinoffs.observation import Observation, Rule
from notcontent.guard.spinoffs.seeking import Pair, Seeking, parts

SCHEMA = """
CREATE TABLE spinoff_places (
    place INTEGER PRIMARY KEY,    -- stays when the pseudonym is changed; shown to nobody
    name INTEGER NOT NULL UNIQUE, -- the keyed pseudonym, 63 bits
    closed INTEGER,               -- the hour at which the platform closed it
    exempt INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX spinoff_places_closed ON spinoff_places (closed) WHERE closed IS NOT NULL;
CREATE TABLE spinoff_met (
    entry INTEGER NOT NULL,
    place INTEGER NOT NULL,
    account INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    grouped INTEGER NOT NULL,
    closed INTEGER NOT NULL,      -- whether the place is closed
    PRIMARY KEY (entry, place, account)
) WITHOUT ROWID;
CREATE INDEX spinoff_met_by_place ON spinoff_met (place, hour);
CREATE INDEX spinoff_met_closed ON spinoff_met (entry) WHERE closed = 1;
CREATE TABLE spinoff_moves (
    predecessor INTEGER NOT NULL,
    successor INTEGER NOT NULL,
    alarmed INTEGER NOT NULL,     -- the hour of the newest match then; what the two come to is worked out when asked
    judged TEXT,                  -- right or wrong, by a person
    PRIMARY KEY (predecessor, successor)
) WITHOUT ROWID;
CREATE TABLE spinoff_rows (
    rows INTEGER NOT NULL
);
INSERT INTO spinoff_rows VALUES (0);
"""

#: A place of which nothing is known any more. Closed and exempt ones stay until their time is over.
_EMPTY = (
    "closed IS NULL AND NOT exempt"
    " AND NOT EXISTS (SELECT 1 FROM spinoff_met WHERE spinoff_met.place = spinoff_places.place)"
)


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables."""
    for statement in SCHEMA.split(";\n"):
        connection.execute(statement)


def use_memory(connection: sqlite3.Connection) -> None:
    """Let this connection keep 256 MB of pages, as many as there are: what comes in lies all over the tables.

    At ten million rows a batch changes two pages a row. With 64 MB most of them are read and written twice.
    """
    connection.execute("PRAGMA cache_size = -262144")


def take(connection: sqlite3.Connection, observations: Sequence[Observation], rule: Rule) -> list[Pair]:
    """Keep these; the pairs that became likely with them and were not before. Many at a time are cheaper."""
    places = _places_of(connection, {each.place for each in observations})
    rows = []
    for each in observations:
        place, closed, _ = places[each.place]
        rows.append((each.entry, place, each.account, each.hour, each.group, closed is not None))
    rows.sort()
    added = connection.executemany("INSERT OR IGNORE INTO spinoff_met VALUES (?, ?, ?, ?, ?, ?)", rows).rowcount
    if added < len(rows):
        # Some had been met by the same account there: the earliest hour stays.
        connection.executemany(
            "UPDATE spinoff_met SET hour = ?4 WHERE entry = ?1 AND place = ?2 AND account = ?3 AND hour > ?4",
            (row[:4] for row in rows),
        )
    connection.execute("UPDATE spinoff_rows SET rows = rows + ?", (added,))
    touched = _held_by_closed(connection, {row[0] for row in rows})
    exempt = {place for place, _, is_exempt in places.values() if is_exempt}
    successors = {row[1] for row in rows if row[0] in touched} - exempt
    # What was met in a place before it was closed may be told late; that is rare, for nobody uploads there any more.
    predecessors = sorted({row[1] for row in rows if row[5]} - exempt)
    seeking = Seeking(connection, rule)
    pairs = seeking.predecessors_of(successors)
    pairs += [pair for place in predecessors for pair in seeking.successors_of(place)]
    return _newly_likely(connection, pairs)


def carry_over(connection: sqlite3.Connection, names: dict[int, int]) -> None:
    """Give places their new pseudonyms: from the former one to the one that holds from now on. Moves stay."""
    connection.executemany(
        "UPDATE OR IGNORE spinoff_places SET name = ? WHERE name = ?", ((new, old) for old, new in names.items())
    )


def reopen(connection: sqlite3.Connection, name: int) -> None:
    """It was no closing: what follows from it is taken back."""
    place = _places_of(connection, {name})[name][0]
    connection.execute("UPDATE spinoff_places SET closed = NULL WHERE place = ?", (place,))
    connection.execute("UPDATE spinoff_met SET closed = 0 WHERE place = ?", (place,))
    connection.execute("DELETE FROM spinoff_moves WHERE predecessor = ?", (place,))


def close(connection: sqlite3.Connection, name: int, hour: int, rule: Rule) -> list[Pair]:
    """The platform closed this place: its likely successors are sought, now and from now on."""
    place = _places_of(connection, {name})[name][0]
    connection.execute("UPDATE spinoff_places SET closed = ? WHERE place = ?", (hour, place))
    connection.execute("UPDATE spinoff_met SET closed = 1 WHERE place = ?", (place,))
    return _newly_likely(connection, Seeking(connection, rule).successors_of(place))


def number_of(connection: sqlite3.Connection, name: int) -> int:
    """The ledger's own number of the place of this name, which is made known if it was not."""
    return _places_of(connection, {name})[name][0]


def exempt(connection: sqlite3.Connection, place: int, is_exempt: bool) -> None:
    """Leave a place out of all scores (a support group, a newsroom, researchers), or not any more.

    `place`: the ledger's own number.
    """
    connection.execute("UPDATE spinoff_places SET exempt = ? WHERE place = ?", (is_exempt, place))
    if is_exempt:
        connection.execute("DELETE FROM spinoff_moves WHERE ? IN (predecessor, successor)", (place,))


def withdraw(connection: sqlite3.Connection, entries: Collection[int], rule: Rule) -> None:
    """Forget these entries, and every move that does not stand without them."""
    places: set[int] = set()
    for part in parts(entries):
        where = "FROM spinoff_met WHERE entry IN (SELECT value FROM json_each(?))"
        places.update(row[0] for row in connection.execute(f"SELECT DISTINCT place {where}", (part,)))
        gone = connection.execute(f"DELETE {where}", (part,)).rowcount
        connection.execute("UPDATE spinoff_rows SET rows = rows - ?", (gone,))
    seeking = Seeking(connection, rule)
    moves = connection.execute("SELECT predecessor, successor FROM spinoff_moves").fetchall() if places else []
    for predecessor, successor in moves:
        if predecessor in places or successor in places:
            pair = seeking.judge_pair(predecessor, successor)
            if pair is None or not pair.succession.likely:
                connection.execute(
                    "DELETE FROM spinoff_moves WHERE predecessor = ? AND successor = ?", (predecessor, successor)
                )
    for part in parts(places):
        connection.execute(
            f"DELETE FROM spinoff_places WHERE place IN (SELECT value FROM json_each(?)) AND {_EMPTY}",  # noqa: S608
            (part,),
        )


def forget(connection: sqlite3.Connection, *, before_hour: int, accounts_before_hour: int) -> None:
    """Forget matches from before an hour, moves whose places are gone, and accounts from before a later hour.

    What those accounts brought keeps apart, under numbers drawn at random: below 0, and no key leads to them. An
    account that comes back counts as another one.
    """
    gone = connection.execute("DELETE FROM spinoff_met WHERE hour < ?", (before_hour,)).rowcount
    old = connection.execute(
        "SELECT DISTINCT place, account FROM spinoff_met WHERE hour < ? AND account > 0", (accounts_before_hour,)
    ).fetchall()
    connection.executemany(
        "UPDATE spinoff_met SET account = ? WHERE place = ? AND account = ? AND hour < ?",
        ((-secrets.randbits(62) - 1, *row, accounts_before_hour) for row in old),
    )
    connection.execute("UPDATE spinoff_rows SET rows = rows - ?", (gone,))
    connection.execute("DELETE FROM spinoff_places WHERE closed < ?", (before_hour,))
    connection.execute(
        "DELETE FROM spinoff_moves WHERE NOT EXISTS (SELECT 1 FROM spinoff_met WHERE place = predecessor)"
        " OR NOT EXISTS (SELECT 1 FROM spinoff_met WHERE place = successor)"
    )
    connection.execute(f"DELETE FROM spinoff_places WHERE {_EMPTY}")  # noqa: S608 - a constant


def _places_of(connection: sqlite3.Connection, names: set[int]) -> dict[int, tuple[int, int | None, int]]:
    found: dict[int, tuple[int, int | None, int]] = {}
    for part in parts(names):
        connection.execute("INSERT OR IGNORE INTO spinoff_places (name) SELECT value FROM json_each(?)", (part,))
        for name, *row in connection.execute(
            "SELECT name, place, closed, exempt FROM spinoff_places WHERE name IN (SELECT value FROM json_each(?))",
            (part,),
        ):
            found[name] = (row[0], row[1], row[2])
    return found


def _held_by_closed(connection: sqlite3.Connection, entries: set[int]) -> set[int]:
    held: set[int] = set()
    for part in parts(entries):
        rows = connection.execute(
            "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM spinoff_met INDEXED BY spinoff_met_closed"
            " WHERE closed = 1 AND entry = value)",
            (part,),
        )
        held.update(row[0] for row in rows)
    return held


def _newly_likely(connection: sqlite3.Connection, pairs: Iterable[Pair]) -> list[Pair]:
    new = []
    for pair in pairs:
        if _keep(connection, pair):
            new.append(pair)
    return new


def _keep(connection: sqlite3.Connection, pair: Pair) -> bool:
    """Write a likely pair down; whether it was not there."""
    row = (pair.predecessor, pair.successor, pair.succession.shared.last_hour)
    added = connection.execute(
        "INSERT OR IGNORE INTO spinoff_moves (predecessor, successor, alarmed) VALUES (?, ?, ?)", row
    )
    return added.rowcount == 1
