"""European Union: Regulation (EU) 2022/2065 (Digital Services Act), Articles 16, 20 and 21."""

from __future__ import annotations

from datetime import date, timedelta

from notcontent.exchange.notices.directory.service import Service
from notcontent.exchange.notices.regimes.contract import (
    ONLY_CARRIES,
    Answer,
    Coverage,
    Element,
    Level,
    Regime,
    Reveals,
    Rung,
    Source,
    as_listed,
    is_adult,
)
from notcontent.exchange.notices.regimes.elapsed import Clock, Starts
from notcontent.exchange.notices.regimes.facts import Capacity, Facts, is_address

KEY = "eu"


def _covers(service: Service) -> Coverage:
    if service.does in ONLY_CARRIES:
        return Coverage(Answer.NO, "Article 16 binds hosts; who only carries messages or gives access is none.")
    return as_listed(
        service,
        KEY,
        Coverage(
            Answer.UNSURE, "Article 16 binds every host that offers its service in the Union. Look whether it does."
        ),
    )


def _has_exact_location(facts: Facts) -> bool:
    return bool(facts.items) and all(item.links for item in facts.items)


def _is_told_apart(facts: Facts) -> bool:
    return all(item.native_id.strip() or item.description.strip() for item in facts.items)


REGIME = Regime(
    key=KEY,
    law="Digital Services Act, Article 16 (European Union)",
    checked=date(2026, 11, 22),
    sends=True,
    may_send=frozenset({Capacity.SELF, Capacity.REPRESENTATIVE}),
    elements=(
        Element(
            "eu.reasons", Level.MUST, "Name a legal ground and tie it to what happened", "Art. 16(2)(a)",
            lambda facts: bool(facts.legal_explanation.strip()) and bool(facts.consent_facts.strip()),
        ),
        Element("eu.location", Level.MUST, "Give the exact link of each picture", "Art. 16(2)(b)", _has_exact_location),
        Element(
            "eu.extra_id", Level.MUST, "Say in a few words, or with the site’s own number, which picture it is",
            "Art. 16(2)(b)", _is_told_apart,
        ),
        Element(
            "eu.name", Level.MUST, "Give the helpline’s name", "Art. 16(2)(c)",
            lambda facts: bool(facts.sender_name.strip()),
        ),
        Element(
            "eu.email", Level.MUST, "Give an e-mail address that the helpline reads", "Art. 16(2)(c)",
            lambda facts: is_address(facts.sender_email),
        ),
        Element(
            "eu.bona_fide", Level.MUST, "Say that you believe it to be accurate and complete", "Art. 16(2)(d)",
            lambda facts: facts.accurate_complete,
        ),
        Element(
            "eu.authority", Level.IF, "She has to have said, dated, that you may write for her", "house rule",
            lambda facts: facts.authorised is not None, lambda facts: facts.capacity is Capacity.REPRESENTATIVE,
            from_her=True,
        ),
        Element(
            "eu.language", Level.RECOMMENDED, "Write in a language of the site", "house rule",
            lambda facts: bool(facts.language),
        ),
        Element(
            "eu.adult", Level.MUST, "Be sure that she was of age: for a minor, stop here and use the hotline",
            "house rule", is_adult,
        ),
    ),
    clocks=(
        Clock(
            "eu.remove", Starts.RECEIPT, binding=False, hours=24, warn=(timedelta(hours=6),),
            source="Art. 16(6) names no hours (“timely”); 24 hours is this helpline’s own target",
        ),
        Clock(
            "eu.complaint", Starts.DECISION, binding=True, months=6, warn=(timedelta(days=30), timedelta(days=7)),
            source="Art. 20(1): at least six months from the day on which the decision was told",
        ),
    ),
    reveals=Reveals(
        site="The helpline’s name and e-mail address; where the picture is; why it is illegal.",
        uploader="Who sent the notice only where that is strictly necessary (Art. 17(3)(b)): then the helpline’s name.",
        state="What the site or the helpline holds, by legal process.",
        least="The helpline sends it as an organisation.",
    ),
    ladder=(
        Rung(
            "eu.remind", "the site", "after 24 hours without a decision",
            "On $sent we sent you a notice under Article 16 of Regulation (EU) 2022/2065 (our reference $reference). "
            "Please confirm its receipt (Article 16(4)) and tell us your decision without undue delay (Article 16(5)).",
            "The site learns nothing new.",
        ),
        Rung(
            "eu.flagger", "a trusted flagger", "if one for this kind of content would pass it on",
            "We ask you to pass on our notice to $service of $sent (our reference $reference) under Article 22.",
            "One more organisation learns where the picture is.",
        ),
        Rung(
            "eu.complaint", "the site’s complaint system (Art. 20)", "within six months of a refusal, where the site "
            "is not a micro or small enterprise",
            "We complain under Article 20 of Regulation (EU) 2022/2065 about your decision on our notice of $sent (our "
            "reference $reference), and ask that a person look at it.",
            "The site learns nothing new.",
        ),
        Rung(
            "eu.body", "a certified out-of-court body (Art. 21)", "after a refusal; what it says does not bind the site",
            "", "The body learns where the picture is.",
        ),
        Rung(
            "eu.coordinator", "the Digital Services Coordinator of the helpline’s country (Art. 53)",
            "when the site has no working way to send notices, or does not answer",
            "$service did not act on our notice under Article 16 of Regulation (EU) 2022/2065 of $sent (our reference "
            "$reference). We complain under Article 53.",
            "A state authority learns where the picture is and that the helpline asked.",
        ),
        Rung("eu.court", "a lawyer", "when nothing else moved the site", "", "Proceedings need her name."),
    ),
    sources=(
        Source("Article 16, unofficial final text (eu-digital-services-act.com)", True),
        Source("Articles 17, 20 and 21 and recitals 50 and 52, as quoted from EUR-Lex", True),
        Source("Articles 22 and 53", False),
    ),
    fields=frozenset(
        {"items", "consent_facts", "legal_explanation", "sender_name", "sender_email", "reference", "service", "sent"}
    ),
    covers=_covers,
)  # fmt: skip
