"""European Union: Regulation (EU) 2022/2065 (Digital Services Act), Articles 16, 20 and 21."""

from __future__ import annotations

from datetime import date, timedelta

from notcontent.exchange.notices.directory.service import Service
from notcontent.exchange.notices.regimes.contract import (
    AT_HOME,
    ONLY_CARRIES,
    Answer,
    Coverage,
    Element,
    Level,
    Opens,
    Preservation,
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
            lambda facts: facts.names_a_ground and facts.says_why_not_agreed,
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
            "eu.remind", "the site: a reminder", Opens.OVER, "after 24 hours without a decision",
            "The site learns nothing new.", reminds=True,
            answer=Clock("eu.remind.answer", Starts.SENT, binding=False, working_days=1, source="house target"),
        ),
        Rung(
            "eu.flagger", "a trusted flagger (Art. 22)", Opens.SENT, "if one for this kind of content would pass it on",
            "One more organisation learns where the picture is.", name="a trusted flagger", reminds=True,
            place=AT_HOME, address="https://digital-strategy.ec.europa.eu/en/policies/trusted-flaggers-under-dsa",
            source="the Commission’s list of trusted flaggers; its address is cited by many, the list itself was not read",
            answer=Clock("eu.flagger.answer", Starts.SENT, binding=False, working_days=2, source="house target"),
        ),
        Rung(
            "eu.complaint", "the site’s complaint system (Art. 20)", Opens.REFUSED, "within six months of a refusal, "
            "where the site is not a micro or small enterprise", "The site learns nothing new.",
            answer=Clock(
                "eu.complaint.answer", Starts.SENT, binding=False, working_days=10,
                source="Art. 20(4) names no days (“timely”); ten working days are this helpline’s own target",
            ),
        ),
        Rung(
            "eu.body", "a certified out-of-court body (Art. 21)", Opens.REFUSED, "after a refusal; what it says does not "
            "bind the site", "The body learns where the picture is.", name="a certified dispute settlement body",
            place=AT_HOME, address="https://digital-strategy.ec.europa.eu/en/policies/dsa-out-court-dispute-settlement",
            source="the Commission’s list of certified bodies; its address is cited by many, the list itself was not read",
            answer=Clock(
                "eu.body.answer", Starts.SENT, binding=True, days=90, warn=(timedelta(days=14),),
                source="Art. 21(4): 90 days, once more 90 in highly complex disputes (cnam.ie, read in a copy without a date)",
            ),
        ),
        Rung(
            "eu.coordinator", "the Digital Services Coordinator of the helpline’s country (Art. 53)",
            Opens.OVER_OR_REFUSED, "when the site has no working way to send notices, or does not answer",
            "A state authority learns where the picture is and that the helpline asked.",
            name="the Digital Services Coordinator", place=AT_HOME,
            address="https://digital-strategy.ec.europa.eu/en/policies/dsa-dscs",
            source="the Commission’s list of coordinators; its address is cited by many, the list itself was not read",
            answer=Clock(
                "eu.coordinator.answer", Starts.SENT, binding=False, working_days=20,
                source="Art. 53 names no days; twenty working days are this helpline’s own target",
            ),
        ),
        Rung(
            "eu.court", "a lawyer, and then a court", Opens.OVER_OR_REFUSED, "when nothing else moved the site",
            "A lawyer, who is bound to secrecy, learns where the picture is. Proceedings need her name.", name="a lawyer",
            place=AT_HOME,
            answer=Clock("eu.court.answer", Starts.SENT, binding=False, working_days=5, source="house target"),
        ),
    ),
    preservation=Preservation(
        "None: the Digital Services Act knows no duty to keep what is taken down. For data about her, she may ask for "
        "restriction instead of erasure (GDPR, Art. 18(1)(b) and (c)). Only authorities can order more.",
        "Regulation (EU) 2022/2065, Chapter III (nothing found there); Regulation (EU) 2016/679, Art. 18 (not read anew)",
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
    version=2,
)  # fmt: skip
