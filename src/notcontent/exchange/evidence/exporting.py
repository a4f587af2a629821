"""Taking evidence out: two people agree, one of them saves a package, and every piece gets a row of custody."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from notcontent.evidence.package import Chain, KeptStamp, Piece, make_package
from notcontent.exchange.desk.errors import NeedsSecondPerson
from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import Role
from notcontent.exchange.desk.two_people import Act, ask, register
from notcontent.exchange.errors import NotSetUp
from notcontent.exchange.evidence.custody import custody_of, write_touch
from notcontent.exchange.evidence.errors import NothingToExport
from notcontent.exchange.evidence.keeping import pieces_of
from notcontent.exchange.evidence.models import Evidence, ExportPermit
from notcontent.exchange.folder import Folder
from notcontent.exchange.today import random_id
from notcontent.feed.signature import PublicKey, Signed, SigningKey

EXPORT = "export evidence"
EXPORTERS = frozenset({Role.DESK, Role.LEAD})
#: Today and tomorrow, so that midnight stops nobody.
PERMIT = timedelta(days=1)


def ask_to_export(case_id: str, *, actor: str, reason: str, today: date) -> Proposal:
    """Ask for a second person's word. Raises `NothingToExport`, `NotAllowed` and `ReasonMissing`."""
    if not pieces_of(case_id):
        raise NothingToExport(gettext("The case holds no evidence. Keep some first."))
    told = {"case": case_id, "reader": actor}
    return ask(EXPORT, subject=case_id, payload=told, actor=actor, reason=reason, today=today)


def may_export(case_id: str, *, actor: str, today: date) -> bool:
    """Whether this person may take out the evidence of this case today."""
    held = ExportPermit.objects.filter(case_id=case_id, reader=actor, begun__lte=today, until__gte=today)
    return bool(held.exists())


def export_evidence(folder: Folder, case_id: str, *, actor: str, now: datetime) -> bytes:
    """The package, sealed as it is kept. Raises `NeedsSecondPerson`, `NothingToExport` and `NotSetUp`."""
    if not may_export(case_id, actor=actor, today=now.date()):
        raise NeedsSecondPerson(
            gettext("Evidence leaves the helpline only when a colleague agrees. Ask for it, with the reason.")
        )
    with transaction.atomic():
        held = pieces_of(case_id)
        if not held:
            raise NothingToExport(gettext("The case holds no evidence. Keep some first."))
        list(Evidence.objects.select_for_update().filter(case_id=case_id).values_list("id"))
        for piece in held:
            write_touch(piece.id, "exported", actor=actor, now=now)
        key, chain = SigningKey.from_text(folder.online_key.read_text()), _chain(folder)
        if not chain.vouches_for(key.public):
            raise NotSetUp(gettext("The root key does not vouch for this exchange's online key. Tell the operator."))
        pieces = [Piece(_signed_by(key, piece), _stamps(piece), bytes(piece.sealed), piece.offline) for piece in held]
        return make_package(random_id(), pieces, custody_of([piece.id for piece in held]), key, chain=chain, at=now)


def _chain(folder: Folder) -> Chain:
    keys = Signed.from_json(json.loads(folder.feed_keys.read_bytes()))
    return Chain(PublicKey.from_text(folder.root_public.read_text()), keys)


def _signed_by(key: SigningKey, piece: Evidence) -> Signed:
    """The manifest as it was signed, or signed anew where the online key has changed. Timestamps are over its text."""
    signed = piece.signed
    return signed if signed.untrusted_key_id == key.public.key_id else key.sign(signed.text)


def _stamps(piece: Evidence) -> tuple[KeptStamp, ...]:
    kept = piece.stamps.order_by("authority")
    return tuple(KeptStamp(stamp.authority, bytes(stamp.reply), stamp.certificates) for stamp in kept)


def _permit(payload: dict[str, Any], _actor: str, today: date) -> None:
    ExportPermit.objects.create(case_id=payload["case"], reader=payload["reader"], begun=today, until=today + PERMIT)


register(Act(EXPORT, EXPORTERS, EXPORTERS, _permit))
