"""China: a route that is only explained. Every domestic way needs her real name, which reaches whoever uploaded it."""

from __future__ import annotations

from datetime import date

from notcontent.exchange.notices.directory.service import Service
from notcontent.exchange.notices.regimes.contract import Answer, Coverage, Regime, Reveals, Source
from notcontent.exchange.notices.regimes.facts import Capacity


def _covers(service: Service) -> Coverage:
    if service.country != "CN":
        return Coverage(Answer.NO, "These ways reach domestic platforms only, and not Telegram.")
    return Coverage(Answer.YES, "A domestic platform has to act on a right holder’s notice; no hours are named.")


REGIME = Regime(
    key="cn",
    law="Civil Code, Articles 1194 to 1197 (China)",
    checked=date(2026, 11, 22),
    sends=False,
    may_send=frozenset({Capacity.SELF}),
    elements=(),
    clocks=(),
    reveals=Reveals(
        site="Her real name, and first evidence of the wrong.",
        uploader="The notice: the platform has to pass it on, with her name.",
        state="Her real name, on every domestic service.",
        least="Ask sites abroad under other laws; there the helpline signs.",
    ),
    ladder=(),
    sources=(
        Source("Civil Code, Articles 1194 and 1195, Chinese text with translation", True),
        Source(
            "Reports on Article 80 of the Public Security Administration Punishments Law, in force since 1 January 2026",
            True,
        ),
        Source("Articles 1032, 1033, 1183 and 1196; Personal Information Protection Law", False),
    ),
    fields=frozenset(),
    covers=_covers,
    guide=(
        "Never ask her to send the picture to anybody, you included. Since 1 January 2026 sending obscene pictures is "
        "punishable, also in a private chat: up to 15 days and 5,000 yuan. Picture codes are not pictures.",
        "A notice to a domestic platform needs first evidence and her real name (Art. 1195). The platform has to pass it on to "
        "whoever uploaded it, who may answer (Art. 1196). A wrong notice makes her liable.",
        "With it she can ask a domestic platform to delete, block or disconnect, and the uploader to stop, to apologise and to "
        "pay (Art. 1032, 1033, 1183). It does not reach Telegram.",
        "The police take voyeurism and the sending of such pictures. She decides; they learn her name, and may ask for her phone.",
        "Prepare with her what she would write: which picture, where, that she did not agree, what she asks for. She sends it "
        "herself, if she wants to. Nothing is sent from here.",
    ),
)
