"""A platform whose client speaks StopNCII's shape, as python-threatexchange's does: same headers, same questions."""

from __future__ import annotations

import json
from typing import Any

import httpx

from notcontent.feed.stopncii import MAX_PAGE, Page, parse_page
from tests.exchange.running import Running, command


class Subscriber:
    """Asks page by page, keeps what it is told by value, and goes on from the time it was told."""

    def __init__(self, exchange: Running, name: str) -> None:
        told = json.loads(
            command(exchange.folder, "partner", "add", name, "--country", "ZZ", "--client", "stopncii", "--json")
        )
        self.exchange = exchange
        self.id = told["partner"]
        self.feed = told["feed"]
        self.function_key = told["function_key"]
        self.subscription_key = told["subscription_key"]
        self.told = told
        self.start = 10
        self.live: set[str] = set()
        self.withdrawn: list[str] = []
        self.times: list[int] = []

    @property
    def url(self) -> str:
        return f"{self.exchange.urls['partners']}/stopncii/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"x-functions-key": self.function_key, "Ocp-Apim-Subscription-Key": self.subscription_key}

    def get(self, headers: dict[str, str] | None = None, **question: Any) -> httpx.Response:
        asked = {"startTimestamp": self.start, "pageSize": 800} | question
        return httpx.get(f"{self.url}/FetchHashes", params=asked, headers=headers or self.headers, timeout=60)

    def page(self, **question: Any) -> Page:
        answer = self.get(**question)
        assert answer.status_code == 200, answer.text
        return parse_page(answer.text)

    def fetch(self, page_size: int = MAX_PAGE) -> int:
        """All that is new, as the client's loop takes it; how many pages that were."""
        more: dict[str, Any] = {}
        for pages in range(1, 1_000):
            page = self.page(pageSize=page_size, **more)
            assert page.next_time >= self.start, "the client gives up where a checkpoint goes back"
            assert len(page.records) <= page_size
            for record in page.records:
                self.times.append(record.time)
                (self.live.discard if record.withdrawn else self.live.add)(record.value)
                self.withdrawn += [record.value] * record.withdrawn
            if not page.has_more:
                self.start = page.next_time
                return pages
            more = {"nextPageToken": page.token}
        raise AssertionError("the pages never end")

    def feedback(self, value: str, opinion: str) -> httpx.Response:
        body = {"count": 1, "hashFeedbacks": [{"tags": ["ncii"], "feedbackValue": opinion, "hashValue": value}]}
        return httpx.post(f"{self.url}/SubmitFeedback", json=body, headers=self.headers, timeout=60)
