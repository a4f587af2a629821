"""United Kingdom: Online Safety Act 2023, sections 10(3A) and 20A. In force since 29 June 2026 (S.I. 2026/689)."""

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
from notcontent.exchange.notices.regimes.facts import Capacity, is_address

KEY = "uk"


def _covers(service: Service) -> Coverage:
    if service.does in ONLY_CARRIES:
        return Coverage(Answer.NO, "The Act leaves out e-mail and providers of internet access.")
    return as_listed(
        service,
        KEY,
        Coverage(Answer.UNSURE, "The Act covers services with links to the United Kingdom. Look whether this one has."),
    )


REGIME = Regime(
    key=KEY,
    law="Online Safety Act 2023, section 20A (United Kingdom)",
    checked=date(2026, 11, 22),
    sends=True,
    may_send=frozenset({Capacity.SELF, Capacity.REPRESENTATIVE}),
    elements=(
        Element(
            "uk.declare_intimate", Level.MUST, "Declare that it is intimate image content", "s. 20A(2)(a)",
            lambda facts: facts.is_intimate,
        ),
        Element(
            "uk.declare_good_faith", Level.MUST, "Declare that the report is made in good faith", "s. 20A(2)(c)(i)",
            lambda facts: facts.good_faith,
        ),
        Element(
            "uk.declare_true", Level.MUST, "Declare that it is true to the best of your knowledge and belief",
            "s. 20A(2)(c)(ii)", lambda facts: facts.true_to_best_knowledge,
        ),
        Element(
            "uk.identify", Level.MUST, "Say enough for the site to find it: a link, or what it is and where",
            "s. 20A(2)(d)",
            lambda facts: bool(facts.items) and all(item.links or item.description.strip() for item in facts.items),
        ),
        Element(
            "uk.contact", Level.MUST, "Give an address at which the helpline is reached", "s. 20A(2)(e)",
            lambda facts: is_address(facts.contact),
        ),
        Element(
            "uk.authority", Level.IF, "She has to have said, dated, that you may write for her", "house rule",
            lambda facts: facts.authorised is not None, lambda facts: facts.capacity is Capacity.REPRESENTATIVE,
            from_her=True,
        ),
        Element(
            "uk.adult", Level.MUST, "Be sure that she was of age: for a minor, stop here and use the hotline",
            "house rule", is_adult,
        ),
    ),
    clocks=(
        Clock(
            "uk.remove", Starts.RECEIPT, binding=True, source="s. 10(3A)", hours=48,
            warn=(timedelta(hours=24), timedelta(hours=6), timedelta(hours=1)),
        ),
    ),
    reveals=Reveals(
        site="The helpline’s contact, that it acts for the person shown, and where the picture is.",
        uploader="Nothing by law.",
        state="What the site or the helpline holds, by legal process.",
        least="The helpline sends it.",
    ),
    ladder=(
        Rung(
            "uk.remind", "the site: a reminder", Opens.HALF, "once half of the 48 hours have passed without an answer",
            "The site learns nothing new.", reminds=True,
        ),
        Rung(
            "uk.complaint", "the site’s expedited complaints procedure (s. 21(2A))", Opens.OVER_OR_REFUSED,
            "when the 48 hours are over, or after a refusal", "The site learns nothing new.", place="GB",
            answer=Clock(
                "uk.complaint.answer", Starts.SENT, binding=False, working_days=2,
                source="s. 21(2A) names no days (“expedited”); two working days are this helpline’s own target",
            ),
        ),
        Rung(
            "uk.ofcom", "Ofcom", Opens.OVER, "when the complaint moved nothing. It answers nobody: Ofcom says that it cannot "
            "respond to single complaints or look into them, and that they help it to see whether a service does enough",
            "A state authority learns where the picture is and that the helpline asked.", name="Ofcom", place="GB",
            address="https://www.ofcom.org.uk/make-a-complaint/complain-about-a-video-sharing-platform-vsp/sites-and-apps/harmful-content",
            source="that page, read in a copy; its sister page is of 7 November 2023",
        ),
        Rung(
            "uk.court", "a lawyer, and then a court", Opens.OVER_OR_REFUSED, "when nothing else moved the site",
            "A lawyer, who is bound to secrecy, learns where the picture is. Proceedings need her name.", name="a lawyer",
            place=AT_HOME,
            answer=Clock("uk.court.answer", Starts.SENT, binding=False, working_days=5, source="house target"),
        ),
    ),
    preservation=Preservation(
        "None: section 20A knows no duty to keep what is taken down. For data about her, she may ask for restriction "
        "instead of erasure (UK GDPR, Art. 18(1)(b) and (c)). Only the police and courts can order more.",
        "Online Safety Act 2023, s. 10 and 20A as quoted (nothing found there); UK GDPR, Art. 18 (not read anew)",
    ),
    sources=(
        Source("Sections 10(3A), 10(3B) and 20A(1) to (2), as read in the House of Lords on 16 April 2026", True),
        Source("Section 21(2A) and 20A(2)(d) to (f), in paraphrase", False),
    ),
    fields=frozenset({"items", "sender_name", "contact", "reference", "service", "sent"}),
    covers=_covers,
)  # fmt: skip
