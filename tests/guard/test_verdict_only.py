"""The route for hosts that read nothing but a status: nothing is decided that its token does not state."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as exchange:
        exchange.add(fingerprint_picture(generated_picture(1)).orientations[0].value, Tier.CLAIMED)
        exchange.add(fingerprint_picture(generated_picture(2)).orientations[0].value, Tier.VERIFIED)
        settings = {"decoder_workers": 1, "max_upload_mib": 1}
        running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def tokens(guard: RunningGuard) -> dict[str, str]:
    """A token for each pair of words, named by both."""
    return {
        f"{held} {unchecked}": guard.command(
            "token", f"{held} {unchecked}", "--when-held", held, "--when-unchecked", unchecked
        ).split()[-1]
        for held, unchecked in (("stop", "stop"), ("pass", "pass"))
    }


HELD, BLOCKED, OTHER = generated_picture(1), generated_picture(2), generated_picture(3)


@pytest.mark.parametrize(
    ("rule", "upload", "status"),
    [
        ("stop stop", OTHER, 204),
        ("stop stop", HELD, 451),
        ("stop stop", BLOCKED, 451),
        ("stop stop", b"no picture", 415),
        ("stop stop", b"", 422),
        ("stop stop", b"x" * (2 << 20), 413),
        ("pass pass", OTHER, 204),
        ("pass pass", HELD, 204),
        ("pass pass", BLOCKED, 451),
        ("pass pass", b"no picture", 204),
        ("pass pass", b"x" * (2 << 20), 204),
    ],
)
def test_a_status_and_no_body(
    guard: RunningGuard, tokens: dict[str, str], rule: str, upload: bytes, status: int
) -> None:
    by_header = httpx.post(
        f"{guard.url}/v1/verdict", content=upload, headers={"Authorization": f"Bearer {tokens[rule]}"}
    )
    by_path = httpx.post(f"{guard.url}/v1/verdict/{tokens[rule]}", content=upload)
    assert [(each.status_code, each.content) for each in (by_header, by_path)] == [(status, b"")] * 2


def test_a_token_that_states_nothing_is_told_so(guard: RunningGuard) -> None:
    answer = guard.client.post("/v1/verdict", content=OTHER)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "rule")
    assert httpx.post(f"{guard.url}/v1/verdict/{guard.token}", content=OTHER).status_code == 403
    assert httpx.post(f"{guard.url}/v1/verdict/wrong", content=OTHER).status_code == 401
    assert httpx.post(f"{guard.url}/v1/verdict", content=OTHER).status_code == 401


def test_one_word_without_the_other_makes_no_token(guard: RunningGuard) -> None:
    with pytest.raises(AssertionError, match="neither has a default"):
        guard.command("token", "half", "--when-held", "stop")


def test_a_form_is_read_as_at_the_other_route(guard: RunningGuard, tokens: dict[str, str]) -> None:
    files = {"file": ("x.jpg", BLOCKED, "image/jpeg")}
    assert httpx.post(f"{guard.url}/v1/verdict/{tokens['pass pass']}", files=files).status_code == 451


def test_what_cannot_be_checked_now_is_503_or_passes_as_stated(tmp_path_factory: pytest.TempPathFactory) -> None:
    with SmallExchange(tmp_path_factory.mktemp("away")) as exchange:
        guard = RunningGuard(tmp_path_factory.mktemp("new") / "data", exchange, {"decoder_workers": 1})
        guard.set_up()
        exchange.close()
        guard.start(ready=False)
        said = {}
        for word in ("stop", "pass"):
            token = guard.command("token", word, "--when-held", "stop", "--when-unchecked", word).split()[-1]
            said[word] = httpx.post(f"{guard.url}/v1/verdict/{token}", content=OTHER)
        assert (said["stop"].status_code, said["stop"].content) == (503, b"") and said["stop"].headers["Retry-After"]
        assert (said["pass"].status_code, said["pass"].content) == (204, b"")
        assert guard.stop() == 0
        exchange.open()
