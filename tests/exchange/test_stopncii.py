"""The door in StopNCII's shape, asked as python-threatexchange's client asks."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import httpx
import pytest

from notcontent.feed.stopncii import FROM_THE_BEGINNING
from tests.exchange.running import Partner, Person, Running, command, picture_code, until, video_code
from tests.exchange.subscribing import Subscriber

QUIET = "A site that no list is sent to"


@pytest.fixture(scope="module")
def quiet(exchange: Running) -> Subscriber:
    """For questions about the door, not the list."""
    return Subscriber(exchange, QUIET)


@pytest.fixture(scope="module")
def silent(exchange: Running) -> Subscriber:
    """Another one."""
    return Subscriber(exchange, "Another site that no list is sent to")


def turns(code: dict[str, object]) -> set[str]:
    """All orientations of a picture code."""
    return set(code["orientations"])  # type: ignore[call-overload]


def follow(subscriber: Subscriber, *codes: dict[str, object]) -> None:
    """Fetch until all of these are on the list there."""

    def there() -> bool:
        subscriber.fetch()
        return all(turns(code) <= subscriber.live for code in codes)

    until(there)


def test_all_eight_orientations_are_served_once_and_nothing_is_said_again(exchange: Running, mina: Person) -> None:
    site = Subscriber(exchange, "A site of this shape")
    codes = [picture_code(), picture_code()]
    assert mina.send(codes, [site.id]).status_code == 201
    follow(site, *codes)
    assert len(site.live) == 16
    before = len(site.times)
    assert site.fetch() == 1 and len(site.times) == before, "what was taken is not told again"
    assert mina.site_state() == "listed"


def test_pages_are_as_long_as_asked_and_hold_everything_once(exchange: Running, mina: Person) -> None:
    site = Subscriber(exchange, "A site that reads slowly")
    codes = [picture_code() for _ in range(5)]
    mina.send(codes, [site.id])
    follow(site, *codes)
    again = Subscriber.__new__(Subscriber)
    vars(again).update(vars(site) | {"start": 10, "live": set(), "times": []})
    assert again.fetch(page_size=7) == 6
    assert again.live == site.live and len(again.times) == 40


def test_times_tell_the_day_and_nothing_finer(exchange: Running, mina: Person) -> None:
    site = Subscriber(exchange, "A site that looks at times")
    midnight = int(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    for _ in range(3):
        code = picture_code()
        mina.send([code], [site.id])
        follow(site, code)
    if datetime.now(UTC).timestamp() < midnight + 86_400:
        assert set(site.times) == {midnight}, "not even what came in one step"


def test_a_withdrawal_is_told_to_whoever_had_it_and_then_forgotten(exchange: Running, mina: Person) -> None:
    name = "A site that had it"
    site, late = Subscriber(exchange, name), Subscriber(exchange, "A site that came late")
    code = picture_code()
    mina.send([code], [site.id, late.id])
    follow(site, code)
    mina.withdraw()
    until(lambda: site.fetch() and site.withdrawn)
    assert set(site.withdrawn) == turns(code) and not site.live
    status = command(exchange.folder, "status")
    assert f"{name}: 0 fingerprints, 8 withdrawn ones it has not taken yet; can’t prove that it forgets" in status
    late.fetch()
    assert late.live == set() and late.withdrawn == [], "who never had it never hears of it"
    site.fetch()
    command(exchange.folder, "erase")
    assert exchange.execute("SELECT count(*) FROM lists_shapedhash WHERE stream_id = ?", site.feed) == [(0,)]
    # It runs no guard, so nothing can prove that it forgot; she is told so, and no more.
    told = {each["id"]: each for each in mina.look().json()["sites"]}
    assert told[site.id]["state"] == "stopping" and told[site.id]["proves_forgetting"] is False
    assert late.id not in told


def test_it_says_withdrawn_only_when_no_case_holds_the_fingerprint(exchange: Running, mina: Person) -> None:
    site, code = Subscriber(exchange, "A site with one picture of two"), picture_code()
    other = Person(exchange)
    mina.send([code], [site.id])
    follow(site, code)
    told = len(site.times)
    other.send([code], [site.id])
    until(lambda: other.site_state() in ("waiting", "listed"))
    time.sleep(1.5)
    site.fetch()
    assert len(site.times) == told, "nobody hears that another case holds it too"
    mina.withdraw()
    time.sleep(1.5)
    site.fetch()
    assert len(site.times) == told and turns(code) <= site.live
    other.withdraw()
    until(lambda: site.fetch() and site.withdrawn)
    assert set(site.withdrawn) == turns(code)


def test_a_picture_that_is_listed_again_after_its_withdrawal_is_live_again(exchange: Running, mina: Person) -> None:
    site, code = Subscriber(exchange, "A site that hears it again"), picture_code()
    mina.send([code], [site.id])
    follow(site, code)
    mina.withdraw()
    until(lambda: site.fetch() and site.withdrawn)
    Person(exchange).send([code], [site.id])
    follow(site, code)


def test_from_the_beginning_there_is_nothing_to_withdraw(exchange: Running, mina: Person) -> None:
    site, kept, gone = Subscriber(exchange, "A site that starts anew"), picture_code(), picture_code()
    other = Person(exchange)
    mina.send([kept], [site.id])
    other.send([gone], [site.id])
    follow(site, kept, gone)
    other.withdraw()
    until(lambda: site.page().records)
    # `tx fetch --clear` and then `tx fetch`: a client that ignores withdrawals would list what it is told here.
    site.start, site.live = FROM_THE_BEGINNING, set()
    site.fetch()
    assert site.live == turns(kept) and not site.withdrawn


def test_what_is_withdrawn_between_two_pages_is_not_missed(exchange: Running, mina: Person) -> None:
    site, codes = Subscriber(exchange, "A site that is between pages"), [picture_code() for _ in range(3)]
    people = [Person(exchange) for _ in codes]
    for person, code in zip(people, codes, strict=True):
        person.send([code], [site.id])
        until(lambda: site.page(pageSize=1_000).records)
    until(lambda: len(site.page(pageSize=1_000).records) == 24)
    first = site.page(pageSize=4)
    assert first.has_more
    for person in people:
        person.withdraw()
    time.sleep(2.5)
    rest = site.page(pageSize=1_000, nextPageToken=first.token)
    site.start = rest.next_time
    site.fetch()
    assert {record.value for record in first.records} <= set(site.withdrawn)


def test_a_list_that_comes_from_elsewhere_is_refused(quiet: Subscriber) -> None:
    answer = quiet.get(startTimestamp=int(time.time()) + 86_400)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_videos_are_not_sent_where_no_client_could_find_them(exchange: Running, mina: Person) -> None:
    site, code = Subscriber(exchange, "A site without videos"), picture_code()
    mina.send([video_code(5), code], [site.id])
    follow(site, code)
    time.sleep(1.2)
    site.fetch()
    assert site.live == turns(code)


def test_feedback_becomes_a_report_in_her_coarse_counts(exchange: Running, mina: Person) -> None:
    site, code = Subscriber(exchange, "A site that tells"), picture_code()
    other = Person(exchange)
    for person in (mina, other):
        person.send([code], [site.id])
    follow(site, code)
    until(lambda: other.site_state() == mina.site_state() == "listed" or site.fetch() == 0)
    hits = lambda person: person.look().json()["sites"][0]["hits"]  # noqa: E731
    for value in sorted(turns(code))[:3]:
        for opinion in ("PendingReview", "Blocked"):
            answer = site.feedback(value, opinion)
            assert (answer.status_code, answer.json()) == (200, {})
    assert hits(mina) == hits(other) == "once", "however often, and of however many turns, it counts once"


def test_feedback_that_it_was_something_else_takes_the_count_back(exchange: Running, mina: Person) -> None:
    site, code = Subscriber(exchange, "A site that looked closer"), picture_code()
    mina.send([code], [site.id])
    follow(site, code)
    value = code["orientations"][2]
    site.feedback(value, "PendingReview")
    assert mina.look().json()["sites"][0]["hits"] == "once"
    site.feedback(value, "NotBlocked")
    assert mina.look().json()["sites"][0]["hits"] == "none"


def test_the_answer_to_feedback_tells_nothing_of_the_list(exchange: Running, mina: Person) -> None:
    site, code, unlisted = Subscriber(exchange, "A site that guesses"), picture_code(), picture_code()
    mina.send([code], [site.id])
    follow(site, code)
    answers = [site.feedback(each["orientations"][0], "None") for each in (code, unlisted)]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert {*answers[0].headers} == {*answers[1].headers}
    assert mina.look().json()["sites"][0]["hits"] == "none"


@pytest.mark.parametrize("wrong", ["x-functions-key", "Ocp-Apim-Subscription-Key"])
def test_both_keys_are_needed_and_belong_together(quiet: Subscriber, silent: Subscriber, wrong: str) -> None:
    site, other = quiet, silent
    assert site.get().status_code == 200
    for value in ("", "nonsense", other.headers[wrong], "x" * 300):
        answer = site.get(headers=site.headers | {wrong: value})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized"), value
    swapped = {"x-functions-key": site.subscription_key, "Ocp-Apim-Subscription-Key": site.function_key}
    assert site.get(headers=swapped).status_code == 403


def test_keys_are_kept_as_hashes_and_open_nothing_else(exchange: Running, partner: Partner, quiet: Subscriber) -> None:
    site = quiet
    for key in (site.function_key, site.subscription_key):
        held = [path for path in exchange.folder.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
        assert held == []
        answer = httpx.get(
            f"{exchange.urls['partners']}/v1/feed/keys", headers={"Authorization": f"Bearer {key}"}, timeout=60
        )
        assert answer.status_code == 403
    pair = {"x-functions-key": partner.token, "Ocp-Apim-Subscription-Key": partner.token}
    assert site.get(headers=pair).status_code == 403


def test_a_base_url_may_end_in_a_slash(quiet: Subscriber) -> None:
    answer = httpx.get(f"{quiet.url}//FetchHashes?startTimestamp=10", headers=quiet.headers, timeout=60)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "question",
    [
        {"startTimestamp": "-1"},
        {"startTimestamp": "x"},
        {"startTimestamp": ""},
        {"startTimestamp": 1 << 53},
        {"pageSize": "x"},
        {"nextPageToken": "x"},
        {"nextPageToken": "1-1-" + "G" * 32},
    ],
)
def test_a_question_that_is_no_such_question_is_refused(quiet: Subscriber, question: dict[str, object]) -> None:
    assert quiet.get(**question).status_code == 400


def test_a_site_joins_with_one_kind_of_client(exchange: Running, quiet: Subscriber) -> None:
    said = command(exchange.folder, "partner", "add", QUIET, "--country", "ZZ", fails=True)
    assert "another kind of client" in said
