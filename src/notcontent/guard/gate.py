"""The path of one upload: bytes, fingerprints of its views, entries near them, what they ask for, verdict, record.

Nothing is answered from a list that is missing or too old, and no hold or block is answered that is not on the disk.
The picture is never written anywhere; its fingerprints live as long as this function call, unless the platform switched
on that those of accepted uploads are kept (`kept`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.views.view import TURN_BYTES, View
from notcontent.guard.lists import Found, Lists, Nearest
from notcontent.guard.one_writer import Accepted, OneWriter
from notcontent.guard.policy import Action, Policy, rule
from notcontent.guard.readiness import Readiness
from notcontent.guard.remembering import Looks
from notcontent.guard.spinoffs.naming import Where
from notcontent.guard.uploads import Uploads
from notcontent.guard.verdict import Verdict, VerdictKind

#: So many matches are shown and reported for one upload, the nearest ones and before them any that decided.
SHOWN_MATCHES = 100
#: What is kept of an accepted upload, if the platform switched that on: most copies are upright or mirrored.
KEPT_TURNS = (ORIENTATIONS.index(Orientation.UPRIGHT), ORIENTATIONS.index(Orientation.MIRRORED))
_KIND = {
    Action.ALLOW: VerdictKind.ALLOW,
    Action.FLAG: VerdictKind.ALLOW,
    Action.HOLD: VerdictKind.HOLD,
    Action.BLOCK: VerdictKind.BLOCK,
}


class Gate:
    """Decides about uploads."""

    def __init__(
        self,
        *,
        looking: Looks,
        lists: Lists,
        policy: Policy,
        writer: OneWriter,
        uploads: Uploads,
        readiness: Readiness,
        keeps_accepted: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts."""
        self._looking, self._lists, self._policy, self._writer = looking, lists, policy, writer
        self._uploads, self._readiness = uploads, readiness
        self._keeps_accepted, self._clock = keeps_accepted, clock

    async def check(
        self,
        untrusted_upload: bytes,
        object_id: str | None = None,
        upload_id: str | None = None,
        account: str | None = None,
        where: Where | None = None,
    ) -> Verdict:
        """The verdict of one upload, which the platform calls `object_id`, under `upload_id` or a new id.

        `account`: whose it is, as a pseudonym; what it has objected to holds it instead of blocking it.
        `where`: where verified entries were met, for the ledger of spin-offs.

        Raises FingerprintError (not a picture, unreadable, too large, no room), VideosNotRead, ListNotReady,
        StorageUnavailable.
        """
        upload_id = upload_id or secrets.token_hex(16)
        self._readiness.require_fresh_lists()
        looked = await self._looking.look(untrusted_upload)
        self._writer.count_upload()
        verdict = Verdict(VerdictKind.ALLOW, upload_id)
        if looked.found:
            verdict = await self._rule_and_record(upload_id, untrusted_upload, looked.found, object_id, account, where)
        elif looked.near_misses:
            verdict = await self._offer_for_review(upload_id, looked.near_misses, object_id)
        if self._keeps_accepted and object_id is not None and looked.kept and verdict.kind is VerdictKind.ALLOW:
            await self._writer.keep(Accepted(object_id, _kept_turns(looked.kept), verdict.flagged))
        return verdict

    async def match(self, fingerprints: bytes) -> list[Nearest]:
        """What is near each of these fingerprints of 32 bytes, as it is. Changes nothing. Raises ListNotReady."""
        self._readiness.require_fresh_lists()
        return await asyncio.to_thread(self._lists.find_upright, np.frombuffer(fingerprints, np.uint8).reshape(-1, 32))

    async def _rule_and_record(  # noqa: PLR0917 - what `check` was told
        self,
        upload_id: str,
        upload: bytes,
        found: Sequence[Found],
        object_id: str | None,
        account: str | None,
        where: Where | None,
    ) -> Verdict:
        now = self._clock()
        ruling = rule((each.shown.tier for each in found), self._policy)
        action = ruling.action
        if ruling.rests_on_claims:
            claims = {each.shown.entry: each.seen for each in found if each.shown.tier is Tier.CLAIMED}
            if not await self._writer.may_hold(upload, claims):
                action = Action.FLAG
        stays = action is Action.BLOCK and await self._is_objected(account, found)
        if stays:
            action = Action.HOLD
        # What decided comes first, so that a crowd of planted claims can't push it out of sight.
        shown = sorted(found, key=lambda each: self._policy.asks(each.shown.tier) is not ruling.action)[:SHOWN_MATCHES]
        verdict = Verdict(_KIND[action], upload_id, action is Action.FLAG, tuple(each.shown for each in shown))
        await asyncio.to_thread(self._uploads.record, verdict, shown, now, object_id, stays=stays, where=where)
        self._writer.news()
        return verdict

    async def _is_objected(self, account: str | None, found: Sequence[Found]) -> bool:
        """Whether this account has objected to every entry that would block."""
        if account is None:
            return False
        blocking = {
            (each.list_id, each.shown.entry) for each in found if self._policy.asks(each.shown.tier) is Action.BLOCK
        }
        return await asyncio.to_thread(self._uploads.objected, account, blocking) == blocking

    async def _offer_for_review(self, upload_id: str, near_misses: Sequence[Found], object_id: str | None) -> Verdict:
        """It passes; a person may look, and what that person decides is reported."""
        shown = near_misses[:SHOWN_MATCHES]
        matches = tuple(each.shown for each in shown)
        verdict = Verdict(VerdictKind.ALLOW, upload_id, matches=matches, review=True)
        await asyncio.to_thread(self._uploads.record, verdict, shown, self._clock(), object_id)
        return verdict


def _kept_turns(whole: View) -> bytes:
    return b"".join(whole.turns[turn * TURN_BYTES : (turn + 1) * TURN_BYTES] for turn in KEPT_TURNS)
