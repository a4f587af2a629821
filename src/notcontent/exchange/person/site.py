"""Who the helpline is and which sites take part (docs/spec/person.md §7)."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.partners.models import Partner
from notcontent.exchange.person.case_file import public_key


def describe_site() -> dict[str, Any]:
    """The helpline and the joined sites, by name."""
    profile = settings.PROFILE
    return {
        "v": 1,
        "practice": profile.practice,
        "max_entries": profile.max_entries,
        "case_file_key": public_key(settings.FOLDER),
        "helpline": {
            "name": profile.name,
            "country": profile.country,
            "languages": list(profile.languages),
            "answer_days": profile.answer_days,
            "keys": sealing_keys(),
        },
        "partners": [
            name_partner(partner) for partner in Partner.objects.filter(active=True, suspended=None).order_by("name")
        ],
    }


def name_partner(partner: Partner) -> dict[str, Any]:
    """What is said of a site to everybody."""
    return {
        "id": partner.id,
        "name": partner.name,
        "country": partner.country,
        "forced_by": partner.forced_by,
        "proves_forgetting": partner.proves_forgetting,
    }
