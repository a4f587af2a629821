"""Signed messages to a platform's own address, as Standard Webhooks has them (version 1, symmetric). Pure.

HMAC-SHA256 over "id.timestamp.body". Source:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from notcontent.guard.errors import BadSettings

_SECRET_PREFIX = "whsec_"  # noqa: S105 - how such a secret begins, not one
_LEAST_KEY_BYTES, _MOST_KEY_BYTES = 24, 64


def read_secret(setting: str, text: str) -> bytes:
    """The key in a secret such as `whsec_…`, of the setting of this name. Raises BadSettings."""
    try:
        key = base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_SECRET_PREFIX) or not _LEAST_KEY_BYTES <= len(key) <= _MOST_KEY_BYTES:
        raise BadSettings(
            f"{setting} needs whsec_ and the base64 of 24 to 64 random bytes. "
            "Make one: python3 -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
        )
    return key


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers."""
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
