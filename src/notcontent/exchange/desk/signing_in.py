"""Signing in at the desk."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from notcontent.exchange.desk.throttle import Throttle

throttle = Throttle()


class SignInForm(AuthenticationForm):
    """Name and password; slower with every wrong one."""

    error_messages: ClassVar[dict[str, str]] = {
        "invalid_login": "That name and password don't go together. Both are case-sensitive.",
        "inactive": "This account is closed. Ask whoever runs the exchange.",
    }

    def clean(self) -> dict[str, Any]:
        """The checked fields. Raises `ValidationError` for a wrong password or while the name has to wait."""
        name = str(self.cleaned_data.get("username", ""))
        wait_s = throttle.wait_s(name, time.monotonic())
        if wait_s > 0:
            raise ValidationError(f"Too many wrong tries. Wait {int(wait_s) + 1} seconds, then try again.")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            throttle.count_failure(name, time.monotonic())
            raise
        throttle.forget(name)
        return cleaned
