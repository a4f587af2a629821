"""What the ledger of places promises, on every small history that Hypothesis thinks of."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.guard.spinoffs import ledger
from notcontent.guard.spinoffs.clusters import Move, join
from notcontent.guard.spinoffs.naming import Names
from notcontent.guard.spinoffs.observation import Observation, Rule
from notcontent.guard.spinoffs.seeking import Seeking

#: Low enough that small histories reach it.
RULE = Rule(
    least_entries=3, least_groups=2, least_accounts=3, spared_accounts=1, least_left=2, least_groups_left=1,
    least_accounts_left=2,
    most_chance=2.0, most_chance_left=2.0, lead_hours=0, window_hours=100,
)  # fmt: skip
CLOSED, CLOSED_AT = 1, 50
few = settings(max_examples=12)


def observed(place: int, entry: int, account: int, hour: int) -> Observation:
    return Observation(place, entry, entry % 4, account, hour)


#: The closed place holds everything; others get some of it by a few accounts.
histories = st.lists(
    st.builds(observed, st.integers(2, 4), st.integers(1, 9), st.integers(1, 5), st.integers(40, 90)),
    min_size=8,
    max_size=40,
).map(lambda later: [observed(CLOSED, entry, entry, entry) for entry in range(1, 10)] + later)


def filled(history: Sequence[Observation], batch: int = 7) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    ledger.prepare(connection)
    for start in range(0, len(history), batch):
        ledger.take(connection, history[start : start + batch], RULE)
    ledger.close(connection, CLOSED, CLOSED_AT, RULE)
    return connection


def kept(connection: sqlite3.Connection) -> list[object]:
    """Everything the tables hold, under the names of places."""
    names = dict(connection.execute("SELECT place, name FROM spinoff_places").fetchall())
    met = connection.execute("SELECT entry, place, account, hour, grouped, closed FROM spinoff_met").fetchall()
    rows = connection.execute("SELECT rows FROM spinoff_rows").fetchall()
    return [sorted((names[row[1]], row[0], *row[2:]) for row in met), rows, sorted(names.values())]


def comes_to(connection: sqlite3.Connection) -> dict[int, object]:
    """What each place and the closed one come to, by name."""
    names = {name: place for place, name in connection.execute("SELECT place, name FROM spinoff_places")}
    found: dict[int, object] = {}
    for name, place in names.items():
        pair = Seeking(connection, RULE).judge_pair(names[CLOSED], place)
        found[name] = pair and pair.succession
    return found


def alarmed(connection: sqlite3.Connection) -> set[tuple[int, int]]:
    names = dict(connection.execute("SELECT place, name FROM spinoff_places").fetchall())
    return {(names[pair.predecessor], names[pair.successor]) for pair in Seeking(connection, RULE).moves()}


@few
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_what_comes_out(history: list[Observation], random: object) -> None:
    first = filled(history)
    mixed = list(history)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    late = sqlite3.connect(":memory:", isolation_level=None)
    ledger.prepare(late)
    # The closing may be told before anything was met, too.
    ledger.close(late, CLOSED, CLOSED_AT, RULE)
    for each in mixed:
        ledger.take(late, [each], RULE)
    assert kept(first) == kept(late)
    assert comes_to(first) == comes_to(late)
    assert alarmed(first) == alarmed(late)


@few
@given(histories, st.sets(st.integers(1, 9)))
def test_withdrawing_entries_removes_every_trace_they_left(history: list[Observation], withdrawn: set[int]) -> None:
    connection = filled(history)
    ledger.withdraw(connection, withdrawn, RULE)
    never = filled([each for each in history if each.entry not in withdrawn])
    if len(withdrawn) == 9:  # The closing itself is not the entries' trace.
        assert connection.execute("SELECT count(*) FROM spinoff_met").fetchone() == (0,)
    assert kept(connection) == kept(never)
    assert comes_to(connection) == comes_to(never)
    assert alarmed(connection) == alarmed(never)


@few
@given(histories)
def test_changing_the_pseudonyms_keeps_clusters_and_breaks_the_link_to_old_exports(history: list[Observation]) -> None:
    before, after = Names(b"a" * 32, b"b" * 32), Names(b"c" * 32, b"d" * 32, former=b"a" * 32)
    connection = filled([])
    named = [Observation(before.place(str(e.place)), e.entry, e.group, e.account, e.hour) for e in history]
    ledger.take(connection, named, RULE)
    ledger.close(connection, before.place(str(CLOSED)), CLOSED_AT, RULE)
    moves = Seeking(connection, RULE).moves()
    shown = {before.show(pair.successor) for pair in moves}
    old = {before.place(str(place)) for place in range(1, 5)}
    ledger.carry_over(connection, {after.former_place(str(p)) or 0: after.place(str(p)) for p in range(1, 5)})
    assert Seeking(connection, RULE).moves() == moves
    assert not old & {row[0] for row in connection.execute("SELECT name FROM spinoff_places")}
    assert not shown & {after.show(pair.successor) for pair in moves}
    # A match under the new name lands in the place that was known under the old one.
    count = connection.execute("SELECT count(*) FROM spinoff_places").fetchone()
    ledger.take(connection, [Observation(after.place(str(CLOSED)), 1, 1, 77, 60)], RULE)
    assert connection.execute("SELECT count(*) FROM spinoff_places").fetchone() == count


@few
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(51, 140)), min_size=1, max_size=60),
    st.lists(st.integers(1, 3), min_size=60, max_size=60),
)
def test_a_few_heavy_uploaders_cannot_join_two_places(posts: list[tuple[int, int]], by: list[int]) -> None:
    rule = Rule()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    ledger.prepare(connection)
    archive = [Observation(1, entry, entry, entry, 10) for entry in range(1, 41)]
    # Elsewhere much is met, so that nothing here is an accident by the numbers.
    crowd = [Observation(10 + n, 1000 + n, n, n, 20) for n in range(400)]
    ledger.take(connection, archive + crowd, rule)
    ledger.close(connection, 1, 50, rule)
    for (entry, hour), account in zip(posts, by, strict=False):
        assert ledger.take(connection, [Observation(2, entry, entry, account, hour)], rule) == []


def test_the_same_archive_by_many_accounts_joins_them_and_the_alarm_says_why() -> None:
    rule = Rule()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    ledger.prepare(connection)
    ledger.take(connection, [Observation(1, entry, entry, entry, 10) for entry in range(1, 42)], rule)
    ledger.take(connection, [Observation(10 + n, 1000 + n % 3000, n, n, 20) for n in range(20_000)], rule)
    ledger.close(connection, 1, 50, rule)
    posts = [Observation(2, entry, entry, entry % 9, 51 + entry) for entry in range(1, 15)]
    alarms = [alarm for each in posts for alarm in ledger.take(connection, [each], rule)]
    assert len(alarms) == 1
    pair, *_ = Seeking(connection, rule).moves()
    assert (pair.succession.shared.entries, pair.succession.known) == (14, 41)
    assert pair.succession.chance < 1e-6


def test_two_famous_and_busy_places_are_not_joined_by_fame() -> None:
    rule = Rule(popular=10_000)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    ledger.prepare(connection)
    # Fifty entries that a hundred places have; two busy ones have nearly all of them, by many accounts.
    ledger.take(
        connection, [Observation(10 + n, 1 + (n * 7 + i) % 50, i, n, 5) for n in range(100) for i in range(20)], rule
    )
    ledger.take(connection, [Observation(1, entry, entry, entry, 10) for entry in range(1, 46)], rule)
    ledger.close(connection, 1, 50, rule)
    busy = [Observation(2, entry, entry, entry, 60) for entry in range(3, 48)]
    assert ledger.take(connection, busy, rule) == []


def test_an_exempt_place_is_never_alarmed_and_a_reopened_one_takes_its_moves_back() -> None:
    history = [observed(CLOSED, entry, entry, entry) for entry in range(1, 10)]
    history += [observed(place, entry, entry, 60) for place in (2, 3) for entry in range(1, 10)]
    connection = filled(history)
    assert alarmed(connection) == {(1, 2), (1, 3)}
    ledger.exempt(connection, ledger.number_of(connection, 2), True)
    assert alarmed(connection) == {(1, 3)}
    assert ledger.take(connection, [observed(2, 1, 9, 61)], RULE) == []
    ledger.reopen(connection, CLOSED)
    assert alarmed(connection) == set()


def test_what_is_old_is_forgotten_accounts_first() -> None:
    connection = filled(
        [observed(CLOSED, 1, 5, 10), observed(2, 1, 5, 60), observed(2, 1, 6, 61), observed(2, 2, 5, 80)]
    )
    ledger.forget(connection, before_hour=20, accounts_before_hour=70)
    met = connection.execute("SELECT entry, account, hour FROM spinoff_met ORDER BY 1, 3").fetchall()
    assert [(entry, hour) for entry, _, hour in met] == [(1, 60), (1, 61), (2, 80)]
    assert met[0][1] < 0 and met[1][1] < 0 and met[0][1] != met[1][1] and met[2][1] == 5
    assert connection.execute("SELECT rows FROM spinoff_rows").fetchone() == (3,)


@given(st.permutations([Move(1, 2, 10), Move(2, 3, 20), Move(7, 8, 5), Move(1, 4, 12)]))
def test_clusters_begin_with_their_oldest_move_in_any_order(moves: list[Move]) -> None:
    first, second = join(moves)
    assert first.moves == (Move(7, 8, 5),)
    assert second.places == (1, 2, 4, 3)
    assert [move.hour for move in second.moves] == [10, 12, 20]
