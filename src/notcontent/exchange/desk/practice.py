"""What every desk screen knows: whose exchange it is, and whether it is only for practice."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def add_profile(request: HttpRequest) -> dict[str, Any]:
    """Template context: the helpline's profile."""
    return {"profile": settings.PROFILE}
