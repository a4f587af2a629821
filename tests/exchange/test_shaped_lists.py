"""Lists in StopNCII's shape, on tables of their own: whose bytes are erased when, and how long a withdrawal is kept."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from notcontent.exchange.folder import Folder
from notcontent.feed.stopncii import FROM_THE_BEGINNING, Page
from tests.exchange.test_publisher import NOW, TODAY, Code, Desk, _files_with


@pytest.fixture
def desk(tables: Folder) -> Desk:
    """Fresh tables with one partner, whose client speaks this shape."""
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.partners.joining import add_partner

    joined = add_partner(name="Board", country="zz", site="", proves_forgetting=True, today=TODAY, client="stopncii")
    return Desk(tables, joined.feed, joined.partner, read_online_key(tables))


def step(desk: Desk, today: date = TODAY) -> None:
    from notcontent.exchange.lists.shaping import take_step

    while take_step(desk.feed, today):
        pass


def fetch(desk: Desk, start: int = FROM_THE_BEGINNING) -> Page:
    from notcontent.exchange.partners.shaped import give_page

    return give_page(desk.feed, start, 1_000, None)


def values(page: Page, *, withdrawn: bool = False) -> set[str]:
    return {record.value for record in page.records if record.withdrawn == withdrawn}


def turns(*codes: Code) -> set[str]:
    return {code.stored[at : at + 32].hex() for code in codes for at in range(0, 256, 32)}


def test_a_site_of_this_shape_can_not_prove_forgetting_whatever_was_said(desk: Desk) -> None:
    from notcontent.exchange.partners.models import Partner

    assert Partner.objects.get().proves_forgetting is False


def test_erasing_waits_until_the_withdrawal_was_taken_and_leaves_no_byte(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Listing, ShapedHash

    secret, kept = Code.new(), Code.new()
    many = [Code.new() for _ in range(40)]
    locator = desk.open(secret, *many[:20])
    desk.open(kept, *many[20:])
    step(desk)
    first = fetch(desk)
    assert values(first) == turns(secret, kept, *many)
    desk.withdraw(locator)
    assert desk.erase() == 0, "the site still has to be told, and that takes the fingerprint"
    waiting = set(ShapedHash.objects.exclude(withdrawn=None).values_list("number", flat=True))
    numbers = Listing.objects.filter(state="gone").values_list("added_number", "withdrawn_number")
    assert waiting and not waiting & {number for row in numbers for number in row}, "no number leads back to the case"
    assert _files_with(desk.folder, secret), "the search finds what is there"
    told = fetch(desk, first.next_time)
    assert values(told, withdrawn=True) == turns(secret, *many[:20])
    assert desk.erase() == 0, "told is not yet taken"
    fetch(desk, told.next_time)
    assert desk.erase() == 1
    for code in (secret, *many[:20]):
        assert _files_with(desk.folder, code) == []
    assert _files_with(desk.folder, kept), "another case keeps its own"
    assert values(fetch(desk)) == turns(kept, *many[20:])


def test_a_site_that_never_fetched_delays_nothing(desk: Desk) -> None:
    secret = Code.new()
    locator = desk.open(secret)
    step(desk)
    desk.withdraw(locator)
    assert desk.erase() == 1
    assert _files_with(desk.folder, secret) == []
    assert fetch(desk).records == ()


def test_a_site_that_stays_away_is_waited_for_30_days(desk: Desk) -> None:
    from notcontent.exchange.lists.erasing import erase_everywhere

    secret = Code.new()
    locator = desk.open(secret)
    step(desk)
    fetch(desk)
    desk.withdraw(locator)
    for days, erased in ((29, 0), (30, 1)):
        assert erase_everywhere(desk.folder, desk.key, NOW + timedelta(days=days)) == erased
    assert _files_with(desk.folder, secret) == []


def test_a_case_that_is_withdrawn_leaves_no_trace_of_itself_where_another_holds_the_same(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Listing, ShapedHash

    code = Code.new()
    mina = desk.open(code)
    step(desk)
    first = fetch(desk)
    desk.open(code)
    step(desk)
    desk.withdraw(mina)
    step(desk)
    assert fetch(desk, first.next_time).records == ()
    gone = Listing.objects.get(state="gone")
    assert gone.shaped.count() == 0 and ShapedHash.objects.count() == 8
    assert desk.erase() == 1, "her bytes are gone; the other case's are its own"


def test_her_status_does_not_tell_that_another_case_holds_her_picture(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Listing

    known = Code.new()
    desk.open(known)
    step(desk)
    first = fetch(desk)
    before = set(Listing.objects.values_list("id", flat=True))
    for code in (known, Code.new()):
        locator = desk.open(code)
        step(desk)
        desk.withdraw(locator)
        step(desk)
    assert set(Listing.objects.exclude(id__in=before).values_list("state", flat=True)) == {"cancelled"}
    for code in (known, Code.new()):
        locator = desk.open(code)
        step(desk)
        fetch(desk, first.next_time)
        desk.withdraw(locator)
        step(desk)
    states = list(Listing.objects.exclude(id__in=before).values_list("state", flat=True))
    assert sorted(states) == ["cancelled", "cancelled", "gone", "gone"]


def test_days_go_on_where_a_clock_went_back(desk: Desk) -> None:
    times = []
    for today in (TODAY, TODAY - timedelta(days=3), TODAY, TODAY + timedelta(days=1)):
        desk.open(Code.new())
        step(desk, today)
        times.append(max(record.time for record in fetch(desk).records))
    midnight = int(datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC).timestamp())
    assert times == [midnight, midnight, midnight, midnight + 86_400]


def test_pages_do_not_tell_which_pictures_came_in_one_step(desk: Desk) -> None:
    from notcontent.exchange.partners.shaped import _place, give_page

    cases = [[Code.new() for _ in range(5)] for _ in range(4)]
    for codes in cases:
        desk.open(*codes)
        step(desk)
    step_of = {value: number for number, codes in enumerate(cases) for value in turns(*codes)}
    told, page = [], give_page(desk.feed, FROM_THE_BEGINNING, 30, None)
    while True:
        told += page.records
        if not page.has_more:
            break
        # Cut off here, a client takes the day again and misses nothing.
        assert page.next_time == page.records[-1].time
        page = give_page(desk.feed, FROM_THE_BEGINNING, 30, _place(page.token or ""))
    assert len(told) == len({record.value for record in told}) == 160 and len({record.time for record in told}) == 1
    steps = [step_of[record.value] for record in told]
    assert sum(one != other for one, other in itertools.pairwise(steps)) > 60, "in the order of steps it would be 3"
    assert fetch(desk, page.next_time).records == ()


def test_a_new_tier_is_told_to_nobody_here(desk: Desk) -> None:
    from notcontent.exchange.desk.tiers import set_tier
    from notcontent.exchange.lists.models import Entry, Listing
    from notcontent.feed.entry import Tier

    desk.open(Code.new())
    step(desk)
    first = fetch(desk)
    set_tier(Entry.objects.get().id, Tier.VERIFIED, actor="Desk", reason="seen", today=TODAY)
    step(desk)
    assert fetch(desk, first.next_time).records == () and not Listing.objects.filter(due=True).exists()


def test_a_step_takes_as_much_as_a_client_takes_at_once(desk: Desk) -> None:
    from notcontent.exchange.lists.models import ShapedHash
    from notcontent.exchange.lists.shaping import MAX_LISTINGS, take_step

    for _ in range(3):
        desk.open(*(Code.new() for _ in range(190)))
    assert [take_step(desk.feed, TODAY) for _ in range(3)] == [True, True, False]
    numbers = list(ShapedHash.objects.order_by("number").values_list("number", flat=True))
    assert len(numbers) == 8 * 570 and numbers.count(numbers[0]) == 8 * MAX_LISTINGS
