"""`POST /v1/token/renew`: a guard gets its next token by itself, so that short-lived ones cost nobody an afternoon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from django.db import transaction

from notcontent.exchange.errors import Refused
from notcontent.exchange.partners.models import Token
from notcontent.exchange.partners.tokens import VALID, make_token

#: A token that ends later than this is not renewed yet.
RENEW_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Renewed:
    """The next token, or None while the one shown is good for longer; and the last day of the one to use."""

    token: str | None
    expires: date


def renew_token(digest: str, today: date) -> Renewed:
    """The next token for the one with this SHA-256, whose scope it has. Asked again before it was used, another one.

    Raises `Refused` 409 where another one already took its place: whoever still shows the old one may have stolen it,
    or it is a guard restored from a copy. The desk is shown that.
    """
    with transaction.atomic():
        token = Token.objects.select_for_update().get(token_sha256=digest)
        next_ones = Token.objects.filter(replaces=digest)
        if not next_ones.filter(taken=True).exists():
            if token.expires > today + RENEW_WITHIN:
                return Renewed(None, token.expires)
            # The answer that held it was lost on the way, or never written down.
            next_ones.delete()
            return Renewed(make_token(token.stream, token.scope, today, replaces=digest), today + VALID)
        token.shown_late = today
        token.save(update_fields=["shown_late"])
    raise Refused(
        HTTPStatus.CONFLICT,
        "conflict",
        "This token was renewed before, and the next one is in use.",
        "Use that one. If this guard never got it, ask the helpline for a new token: this one may have been stolen.",
    )
