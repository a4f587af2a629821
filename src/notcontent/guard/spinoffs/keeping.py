"""The ledger of one guard: its keys, its alarms, and the time after which it forgets."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from notcontent.guard import events
from notcontent.guard.database import Database
from notcontent.guard.spinoffs import intake, ledger, two_people
from notcontent.guard.spinoffs.clusters import Cluster, Move, join
from notcontent.guard.spinoffs.intake import hour_of
from notcontent.guard.spinoffs.naming import Names, Where
from notcontent.guard.spinoffs.observation import WARNING_TEXT, Rule
from notcontent.guard.spinoffs.seeking import Pair, Relative, Seeking
from notcontent.guard.spinoffs.succession import taught
from notcontent.guard.spinoffs.two_people import Act, Asked

#: So long an account is known again under its pseudonym in one place: as long as a move can take.
ACCOUNT_DAYS = 45


@dataclass(frozen=True, slots=True)
class Looked:
    """One place as its platform may see it. `number`: the ledger's own; `is_exempt`: it is left out of scores.

    `closed_hour`: None if it is not closed. `pairs`: moves from it and to it. `relatives`: who shares most, no alarm.
    """

    number: int
    closed_hour: int | None
    is_exempt: bool
    pairs: tuple[Pair, ...]
    relatives: tuple[Relative, ...]


class Spinoffs:
    """The ledger as doors and the writing process use it. Raises StorageUnavailable."""

    def __init__(self, database: Database, days: int, *, tells: bool = False) -> None:
        """`days`: how long a match is kept; 0: none is, and what there was is erased. `tells`: alarms become events."""
        self._database, self.days, self._tells = database, days, tells

    @property
    def is_on(self) -> bool:
        """Whether matches are kept by place."""
        return self.days > 0

    def names(self) -> Names:
        """The keys of today."""
        rows = self._database.rows("SELECT current, shown, former FROM spinoff_keys")
        if rows:
            return Names(*rows[0])
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO spinoff_keys (id, current, shown, since) VALUES (1, ?, ?, 0)",
                (secrets.token_bytes(32), secrets.token_bytes(32)),
            )
            return Names(*connection.execute("SELECT current, shown, former FROM spinoff_keys").fetchone())

    def where(self, untrusted_place: str | None, untrusted_account: str | None) -> Where | None:
        """What is noted beside a match; None if nothing is."""
        if not self.is_on or untrusted_place is None:
            return None
        return self.names().where(untrusted_place, untrusted_account)

    def take_noted(self, now: datetime) -> int:
        """Bring what was noted into the ledger; how many alarms that raised."""
        alarms = 0
        while True:
            with self._database.write() as connection:
                taken, pairs = intake.take_noted(connection, self._rule(connection))
                self._tell(connection, pairs, now)
                alarms += len(pairs)
            if not taken:
                return alarms

    def close(self, untrusted_place: str, closed: datetime, now: datetime) -> int:
        """The platform closed a place: how many alarms that, and what was noted before, raised."""
        alarms = self.take_noted(now)
        names = self.names()
        with self._database.write() as connection:
            self._carry_over(connection, names, untrusted_place)
            pairs = ledger.close(connection, names.place(untrusted_place), hour_of(closed), self._rule(connection))
            self._tell(connection, pairs, now)
        return alarms + len(pairs)

    def reopen(self, untrusted_place: str) -> None:
        """It is open again: what followed from its closing is taken back."""
        names = self.names()
        with self._database.write() as connection:
            self._carry_over(connection, names, untrusted_place)
            ledger.reopen(connection, names.place(untrusted_place))

    def find(self, untrusted_place: str) -> int | None:
        """The ledger's own number of a place; None if nothing of it is known."""
        names = self.names()
        for name in (names.place(untrusted_place), names.former_place(untrusted_place)):
            rows = self._database.rows("SELECT place FROM spinoff_places WHERE name = ?", name) if name else []
            if rows:
                return int(rows[0][0])
        return None

    def shown_as(self, untrusted_name: str) -> int | None:
        """The ledger's own number of the place that is shown under this name; None if there is none now."""
        names = self.names()
        with self._database.read() as connection:
            known = connection.execute(
                "SELECT place FROM spinoff_places WHERE closed IS NOT NULL OR exempt"
                " UNION SELECT successor FROM spinoff_moves UNION SELECT place FROM spinoff_asked"
            ).fetchall()
        return next((place for (place,) in known if names.show(place) == untrusted_name), None)

    def closed(self) -> dict[int, int]:
        """The closed places, and the hour of each closing."""
        return dict(self._database.rows("SELECT place, closed FROM spinoff_places WHERE closed IS NOT NULL"))

    def look(self, number: int) -> Looked | None:
        """One place; None if nothing of it is known."""
        with self._database.read() as connection:
            row = connection.execute("SELECT closed, exempt FROM spinoff_places WHERE place = ?", (number,)).fetchone()
            if row is None:
                return None
            seeking = Seeking(connection, self._rule(connection))
            pairs = [pair for pair in seeking.moves() if number in (pair.predecessor, pair.successor)]
            return Looked(number, row[0], bool(row[1]), tuple(pairs), tuple(seeking.relatives(number, 20)))

    def entry_ids(self, pairs: Iterable[Pair]) -> dict[tuple[int, int], list[str]]:
        """Of each pair the ids of the entries that both places hold, as the guard's answers name them, ascending."""
        with self._database.read() as connection:
            return {
                (pair.predecessor, pair.successor): sorted(
                    entry for number in pair.entries for _, entry, _ in intake.live_entries(connection, number)
                )
                for pair in pairs
            }

    def clusters(self) -> tuple[tuple[Cluster, ...], dict[tuple[int, int], Pair]]:
        """All clusters, and what each of their moves comes to now."""
        with self._database.read() as connection:
            moves = Seeking(connection, self._rule(connection)).moves()
            wrong = set(
                connection.execute("SELECT predecessor, successor FROM spinoff_moves WHERE judged = 'wrong'").fetchall()
            )
        pairs = {(pair.predecessor, pair.successor): pair for pair in moves}
        kept = {key: pair for key, pair in pairs.items() if key not in wrong}
        return join(Move(*key, pair.succession.shared.first_hour) for key, pair in kept.items()), kept

    def judge(self, predecessor: int, successor: int, *, is_right: bool) -> None:
        """A person says whether an alarm was right; wrong ones teach the rule (see `taught`) and are shown no more."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE spinoff_moves SET judged = ? WHERE predecessor = ? AND successor = ?",
                ("right" if is_right else "wrong", predecessor, successor),
            )

    def ask(self, act: Act, place: int, said: dict[str, str], name: str, now: datetime) -> str:
        """One person asks (see `two_people`)."""
        with self._database.write() as connection:
            return two_people.ask(connection, act, place, said, name, now)

    def waiting(self, now: datetime) -> list[Asked]:
        """What waits for a second person."""
        with self._database.read() as connection:
            return two_people.waiting(connection, now)

    def agree(self, untrusted_id: str, name: str, now: datetime) -> Asked:
        """Another person agrees, and what was asked is done; handing out is the caller's. Raises NotAgreed."""
        with self._database.write() as connection:
            asked = two_people.agree(connection, untrusted_id, name, now)
            if asked.act is not Act.EXPORT:
                ledger.exempt(connection, asked.place, asked.act is Act.EXEMPT)
        return asked

    def keep_house(self, now: datetime) -> None:
        """Forget what is too old, and change the keys when all that the former one named is gone."""
        hour = hour_of(now)
        with self._database.write() as connection:
            oldest = hour - self.days * 24
            accounts = max(oldest, hour - ACCOUNT_DAYS * 24)
            ledger.forget(connection, before_hour=oldest, accounts_before_hour=accounts)
            connection.execute("DELETE FROM spinoff_asked WHERE asked < ?", ((now - two_people.OPEN_FOR).timestamp(),))
            since = connection.execute("SELECT since FROM spinoff_keys").fetchone()
            if since and since[0] == 0:
                connection.execute("UPDATE spinoff_keys SET since = ?", (hour,))
            elif since and since[0] <= oldest:
                self._change_keys(connection, hour)

    def erase(self) -> None:
        """It was switched off: nothing is left but the record of what two people did."""
        with self._database.write() as connection:
            for table in ("places", "met", "moves", "days", "noted", "keys", "asked", "again"):
                connection.execute(f"DELETE FROM spinoff_{table}")  # noqa: S608 - names of this line
            connection.execute("UPDATE spinoff_rows SET rows = 0")

    def _change_keys(self, connection: sqlite3.Connection, hour: int) -> None:
        """A place is carried over to its new pseudonym when it is met; the key before the former one is destroyed.

        Under the new key an account has another pseudonym, so that one which is there before and after counts as two.
        """
        connection.execute(
            "UPDATE spinoff_keys SET former = current, current = ?, shown = ?, since = ?",
            (secrets.token_bytes(32), secrets.token_bytes(32), hour),
        )

    def _carry_over(self, connection: sqlite3.Connection, names: Names, untrusted_place: str) -> None:
        former = names.former_place(untrusted_place)
        if former is not None:
            ledger.carry_over(connection, {former: names.place(untrusted_place)})

    def _rule(self, connection: sqlite3.Connection) -> Rule:
        judged = dict(
            connection.execute("SELECT judged, count(*) FROM spinoff_moves WHERE judged NOT NULL GROUP BY judged")
        )
        return taught(Rule(), judged.get("right", 0), judged.get("wrong", 0))

    def _tell(self, connection: sqlite3.Connection, pairs: Sequence[Pair], now: datetime) -> None:
        if not pairs or not self._tells:
            return
        names = Names(*connection.execute("SELECT current, shown, former FROM spinoff_keys").fetchone())
        for pair in pairs:
            events.put(connection, events.Event.SPINOFF, now, explained(pair, names))


def explained(pair: Pair, names: Names) -> dict[str, str | int | None]:
    """An alarm in numbers and one sentence about what it does not show."""
    shared, below = pair.succession.shared, pair.succession.chance_below
    days = shared.within_days
    return {
        "place": names.show(pair.successor),
        "closed_place": names.show(pair.predecessor),
        "entries": shared.entries,
        "known": pair.succession.known,
        "within_days": days,
        "entries_without_busiest": shared.left,
        "chance_below": below,
        "text": f"Likely successor of {names.show(pair.predecessor)}: {shared.entries} of its {pair.succession.known} "
        f"known entries within {days} {'day' if days == 1 else 'days'}; chance of this by accident < "
        f"{below}. {WARNING_TEXT}",
    }
