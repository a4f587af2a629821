"""The way back to the tables of an earlier version, to test the way there."""

from __future__ import annotations

#: What version 9 added.
WITHOUT_AGAIN = "DROP TABLE spinoff_again;"
#: What versions 8 and 9 added.
WITHOUT_SPINOFFS = WITHOUT_AGAIN + "".join(
    f"DROP TABLE spinoff_{name};"
    for name in ("places", "met", "moves", "rows", "days", "keys", "noted", "asked", "record")
)
WITHOUT_NEWEST = f"{WITHOUT_SPINOFFS}ALTER TABLE pending DROP COLUMN language;"
#: What versions 7 to 9 added.
WITHOUT_DISPUTES = (
    f"{WITHOUT_NEWEST}"
    "DROP TABLE disputes; DROP TABLE objections; DROP INDEX matches_to_ask;"
    "ALTER TABLE matches DROP COLUMN answer; ALTER TABLE uploads DROP COLUMN stays;"
)
#: What versions 5 to 9 added.
WITHOUT_DOORS = (
    f"{WITHOUT_DISPUTES}"
    "DROP TABLE notices;"
    "DROP INDEX uploads_open; DROP INDEX matches_by_entry; DROP TABLE events; DROP TABLE reviewing;"
    "ALTER TABLE lists DROP COLUMN indexed;"
    "ALTER TABLE uploads DROP COLUMN object; ALTER TABLE uploads DROP COLUMN at;"
    "ALTER TABLE matches DROP COLUMN view; ALTER TABLE matches DROP COLUMN at_s;"
    "ALTER TABLE tokens DROP COLUMN purpose; ALTER TABLE tokens DROP COLUMN when_held;"
    "ALTER TABLE tokens DROP COLUMN when_unchecked; ALTER TABLE tokens DROP COLUMN uploads_a_minute;"
)
