"""The second factor that works everywhere: codes of an authenticator app (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import date, datetime

import pyotp
import segno
from django.db import transaction

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.keyed import derive_bytes, keyed_hash
from notcontent.exchange.desk.models import Account, RecoveryCode

STEP_S = 30
#: RFC 6238 section 5.2: a clock may be one step off, either way.
STEPS_OFF = 1
SECRET_BYTES = 20
RECOVERY_CODES = 10
#: 60 bits each.
RECOVERY_CHARACTERS = 12
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_salt() -> str:
    """What a new secret is derived from. It may be seen."""
    return secrets.token_hex(16)


def secret_of(salt: str) -> str:
    """The secret that belongs to a salt, in base32 as apps take it."""
    return base64.b32encode(derive_bytes("totp", salt, SECRET_BYTES)).decode()


def draw_secret(salt: str, account: Account, issuer: str) -> str:
    """The secret as a QR code for an app's camera: an SVG element, dark modules on white."""
    uri = pyotp.TOTP(secret_of(salt)).provisioning_uri(name=account.user.username, issuer_name=issuer)
    drawn: str = segno.make_qr(uri, error="m").svg_inline(scale=4, light="#fff", dark="#000", omitsize=True)
    return drawn


def find_step(salt: str, untrusted_code: str, now: datetime, after: int = 0) -> int | None:
    """The step whose code this is, if it is one of now and newer than `after`."""
    code, totp = "".join(untrusted_code.split()), pyotp.TOTP(secret_of(salt))
    current = int(now.timestamp()) // STEP_S
    for step in range(current - STEPS_OFF, current + STEPS_OFF + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "replace")) and step > after:
            return step
    return None


def set_totp(account: Account, salt: str, step: int, *, today: date) -> list[str]:
    """Use this secret from now on. Returns new recovery codes, told this once; all sessions begun before are over."""
    with transaction.atomic():
        account.totp_salt, account.totp_step = salt, step
        account.generation += 1
        account.save()
        write_audit(
            day=today, actor=account.user.username, action="second factor set", subject=account.id, reason="by herself"
        )
        return _make_recovery_codes(account)


def check_code(account: Account, untrusted_code: str, *, now: datetime) -> bool:
    """Whether this is a code of now that was not used yet, or an unused recovery code. True once for each."""
    if not account.totp_salt:
        return False
    step = find_step(account.totp_salt, untrusted_code, now, account.totp_step)
    if step is not None:
        return Account.objects.filter(id=account.id, totp_step__lt=step).update(totp_step=step) == 1
    plain = "".join(untrusted_code.lower().split()).replace("-", "")
    with transaction.atomic():
        used, _ = RecoveryCode.objects.filter(account=account, keyed_hash=keyed_hash("recovery", plain)).delete()
        if used:
            name = account.user.username
            write_audit(
                day=now.date(), actor=name, action="recovery code used", subject=account.id, reason="to sign in"
            )
    return bool(used)


def _make_recovery_codes(account: Account) -> list[str]:
    account.recovery_codes.all().delete()
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_CHARACTERS)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account=account, keyed_hash=keyed_hash("recovery", code)) for code in codes
    )
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]
