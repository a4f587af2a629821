"""The small proof of work: grows with the load, never closes the door, is bound to one case and knows nobody."""

from __future__ import annotations

import pytest

from notcontent.exchange.errors import Refused
from tests.exchange.running import solve


def task(secret: str, now_s: float, bits: int = 8) -> dict[str, object]:
    from notcontent.exchange.person.work import ROUNDS, make_challenge

    return {"challenge": make_challenge(secret, bits, now_s), "rounds": ROUNDS, "bits": bits}


def test_a_solved_challenge_is_taken_for_its_own_case_only() -> None:
    from notcontent.exchange.person.work import check_work

    given = task("secret", 1000.0)
    nonces = solve(given, "a" * 32)["nonces"]
    check_work("secret", given["challenge"], nonces, "a" * 32, 1000.0)
    with pytest.raises(Refused):
        check_work("secret", given["challenge"], nonces, "b" * 32, 1000.0)


def test_a_challenge_lasts_fifteen_minutes_and_is_ours_alone() -> None:
    from notcontent.exchange.person.work import check_work

    given = task("secret", 1000.0)
    nonces = solve(given, "a" * 32)["nonces"]
    check_work("secret", given["challenge"], nonces, "a" * 32, 1000.0 + 15 * 60)
    with pytest.raises(Refused):
        check_work("secret", given["challenge"], nonces, "a" * 32, 1001.0 + 15 * 60)
    with pytest.raises(Refused):
        check_work("another secret", given["challenge"], nonces, "a" * 32, 1000.0)


def test_an_easier_challenge_cannot_be_made_from_a_harder_one() -> None:
    from notcontent.exchange.person.work import check_work

    given = task("secret", 1000.0, bits=13)
    easier = str(given["challenge"]).replace(".13.", ".8.")
    nonces = solve({"challenge": easier, "rounds": 16, "bits": 8}, "a" * 32)["nonces"]
    with pytest.raises(Refused):
        check_work("secret", easier, nonces, "a" * 32, 1000.0)


@pytest.mark.parametrize(
    "challenge", [None, 5, "", "x", "1.2.3.4", "9" * 20 + ".8." + "0" * 32 + "." + "0" * 64, "\ud800"]
)
def test_nonsense_is_refused_as_work(challenge: object) -> None:
    from notcontent.exchange.person.work import check_work

    with pytest.raises(Refused) as refused:
        check_work("secret", challenge, [0] * 16, "a" * 32, 1000.0)
    assert (refused.value.status, refused.value.code) == (403, "work")


def test_work_grows_with_the_load_up_to_a_few_seconds_and_shrinks_again() -> None:
    from notcontent.exchange.person.work import Load

    load = Load()
    seen = []
    for number in range(6_000):
        load.count_case(number / 200, fingerprints=8)
        seen.append(load.bits(number / 200))
    assert seen[0] == 8 and seen == sorted(seen) and seen[-1] == 13
    assert load.bits(1_000.0) == 8


def test_a_case_of_many_pictures_weighs_more() -> None:
    from notcontent.exchange.person.work import Load

    small, large = Load(), Load()
    for number in range(100):
        small.count_case(number / 100, fingerprints=8)
        large.count_case(number / 100, fingerprints=1600)
    assert large.bits(1.0) > small.bits(1.0)


def test_the_quiet_work_takes_a_moment_only() -> None:
    # Some 256 tries a round, of a microsecond or a few each.
    assert sum(solve(task("secret", 1000.0), "a" * 32)["nonces"]) < 50_000
