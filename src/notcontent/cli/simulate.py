"""`notcontent simulate`: try the search for successors of closed groups on a made-up platform of your own size."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields, replace
from typing import Any


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands."""
    from notcontent.guard.spinoffs.observation import Rule
    from notcontent.simulation.assumptions import Assumptions

    simulate = commands.add_parser(
        "simulate",
        help="try the search for spin-offs on a made-up platform",
        description="Makes up a platform (groups that share, are closed and re-form; honest places; support groups; "
        "attackers), lives through a month of it with the guard's own search, and says what was found and whom it "
        "wronged. Nothing real goes in or out. The same seed and assumptions give the same platform.",
        epilog="What can be set: " + ", ".join(each.name for each in fields(Assumptions)) + "; and of the rule: "
        "" + ", ".join(each.name for each in fields(Rule)) + ".",
    )
    simulate.add_argument("--seed", type=int, default=1, help="which platform (default 1)")
    simulate.add_argument(
        "--set", metavar="NAME=NUMBER", action="append", default=[], dest="given", help="an assumption; may be repeated"
    )
    simulate.add_argument(
        "--rule", metavar="NAME=NUMBER", action="append", default=[], help="a number of the rule; may be repeated"
    )
    simulate.add_argument("--json", action="store_true", help="print one JSON object, with every alarm")
    simulate.set_defaults(run=run_simulate)


def run_simulate(args: argparse.Namespace) -> int:
    """Live through one month and print what came of it."""
    from notcontent.guard.spinoffs.observation import WARNING_TEXT, Rule
    from notcontent.simulation.assumptions import Assumptions
    from notcontent.simulation.trial import Trial
    from notcontent.simulation.world import BEGINS, make_world

    try:
        assumed = replace(Assumptions(), **_numbers(Assumptions(), args.given))
        rule = replace(Rule(), **_numbers(Rule(), args.rule))
    except ValueError as error:
        print(f"notcontent: {error}", file=sys.stderr)
        return 2
    world = make_world(args.seed, assumed)
    outcome = Trial(world, rule, assumed.marked).run()
    if args.json:
        alarms = [
            {
                "predecessor": each.predecessor,
                "successor": each.successor,
                "hour": each.hour - BEGINS,
                "chance": each.chance,
            }
            for each in outcome.alarms
        ]
        counts = {each.name: getattr(outcome, each.name) for each in fields(outcome) if each.name != "alarms"}
        print(json.dumps({**counts, "matches": len(world.observations), "alarms": alarms, "says": WARNING_TEXT}))
        return 0
    print(
        f"A made-up platform (seed {args.seed}): {len(world.observations)} matches of verified entries, "
        f"{outcome.honest} honest places, {len(world.closings)} groups closed.\n"
        f"  successors with ten re-uploads, a day before the end: {outcome.due}\n"
        f"  of these alarmed within a day of the tenth:           {outcome.found}\n"
        f"  later:                                                {outcome.found_late}\n"
        f"  honest places with an alarm:                          {outcome.false}\n"
        f"  places under attack, and of these with an alarm:      {outcome.attacked}, {outcome.framed}\n"
        f"  support places with an alarm (marked: {assumed.marked:.0%}):         {outcome.support}\n"
        f"{WARNING_TEXT}"
    )
    return 0


def _numbers(defaults: object, given: list[str]) -> dict[str, Any]:
    """Checked numbers by name. Raises ValueError with what to do."""
    found: dict[str, Any] = {}
    for each in given:
        name, _, untrusted = each.partition("=")
        default = getattr(defaults, name, None) if name.isidentifier() else None
        if not isinstance(default, int | float):
            raise ValueError("A name before '=' is unknown. See the names with --help.")
        try:
            found[name] = type(default)(untrusted)
        except ValueError:
            raise ValueError(f"{name} needs a number after '='.") from None
        if not 0 <= found[name] <= 10_000_000:
            raise ValueError(f"{name} lies between 0 and 10,000,000.")
    return found
