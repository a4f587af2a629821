"""Korea: a route that is only explained. The public centre asks sites itself, in many languages, and searches."""

from __future__ import annotations

from datetime import date

from notcontent.exchange.notices.directory.service import Service
from notcontent.exchange.notices.regimes.contract import Answer, Coverage, Opens, Regime, Reveals, Rung, Source
from notcontent.exchange.notices.regimes.facts import Capacity


def _covers(_: Service) -> Coverage:
    return Coverage(
        Answer.UNSURE,
        "The duties bind services with more than 100,000 users a day or a billion won of revenue; private chats are exempt.",
    )


REGIME = Regime(
    key="kr",
    law="Telecommunications Business Act and related acts (Korea)",
    checked=date(2026, 11, 22),
    sends=False,
    may_send=frozenset({Capacity.SELF, Capacity.REPRESENTATIVE}),
    elements=(),
    clocks=(),
    reveals=Reveals(
        site="Whatever the centre writes to it; not her name.",
        uploader="Nothing known.",
        state="The centre is a public body: its staff learn of the case and search for the picture. It may ask for a picture "
        "(not verified).",
        least="Ask without a name first: the hotline 1366 is answered day and night (reported).",
    ),
    ladder=(
        Rung(
            "kr.kcsc", "the regulator (KCSC)", Opens.SENT, "when a site doubts",
            "The regulator learns where the picture is.", has_letter=False,
        ),
    ),
    sources=(
        Source(
            "Articles of Asia Business Daily of 12 October 2020 and 5 September 2022 on who may ask and whom it binds",
            True,
        ),
        Source("Telecommunications Business Act, Article 22-5(1), as services cite it on their pages for reports", False),
        Source("korea.net of 29 April 2025 on the centre, 1366 and blocking before review", False),
    ),
    fields=frozenset(),
    covers=_covers,
    guide=(
        "Anybody may ask: she herself, the Digital Sex Crime Victim Support Center, a counselling centre.",
        "The centre is reached at 1366. Since 2025 a picture is to be blocked on request first and reviewed afterwards (reported).",
        "Say at once if a name, an address or a workplace stands beside the picture: the deletion law did not cover that "
        "for long, and in 2023 nearly a quarter of all deletions had it.",
        "Doubtful cases go to the regulator (KCSC). Write its number into the case.",
        "Private chats are exempt, and Telegram has named nobody in Korea: this route does not reach it.",
        "Tell her before she calls: staff of the centre will learn of the case and look for the picture.",
    ),
)  # fmt: skip
