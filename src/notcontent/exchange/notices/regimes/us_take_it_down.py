"""United States: TAKE IT DOWN Act, Public Law 119-12, section 3. In force for sites since 19 May 2026."""

from __future__ import annotations

from datetime import date, timedelta

from notcontent.exchange.notices.directory.service import Does, Service
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

KEY = "us"
SECTION = "P.L. 119-12, s. 3(a)"


def _covers(service: Service) -> Coverage:
    if service.does in ONLY_CARRIES:
        return Coverage(Answer.NO, "The Act leaves out e-mail and providers of internet access.")
    if service.does is Does.PUBLISHES:
        return Coverage(
            Answer.UNSURE, "A site of mostly chosen content is covered only if it publishes such pictures regularly."
        )
    return as_listed(
        service,
        KEY,
        Coverage(
            Answer.UNSURE,
            "The Act covers sites that serve the public and live on what their users post. Look whether this one does.",
        ),
    )


def _is_located(facts: Facts) -> bool:
    return bool(facts.items) and all(item.links or item.native_id for item in facts.items)


REGIME = Regime(
    key=KEY,
    law="TAKE IT DOWN Act (United States)",
    checked=date(2026, 11, 22),
    sends=True,
    may_send=frozenset({Capacity.SELF, Capacity.REPRESENTATIVE}),
    elements=(
        Element(
            "us.signature", Level.MUST, "Sign the notice: the name of whoever signs for the helpline is enough",
            SECTION, lambda facts: bool(facts.signature.strip()),
        ),
        Element(
            "us.authority", Level.IF, "She has to have said, dated, that you may write for her", "house rule",
            lambda facts: facts.authorised is not None, lambda facts: facts.capacity is Capacity.REPRESENTATIVE,
            from_her=True,
        ),
        Element(
            "us.identify", Level.MUST, "Say in a few words what is shown, for each picture", SECTION,
            lambda facts: bool(facts.items) and all(item.description.strip() for item in facts.items),
        ),
        Element(
            "us.locate", Level.MUST, "Give a link, or the site's own number, for each picture", SECTION, _is_located
        ),
        Element(
            "us.good_faith", Level.MUST, "Say that you believe in good faith that she did not agree", SECTION,
            lambda facts: facts.no_consent,
        ),
        Element(
            "us.consent_facts", Level.MUST, "Say what shows that she did not agree, in a sentence or two", SECTION,
            lambda facts: facts.says_why_not_agreed,
        ),
        Element(
            "us.contact", Level.MUST, "Give an address at which the helpline is reached", SECTION,
            lambda facts: is_address(facts.contact),
        ),
        Element(
            "us.adult", Level.MUST, "Be sure that she was of age: for a minor, stop here and use the hotline",
            "house rule", is_adult,
        ),
    ),
    clocks=(
        Clock(
            "us.remove", Starts.RECEIPT, binding=True, source=SECTION, hours=48,
            warn=(timedelta(hours=24), timedelta(hours=6), timedelta(hours=1)),
        ),
    ),
    reveals=Reveals(
        site="The helpline’s name, signature and address; where the picture is; why it was not agreed.",
        uploader="Nothing by law.",
        state="What the site or the helpline holds, by legal process.",
        least="The helpline signs, as the person whom she asked to.",
    ),
    ladder=(
        Rung(
            "us.remind", "the site: a reminder", Opens.HALF, "once half of the 48 hours have passed without an answer",
            "The site learns nothing new.", reminds=True,
        ),
        Rung(
            "us.ftc", "the Federal Trade Commission, TakeItDown.ftc.gov", Opens.OVER, "when the 48 hours are over",
            "A state authority learns where the picture is and that the helpline asked. Her name is not needed.",
            name="the Federal Trade Commission", place="US", address="https://takeitdown.ftc.gov/",
            source="press releases of the Commission of May 2026, as reported",
            answer=Clock(
                "us.ftc.answer", Starts.SENT, binding=False, working_days=20,
                source="no law names days; twenty working days are this helpline’s own target",
            ),
        ),
        Rung(
            "us.court", "a lawyer, and then a court", Opens.OVER_OR_REFUSED, "when nothing else moved the site",
            "A lawyer, who is bound to secrecy, learns where the picture is. Proceedings need her name.", name="a lawyer",
            place=AT_HOME,
            answer=Clock("us.court.answer", Starts.SENT, binding=False, working_days=5, source="house target"),
        ),
    ),
    preservation=Preservation(
        "None: the Act knows no duty to keep what is taken down, and 18 U.S.C. 2703(f) (90 days) is for governmental "
        "entities alone. It is a plain request; whoever expects a lawsuit asks early.",
        "H.R. 633 as reported, s. 3 (nothing found there); 18 U.S.C. 2703(f), as reported",
    ),
    sources=(
        Source("H.R. 633 (119th Congress), text as reported, sections 2 to 4; compared with quotations of P.L. 119-12", True),
        Source("Reports on the letters of the Federal Trade Commission of 11 May 2026", False),
    ),
    fields=frozenset(
        {"items", "consent_facts", "signature", "sender_name", "contact", "reference", "service", "sent"}
    ),
    covers=_covers,
    version=2,
)  # fmt: skip
