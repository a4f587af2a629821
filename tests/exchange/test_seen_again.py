"""That a site saw a picture of hers again in a new place: told to her if she asks, to nobody else, and not for long."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from notcontent.page.languages import LANGUAGES, read_text
from tests.exchange.test_tiers import TODAY, Desk, Listed, Site, desk, listed

__all__ = ["desk"]

#: TODAY is a Sunday.
MONDAY = date(2026, 11, 16)


@pytest.fixture
def site(desk: Desk) -> Site:
    return Site(desk, "One")


def verified(desk: Desk, site: Site) -> Listed:
    from notcontent.exchange.lists.models import Entry

    hers = listed(desk, site)
    Entry.objects.filter(id=hers.entry).update(tier="verified")
    return hers


def hear(hers: Listed, site: Site, day: date = TODAY) -> None:
    """What the partners' face does with such a report, on the tests' own day."""
    from notcontent.exchange.lists.models import Listing
    from notcontent.exchange.partners.again import hear_again

    hear_again(Listing.objects.get(id=hers.at[site.feed]), day, TODAY)


def weeks(hers: Listed, days_later: int = 0, delay_days: int = 0) -> list[date | None]:
    from notcontent.exchange.cases.looking import status_of
    from notcontent.exchange.cases.models import Case

    case = Case.objects.get(locator_sha256=hers.locator)
    return [each.seen_again for each in status_of(case, delay_days, TODAY + timedelta(days=days_later)).sites]


def rows() -> int:
    from notcontent.exchange.partners.models import SeenAgain

    return SeenAgain.objects.count()


def test_a_report_of_it_is_no_report_of_a_match(desk: Desk, site: Site) -> None:
    from notcontent.exchange.partners.models import Report

    hers = verified(desk, site)
    for _ in range(2):
        site.holds(hers.at[site.feed], "again")
    assert (rows(), Report.objects.count()) == (1, 0)


def test_she_is_told_the_week_after_the_delay_and_the_desk_is_not(desk: Desk, site: Site) -> None:
    from notcontent.exchange.cases.looking import sites_of
    from notcontent.exchange.cases.models import Case

    hers = verified(desk, site)
    for day in (TODAY, TODAY - timedelta(days=14)):
        hear(hers, site, day)
    assert weeks(hers, 0, 1) == [None]
    assert weeks(hers, 1, 1) == [MONDAY], "what is told first stays"
    shown = sites_of(Case.objects.get(locator_sha256=hers.locator), 0, TODAY)
    assert [(each.hits, each.seen_again) for each in shown] == [("none", None)], "what a page of the desk asks for"


def test_only_what_people_have_verified_counts(desk: Desk, site: Site) -> None:
    from notcontent.exchange.lists.models import Contest, Entry

    hers = listed(desk, site)
    hear(hers, site)
    assert rows() == 0
    Entry.objects.filter(id=hers.entry).update(tier="verified")
    hear(hers, site)
    assert weeks(hers) == [MONDAY]
    Entry.objects.filter(id=hers.entry).update(contest=Contest.OUT)
    assert set(weeks(hers)) <= {None}


def test_another_case_with_the_same_picture_learns_nothing(desk: Desk, site: Site) -> None:
    hers = verified(desk, site)
    other = listed(desk, site, code=hers.code)
    hear(hers, site)
    assert (weeks(hers), weeks(other)) == ([MONDAY], [None])


def test_taking_back_erases_it_and_so_do_90_days(desk: Desk, site: Site) -> None:
    from notcontent.exchange.partners.again import forget_old

    gone, stays = verified(desk, site), verified(desk, site)
    for hers in (gone, stays):
        hear(hers, site)
    desk.withdraw(gone.locator)
    assert (rows(), weeks(gone), weeks(stays, 89)) == (1, [None], [MONDAY])
    assert weeks(stays, 90) == [None], "told no more, also where the daily work is late"
    forget_old(TODAY + timedelta(days=89))
    assert rows() == 1
    forget_old(TODAY + timedelta(days=90))
    assert rows() == 0


def test_a_wrong_clock_hides_nothing_and_what_is_old_is_no_news(desk: Desk, site: Site) -> None:
    hers, other = verified(desk, site), verified(desk, site)
    hear(hers, site, date(2031, 1, 1))
    hear(other, site, TODAY - timedelta(days=90))
    assert (weeks(hers), weeks(other)) == ([MONDAY], [None])


def test_a_month_tells_how_many_codes_were_seen_again_and_no_small_number(desk: Desk, site: Site) -> None:
    from notcontent.exchange.partners.models import SeenAgain
    from notcontent.exchange.public.counting import FEWER, SMALLEST_TOLD, count_months, told_months
    from notcontent.exchange.public.models import Month

    for _ in range(SMALLEST_TOLD):
        hear(verified(desk, site), site)
    count_months(date(2026, 12, 5))
    assert [month.seen_again for month in told_months()] == [SMALLEST_TOLD]
    Month.objects.all().delete()
    SeenAgain.objects.filter(id=SeenAgain.objects.order_by("id").values_list("id", flat=True)[0]).delete()
    count_months(date(2026, 12, 5))
    assert [month.seen_again for month in told_months()] == [FEWER]


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_the_pages_without_script_tell_it_only_when_asked_and_say_what_it_does_not_show(
    desk: Desk, site: Site, tag: str
) -> None:
    from django.conf import settings

    from notcontent.exchange.cases.looking import status_of
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.cases.terms import keeping_of
    from notcontent.exchange.person.plain_pages import Asked, Notified, PlainPages

    hers = verified(desk, site)
    case = Case.objects.get(locator_sha256=hers.locator)
    pages, keeping = PlainPages(LANGUAGES[tag], "Helpline", False), keeping_of(case, settings.PROFILE, TODAY)

    def page(asked: Asked) -> str:
        return pages.status(status_of(case, 0, TODAY), keeping, Notified((), 3), asked)

    week, means, none = (read_text(tag, f"status.{key}") for key in ("seenAgain", "newPlaces", "noNewPlaces"))
    assert none in page(Asked(places=True))
    hear(hers, site)
    assert week.split("{")[0] in page(Asked(places=True)) and 'datetime="2026-11-16"' in page(Asked(places=True))
    assert means in page(Asked(places=True)) and none not in page(Asked(places=True))
    for asked in (Asked(), Asked(often=True)):
        assert week.split("{")[0] not in page(asked) and means not in page(asked) and "2026-11-16" not in page(asked)
