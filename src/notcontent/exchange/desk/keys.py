"""Changing the helpline's keys: adding a device's, taking out that of a lost one or of a colleague who leaves.

Letters and evidence can't be opened here, so nobody here can seal them anew. A change only marks them; one of the
helpline's own devices fetches them, opens them and gives them back sealed to the keys that hold now (`resealing`).
"""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.resealing import mark_stale
from notcontent.exchange.desk.roles import Role
from notcontent.exchange.desk.two_people import Act, check_reason, register
from notcontent.exchange.errors import Refused, UnknownName
from notcontent.exchange.letters.models import HelplineKey
from notcontent.letter import parse_key

MAX_KEYS = 40


def check_new_key(untrusted_public: str, untrusted_name: str) -> tuple[str, str]:
    """The key as 64 hex digits and the device's name. Raises `Refused` 422 `key`, and `NotAPublicKey`."""
    public, name = parse_key(untrusted_public.strip()), " ".join(untrusted_name.split())
    if not 0 < len(name) <= 60 or not name.isprintable():
        raise _refused(
            gettext("A device needs a name of at most 60 signs."), gettext("Give it one that names no person.")
        )
    if HelplineKey.objects.filter(public=public, taken_out=None).exists():
        raise _refused(gettext("This key is in use already."), gettext("Look for it in the list."))
    if HelplineKey.objects.filter(public=public).exists():
        raise _refused(
            gettext("This key was taken out before."), gettext("Make a new one on the device: an old key stays out.")
        )
    if HelplineKey.objects.filter(taken_out=None).count() >= MAX_KEYS:
        raise _refused(
            gettext("A helpline has at most %(n)s keys.") % {"n": MAX_KEYS}, gettext("Take one out that nobody uses.")
        )
    return public, name


def add_key(public: str, name: str, *, is_recovery: bool, actor: str, today: date) -> HelplineKey:
    """Put a checked key into use. Everything that came before waits to be sealed to it as well."""
    with transaction.atomic():
        key = HelplineKey.objects.create(public=public, name=name, is_recovery=is_recovery, added=today)
        mark_stale(is_recovery=is_recovery)
        write_audit(day=today, actor=actor, action="key added", subject=key.id, reason="agreed by two people")
        return key


def take_key_out(key_id: str, *, actor: str, reason: str, today: date) -> HelplineKey:
    """Nothing is sealed to the key from now on.

    Raises `ReasonMissing`, `UnknownName`, and `Refused` 422 `key` for the last one.

    What its device has already fetched it can go on reading; everything else waits to be sealed anew.
    """
    reason = check_reason(reason)
    with transaction.atomic():
        held = {key.id: key for key in HelplineKey.objects.select_for_update().filter(taken_out=None)}
        key = held.pop(key_id, None)
        if key is None:
            raise UnknownName(gettext("There is no such key in use. Look at the list again."))
        if not held:
            raise _refused(
                gettext("This is the only key, and nothing would be left to read letters with."),
                gettext("Add another device's key first."),
            )
        key.taken_out = today
        key.save(update_fields=["taken_out"])
        mark_stale(is_recovery=key.is_recovery)
        write_audit(day=today, actor=actor, action="key taken out", subject=key.id, reason=reason)
        return key


def _refused(message: str, do: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "key", message, do)


_READERS = frozenset({Role.DESK, Role.LEAD})


def _put_into_use(payload: dict[str, Any], agreed_by: str, today: date) -> None:
    """Checked again, for much may have changed since it was asked."""
    public, name = check_new_key(payload["public"], payload["name"])
    add_key(public, name, is_recovery=payload["kept_offline"], actor=agreed_by, today=today)


ADD_KEY = Act("add a device's key", _READERS, _READERS, _put_into_use)
register(ADD_KEY)
