"""A made-up platform is the same every time, and the guard's own search runs on it."""

from __future__ import annotations

import json

import pytest

from notcontent.cli.main import main
from notcontent.guard.spinoffs.observation import WARNING_TEXT, Rule
from notcontent.simulation.assumptions import NAMES, Assumptions
from notcontent.simulation.baselines import curve
from notcontent.simulation.trial import Trial
from notcontent.simulation.world import make_world

SMALL = Assumptions(honest_places=1_000, groups=6, attackers=3, entries=8_000, archive=80.0)


def test_the_same_seed_makes_the_same_platform_and_another_seed_another() -> None:
    first, again, other = (make_world(seed, SMALL) for seed in (3, 3, 4))
    assert first == again
    assert first.observations != other.observations


def test_successors_are_found_and_attackers_do_not_frame() -> None:
    outcome = Trial(make_world(3, SMALL), Rule()).run()
    assert outcome.due >= 5
    assert outcome.found + outcome.found_late > outcome.due / 2
    assert (outcome.false, outcome.framed, outcome.attacked) == (0, 0, 3)


def test_without_leaving_the_busiest_accounts_out_attackers_do_frame() -> None:
    loose = Rule(spared_accounts=0, least_accounts=1, least_accounts_left=1)
    assert Trial(make_world(3, SMALL), loose).run().framed > 0


def test_a_support_place_that_nobody_marked_raises_an_alarm_and_a_marked_one_does_not() -> None:
    world = make_world(3, SMALL)
    # On a platform this small the chance says little, so the counts alone are asked.
    counts = Rule(most_chance=2.0, most_chance_left=2.0)
    assert Trial(world, counts, marked=0.0).run().support > 0
    assert Trial(world, counts, marked=1.0).run().support == 0


def test_every_assumption_can_be_halved_and_doubled() -> None:
    for name in NAMES:
        half, twice = SMALL.scaled(name, 0.5), SMALL.scaled(name, 2.0)
        assert getattr(half, name) < getattr(SMALL, name) <= getattr(twice, name)


def test_a_curve_counts_every_threshold() -> None:
    assert curve([(3, True), (2, False), (2, True), (0, True)], 3) == [(3, 1 / 3, 1.0), (2, 2 / 3, 2 / 3)]


def test_the_command_says_what_alarms_do_not_show(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--set", "honest_places=50", "--set", "groups=2", "--set", "attackers=1", "--set", "entries=1000"]
    assert main(["simulate", "--seed", "5", *small]) == 0
    assert WARNING_TEXT in capsys.readouterr().out
    assert main(["simulate", "--seed", "5", "--json", *small]) == 0
    assert json.loads(capsys.readouterr().out)["says"] == WARNING_TEXT


def test_a_wrong_name_or_number_is_refused_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--set", "nothing=1"]) == 2
    assert "--help" in capsys.readouterr().err
    assert main(["simulate", "--rule", "popular=many"]) == 2
    assert "popular needs a number" in capsys.readouterr().err
