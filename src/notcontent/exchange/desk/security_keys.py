"""Security keys and passkeys (WebAuthn Level 2), by py_webauthn: signing in with a device instead of a code.

They come beside the codes of an app, never instead of them, because those work without script.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import SignInFailed
from notcontent.exchange.desk.models import Account, SecurityKey

MAX_KEYS = 8
MAX_ANSWER_CHARACTERS = 16_384
#: A key stands beside a password, so touching it is enough.
VERIFICATION = UserVerificationRequirement.DISCOURAGED
MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError)


def begin_registration(request: HttpRequest, account: Account) -> str:
    """What the browser needs to add a key, as JSON; empty where this address can't have any."""
    if not _can_have_keys(request):
        return ""
    options = generate_registration_options(
        rp_id=_host(request),
        rp_name=settings.PROFILE.name,
        user_name=account.user.username,
        user_id=account.id.encode(),
        exclude_credentials=_known(account),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=VERIFICATION
        ),
    )
    request.session["new_key"] = bytes_to_base64url(options.challenge)
    return options_to_json(options)


def finish_registration(
    request: HttpRequest, account: Account, untrusted_answer: str, name: str, *, today: date
) -> None:
    """Keep the key that the browser made. Raises `SignInFailed`."""
    challenge = request.session.pop("new_key", "")
    if not challenge or account.security_keys.count() >= MAX_KEYS:
        raise SignInFailed(
            gettext("No key was added. Open the page again; an account has at most %(n)s keys.") % {"n": MAX_KEYS}
        )
    try:
        made = verify_registration_response(
            credential=_read(untrusted_answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(request),
            expected_origin=_origin(request),
            require_user_verification=False,
        )
    except MALFORMED:
        raise SignInFailed(
            gettext("The browser's answer doesn't fit this page. Open it again and add the key anew.")
        ) from None
    with transaction.atomic():
        SecurityKey.objects.create(
            account=account,
            name=name.strip()[:40] or "key",
            added=today,
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
        )
        account.generation += 1
        account.save(update_fields=["generation"])
        actor = account.user.username
        write_audit(day=today, actor=actor, action="security key added", subject=account.id, reason="by herself")


def remove_key(account: Account, key_id: str, *, today: date) -> None:
    """Forget one of her keys; nothing happens where there is none of this id."""
    with transaction.atomic():
        removed, _ = account.security_keys.filter(id=key_id).delete()
        if removed:
            account.generation += 1
            account.save(update_fields=["generation"])
            actor = account.user.username
            write_audit(day=today, actor=actor, action="security key removed", subject=account.id, reason="by herself")


def begin_sign_in(request: HttpRequest, account: Account) -> str:
    """What the browser needs to sign in with a key, as JSON; empty where she has none."""
    known = _known(account)
    if not known or not _can_have_keys(request):
        return ""
    options = generate_authentication_options(
        rp_id=_host(request), allow_credentials=known, user_verification=VERIFICATION
    )
    request.session["challenge"] = bytes_to_base64url(options.challenge)
    return options_to_json(options)


def check_sign_in(request: HttpRequest, account: Account, untrusted_answer: str) -> None:
    """Raises `SignInFailed` unless one of her keys signed the challenge of a moment ago; nobody guesses signatures."""
    challenge = request.session.pop("challenge", "")
    try:
        answer = _read(untrusted_answer)
        with transaction.atomic():
            key = account.security_keys.select_for_update().get(credential=base64url_to_bytes(answer["rawId"]))
            checked = verify_authentication_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=_host(request),
                expected_origin=_origin(request),
                credential_public_key=bytes(key.public_key),
                credential_current_sign_count=key.sign_count,
                require_user_verification=False,
            )
            key.sign_count = checked.new_sign_count
            key.save(update_fields=["sign_count"])
    except (*MALFORMED, SecurityKey.DoesNotExist):
        raise SignInFailed(
            gettext("That key is not one of yours, or its answer is too old. Try again, or use a code.")
        ) from None


def _known(account: Account) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=bytes(key.credential)) for key in account.security_keys.order_by("id")]


def _read(untrusted_answer: str) -> dict[str, Any]:
    answer = json.loads(untrusted_answer[:MAX_ANSWER_CHARACTERS])
    if not isinstance(answer, dict) or not isinstance(answer.get("rawId"), str):
        raise ValueError("not an answer of WebAuthn")
    return answer


def _host(request: HttpRequest) -> str:
    return str(request.get_host()).rsplit(":", 1)[0]


def _origin(request: HttpRequest) -> str:
    return f"{'https' if settings.PROFILE.desk_https else 'http'}://{request.get_host()}"


def _can_have_keys(request: HttpRequest) -> bool:
    # Browsers bind keys to a name, never to a bare address.
    host = _host(request)
    return not host.startswith("[") and not host.replace(".", "").isdigit()
