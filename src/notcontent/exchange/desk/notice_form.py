"""A draft of a notice as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notcontent.exchange.cases.models import Case
from notcontent.exchange.notices.directory.reading import find_service, read_directory
from notcontent.exchange.notices.directory.service import Way
from notcontent.exchange.notices.drafting import Draft
from notcontent.exchange.notices.keeping import Work
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.contract import Answer, Regime
from notcontent.exchange.notices.regimes.facts import Facts, Item, Kind, Minor
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.regimes.offences import OFFENCES
from notcontent.exchange.notices.sending import relay
from notcontent.exchange.notices.wording.rendering import FALLBACK, choose_language, read_wordings
from notcontent.exchange.today import utc_today

SENDING = tuple(regime for regime in REGIMES.values() if regime.sends)
_LINES = {"rows": 3, "maxlength": 4000}


class StartForm(forms.Form):
    """A pasted link and the law to write under. `draft` gives what the directory adds to it."""

    law = forms.ChoiceField(choices=[(regime.key, regime.law) for regime in SENDING], label=_("Under which law"))
    links = forms.CharField(
        label=_("Links, one a line"),
        help_text=_("As she wrote them. Nobody opens them here."),
        widget=forms.Textarea(attrs=_LINES),
    )

    def draft(self, profile: Any) -> Draft:
        """Only of a valid form. Raises `MailNotSetUp` where no relay is named: its sender is who is answered."""
        links = tuple(line.strip() for line in self.cleaned_data["links"].splitlines() if line.strip())
        regime = REGIMES[self.cleaned_data["law"]]
        service = find_service(links[0]) if links else None
        sender = relay().sender
        facts = Facts(
            tuple(Item(Kind.PHOTO, "", (link,)) for link in links), signature="", sender_name=profile.name,
            sender_email=sender, contact=sender,
            language=choose_language(regime, service.languages if service else ()),
        )  # fmt: skip
        if service is None:
            return Draft(regime.key, "", "", "email", "", facts, Answer.UNSURE)
        ways = service.channels_for(regime.key)
        way, to = (ways[0].way.value, ways[0].to) if ways else ("email", "")
        covered = regime.covers(service).answer
        return Draft(regime.key, service.key, service.name, way, to, facts, covered)


#: Fields that are there only where the law's text holds what they ask for.
_FIELD_OF = {
    "ready_consent": "consent_facts", "consent_facts": "consent_facts", "grounds": "legal_explanation",
    "offence": "legal_explanation", "legal_explanation": "legal_explanation", "signature": "signature",
}  # fmt: skip
#: A letter after a notice says what the notice said; this is asked no second time.
_ONLY_IN_NOTICES = ("service", "covered", "minor", "items", "kind", "declared", "preserve")


class NoticeForm(forms.Form):
    """What a notice says. Fields that its law does not ask for are not there."""

    service_name = forms.CharField(max_length=100, label=_("Site"))
    service = forms.ChoiceField(required=False, label=_("In the directory"))
    way = forms.ChoiceField(
        choices=[(Way.EMAIL.value, _("by e-mail")), (Way.FORM.value, _("by its own form"))],
        label=_("How it goes there"),
    )
    to = forms.CharField(
        max_length=500, label=_("Address or form"), help_text=_("An e-mail address, or the form’s link.")
    )
    looked_up = forms.BooleanField(
        required=False,
        label=_("I looked this address up on the site’s own pages today"),
        help_text=_("A wrong address tells a stranger where the picture is."),
    )
    covered = forms.ChoiceField(
        choices=[(Answer.YES.value, _("yes")), (Answer.UNSURE.value, _("not sure")), (Answer.NO.value, _("no"))],
        label=_("Does this law cover the site?"),
        help_text=_("Only with “yes” does she see a clock."),
    )
    partner = forms.ChoiceField(
        required=False,
        label=_("Her statement"),
        help_text=_("Without one for this site she is asked about the exact text, and her yes is what counts."),
    )
    minor = forms.ChoiceField(
        choices=[(Minor.UNKNOWN.value, _("not known")), (Minor.NO.value, _("yes")), (Minor.YES.value, _("no"))],
        label=_("Was she of age when it was made?"),
        help_text=_("If not, or if you don’t know: stop here, send nothing, and use the hotline for minors."),
    )
    items = forms.CharField(
        label=_("What is shown, and where"),
        help_text=_("For each picture a line of words, then its links below it, then an empty line. No name of hers."),
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": 20_000}),
    )
    kind = forms.ChoiceField(
        choices=[
            (Kind.PHOTO.value, _("photo")), (Kind.VIDEO.value, _("video")),
            (Kind.FORGERY.value, _("forged picture or video")), (Kind.OTHER.value, _("other")),
        ],
        label=_("What they are"),
    )  # fmt: skip
    ready_consent = forms.MultipleChoiceField(
        required=False, label=_("What shows that she did not agree"), widget=forms.CheckboxSelectMultiple,
        help_text=_("Only what she has told you. These sentences go out in the language of the notice."),
    )  # fmt: skip
    consent_facts = forms.CharField(
        required=False, label=_("What else shows it, in your own words"), widget=forms.Textarea(attrs=_LINES),
        help_text=_("What you write yourself goes out as you write it: use the language of the notice."),
    )  # fmt: skip
    grounds = forms.MultipleChoiceField(
        required=False, label=_("Which law it breaks"), widget=forms.CheckboxSelectMultiple
    )
    offence = forms.ChoiceField(
        required=False, label=_("Which crime it is, if one is named"),
        help_text=_("By the law of her country or the site’s. Nobody here has read these laws anew: look first."),
    )  # fmt: skip
    legal_explanation = forms.CharField(
        required=False, label=_("Which other law it breaks, and how"), widget=forms.Textarea(attrs=_LINES)
    )
    signature = forms.CharField(
        required=False, max_length=200, label=_("Signed by"),
        help_text=_("Whoever signs for the helpline. It goes to the site."),
    )  # fmt: skip
    her_name = forms.CharField(
        required=False, max_length=200, label=_("Her name, only if she wants it in this notice"),
        help_text=_("No law here asks for it. She is asked about the text, and a second person approves it."),
    )  # fmt: skip
    criminal_reference = forms.CharField(
        required=False, max_length=200, label=_("Number of the police or the court, if there is one")
    )
    declared = forms.BooleanField(
        required=False,
        label=_("I declare for the helpline, in good faith and to the best of my knowledge, that this is so"),
        help_text=_("It is intimate, she did not agree, and what stands here is accurate and complete."),
    )
    preserve = forms.BooleanField(
        required=False, label=_("Ask the site to keep what it takes down, for the authorities")
    )
    language = forms.ChoiceField(
        label=_("Language"), help_text=_("One that the site works in. You see the same text in English beside it.")
    )

    def __init__(self, *args: Any, regime: Regime, case: Case, rung: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.regime = regime
        english = read_wordings()[regime.key, FALLBACK]
        self.fields["ready_consent"].choices = list(english.consent.items())
        self.fields["grounds"].choices = [(one, text) for one, text in english.grounds.items() if one != "offence"]
        self.fields["offence"].choices = [("", "—"), *((one, crime.provision) for one, crime in OFFENCES.items())]
        self.fields["service"].choices = [("", "—"), *((one.key, one.name) for one in read_directory().values())]
        statements = case.statements.select_related("partner")
        self.fields["partner"].choices = [("", "—"), *((said.partner_id, said.partner.name) for said in statements)]
        languages = sorted(language for law, language in read_wordings() if law == regime.key)
        self.fields["language"].choices = [(language, language) for language in languages]
        for name, field in _FIELD_OF.items():
            if field not in regime.fields or rung:
                del self.fields[name]
        for name in _ONLY_IN_NOTICES if rung else ():
            del self.fields[name]
        if "preserve" in self.fields and regime.preservation:
            self.fields["preserve"].help_text = regime.preservation.basis

    def clean(self) -> dict[str, Any]:
        """An address that nobody has read at its source needs somebody's word."""
        told: dict[str, Any] = super().clean()
        service = read_directory().get(told.get("service", self.initial.get("service", "")))
        sure = service is not None and any(
            channel.to == told.get("to") and channel.is_sure(utc_today()) for channel in service.channels
        )
        if told.get("to") and not sure and not told.get("looked_up"):
            self.add_error("looked_up", _("Nobody has read this address at its source lately. Look it up, and say so."))
        return told

    def draft(self, profile: Any) -> Draft:
        """Only of a valid form. What it does not ask stays as it was. Raises `MailNotSetUp`."""
        told = self.initial | self.cleaned_data
        sender, sure = relay().sender, told.get("declared", False)
        facts = Facts(
            _items_of(told["items"], Kind(told["kind"])), consent_facts=told.get("consent_facts", ""),
            legal_explanation=told.get("legal_explanation", ""), no_consent=sure, good_faith=sure,
            accurate_complete=sure, true_to_best_knowledge=sure, is_intimate=sure, signature=told.get("signature", ""),
            sender_name=profile.name, sender_email=sender, contact=sender, language=told["language"],
            minor=Minor(told["minor"]), her_name=told["her_name"], criminal_reference=told["criminal_reference"],
            preserve=told.get("preserve", False), ready_consent=tuple(told.get("ready_consent", ())),
            grounds=tuple(told.get("grounds", ())), offence=told.get("offence", ""),
        )  # fmt: skip
        return Draft(
            self.regime.key, told["service"], told["service_name"], told["way"], told["to"], facts,
            Answer(told["covered"]), told["partner"],
        )  # fmt: skip


