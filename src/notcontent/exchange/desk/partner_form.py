"""The vetting checklist as a form, for a site that asks to join and for one that is vetted again."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notcontent.exchange.partners.models import Client, Vetting
from notcontent.exchange.partners.vetting import REVIEW_AFTER, Candidate, Checklist
from notcontent.exchange.today import random_short_id

_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
VERIFIED, ALL = "verified", "all"


def _check_country(text: str) -> str:
    if not _COUNTRY.fullmatch(text):
        raise forms.ValidationError(_("Write a country as its two letters, such as DE."))
    return text.upper()


def _lines(longest: int, hint: Any, label: Any) -> forms.CharField:
    return forms.CharField(
        max_length=longest, label=label, help_text=hint, widget=forms.Textarea(attrs={"rows": 3, "maxlength": longest})
    )


class ChecklistForm(forms.Form):
    """The answers that every vetting needs. `checklist` gives them once the form is valid."""

    run_by = forms.CharField(
        max_length=200, label=_("Who runs it"), help_text=_("The firm or association, as its own papers name it.")
    )
    runs_in = forms.CharField(
        max_length=2, label=_("Where it runs"), help_text=_("The country where its servers stand, two letters.")
    )
    forced_by = forms.CharField(
        max_length=100,
        required=False,
        label=_("Which states can force it"),
        help_text=_("Two letters each, with commas: where it has offices, servers or owners. People see this."),
    )
    reviewers = forms.IntegerField(
        min_value=0,
        max_value=10_000,
        label=_("How many people review held uploads"),
        help_text=_("Human beings who look at a held upload before it is decided. No names."),
    )
    reviewers_are = forms.CharField(
        max_length=200,
        label=_("What these people are"),
        help_text=_("Their role: paid staff, volunteers, a firm."),
    )
    longest_hold_hours = forms.IntegerField(
        min_value=1,
        max_value=720,
        label=_("Longest hold, in hours"),
        help_text=_("After so long one of them has decided. Holds that lie for longer end its right to claims."),
    )
    appeal = _lines(500, _("How an uploader who was held or blocked reaches a person."), _("Appeal"))
    token_holder = forms.CharField(
        max_length=200, label=_("Who holds the token"), help_text=_("A role, and where it is kept. No names.")
    )
    why_scope = _lines(
        500, _("Why it needs all entries, or why verified ones are enough."), _("Why it is sent what it is sent")
    )
    review_again = forms.DateField(
        label=_("Vet it again on"),
        help_text=_("A year from now at the latest."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(
        max_length=1000, label=_("Why now? In a sentence, without names"), help_text=_("It stays in the audit.")
    )

    def clean_runs_in(self) -> str:
        """Two letters."""
        return _check_country(self.cleaned_data["runs_in"])

    def clean_forced_by(self) -> tuple[str, ...]:
        """Countries of two letters each."""
        named = [part.strip() for part in self.cleaned_data["forced_by"].split(",")]
        return tuple(sorted({_check_country(part) for part in named if part}))

    def clean_review_again(self) -> date:
        """A day that is not past and within a year."""
        day: date = self.cleaned_data["review_again"]
        today: date = self.initial["today"]
        if not today < day <= today + REVIEW_AFTER:
            raise forms.ValidationError(_("Choose a day within the next year."))
        return day

    @property
    def checklist(self) -> Checklist:
        """What was answered. Only of a valid form."""
        return Checklist(**{field.name: self.cleaned_data[field.name] for field in fields(Checklist)})


class CandidateForm(ChecklistForm):
    """A site that asks to join. `candidate` gives it once the form is valid."""

    name = forms.CharField(
        max_length=100, label=_("Name of the site"), help_text=_("As people see it when they choose.")
    )
    country = forms.CharField(max_length=2, label=_("Its country"), help_text=_("Two letters. People see this."))
    site = forms.CharField(max_length=253, required=False, label=_("Its domain"))
    client = forms.ChoiceField(
        choices=[(value, _(label)) for value, label in Client.choices], label=_("What it follows its list with")
    )
    scope = forms.ChoiceField(
        choices=[(VERIFIED, _("verified entries only")), (ALL, _("all entries"))],
        label=_("What it is sent"),
        help_text=_("Verified entries only, unless people there look at holds. A group's bot gets no others."),
    )

    field_order = ("name", "country", "site", "client", "scope")

    def clean_country(self) -> str:
        """Two letters."""
        return _check_country(self.cleaned_data["country"])

    @property
    def candidate(self) -> Candidate:
        """The site with its checklist. Only of a valid form."""
        told = self.cleaned_data
        return Candidate(
            random_short_id(), told["name"], told["country"], told["site"], told["client"],
            told["scope"] == VERIFIED, self.checklist,
        )  # fmt: skip


def answers_of(vetting: Vetting, forced_by: list[str]) -> dict[str, Any]:
    """What the form begins with where a site was vetted before."""
    told = {field.name: getattr(vetting, field.name) for field in fields(Checklist) if field.name != "forced_by"}
    return told | {"forced_by": ", ".join(forced_by), "review_again": None}
