"""What is assumed of a platform. Every number can be changed; `bench/spinoffs.py` measures twice and half of each."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One made-up platform over `history_days` before a month, and that month. Times in hours, shares 0 to 1."""

    honest_places: int = 10_000
    history_days: int = 60
    month_days: int = 30
    #: Verified entries that are met anywhere, and how many a case has on average.
    entries: int = 30_000
    entries_per_case: float = 4.0
    #: Verified matches of an honest place in a month on average (a few places have most), and how unequal they are.
    honest_matches: float = 1.0
    honest_spread: float = 1.3
    #: Honest places of one kind pass the same pictures on: kinds, pictures that go round in one at a time, and the
    #: share of an honest place's matches that comes from those.
    kinds: int = 100
    going_round: int = 60
    kinship: float = 0.5
    #: Share of honest matches that are albums: several entries of one case by one account.
    albums: float = 0.2
    #: Groups that share, the entries they hold, and the share of those that nobody but such groups has.
    groups: int = 40
    archive: float = 120.0
    own_share: float = 0.6
    #: Accounts that filled the archive, successors of a group, days until they begin, and the share they inherit.
    fillers: float = 30.0
    successors: float = 2.0
    lag_days: float = 1.5
    inherited: float = 0.5
    #: Pictures re-uploaded to a successor in a day, by so many accounts, of which a few do most (Zipf's exponent).
    reuploads_a_day: float = 40.0
    uploaders: float = 20.0
    uploader_skew: float = 0.8
    #: How often a re-encoded or altered copy is still recognised.
    recognised: float = 0.85
    #: Attackers; what each holds.
    attackers: int = 10
    attacker_pictures: int = 50
    attacker_cases: int = 20
    attacker_accounts: int = 3
    #: Support groups, newsrooms and researchers, of whom so many are marked as such.
    support_places: int = 5
    marked: float = 1.0

    def scaled(self, name: str, factor: float) -> Assumptions:
        """The same with one assumption so many times as large; shares end at 1."""
        value = getattr(self, name) * factor
        if name in SHARES:
            value = min(1.0, value)
        return replace(self, **{name: max(1, round(value)) if isinstance(getattr(self, name), int) else value})


SHARES = {"kinship", "albums", "own_share", "inherited", "recognised", "marked"}
#: The shape of a run is not an assumption about platforms.
NAMES = tuple(
    each.name
    for each in fields(Assumptions)
    if each.name not in {"honest_places", "history_days", "month_days", "attackers", "support_places", "marked"}
    and not each.name.startswith("attacker_")
)