def begin_with(notice: Notice, work: Work) -> dict[str, Any]:
    """What the form shows of a draft."""
    facts = work.facts
    return {
        "service_name": work.service, "service": notice.service, "way": notice.way, "to": work.to,
        "covered": notice.covered, "partner": notice.partner_id or "", "minor": facts.minor.value,
        "items": "\n\n".join(_lines_of(item) for item in facts.items),
        "kind": facts.items[0].kind.value if facts.items else Kind.PHOTO.value, "consent_facts": facts.consent_facts,
        "legal_explanation": facts.legal_explanation, "signature": facts.signature, "her_name": facts.her_name,
        "criminal_reference": facts.criminal_reference, "preserve": facts.preserve,
        "declared": facts.good_faith, "language": facts.language, "ready_consent": list(facts.ready_consent),
        "grounds": list(facts.grounds), "offence": facts.offence,
    }  # fmt: skip


def _lines_of(item: Item) -> str:
    return "\n".join((item.description, *item.links, item.native_id)).strip()


def _items_of(untrusted: str, kind: Kind) -> tuple[Item, ...]:
    """Blocks between empty lines: words first, then links; what begins otherwise after a link is the site's own id."""
    items = []
    for block in untrusted.replace("\r\n", "\n").split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        links = tuple(line for line in lines if "://" in line)
        words = [line for line in lines if "://" not in line]
        first_link = next((at for at, line in enumerate(lines) if "://" in line), len(lines))
        before = " ".join(line for line in lines[:first_link])
        after = " ".join(words[len(lines[:first_link]) :])
        if lines:
            items.append(Item(kind, before, links, after))
    return tuple(items)
