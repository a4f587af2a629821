"""`/h` and `/m`: fingerprints of uploads, and what is near an upload or a fingerprint.

A file that is looked up is an upload like any other: the gate judges it in all its views, records what it decides and
reports it. A fingerprint alone is compared as it is, like `/v1/match`: nothing is recorded or reported.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from notcontent.doors.hma.banks import Banks, entry_number
from notcontent.doors.hma.fetching import Fetching
from notcontent.doors.hma.questions import MAX_JSON_BYTES, read_json
from notcontent.errors import NotContentError
from notcontent.feed.entry import Tier
from notcontent.fingerprint.value import Fingerprint
from notcontent.fingerprint.video.formats import find_video_format
from notcontent.guard import metrics
from notcontent.guard.asker import Asker
from notcontent.guard.door_errors import DoorError
from notcontent.guard.doorway import DoorRule, Outcome
from notcontent.guard.lists import UPRIGHT_RADIUS_BITS
from notcontent.guard.policy import Action
from notcontent.guard.receiving import Receiving, hang_up
from notcontent.guard.service import Guard
from notcontent.guard.verdict import FoundEntry, Verdict, VerdictKind

#: HMA's word for the fingerprint, and the only one that the lists hold; a video's frames have it too.
PDQ = "pdq"
CONTENT_TYPES = ("photo", "video")
#: Of a picture that shows less than this HMA says that it has no fingerprint. Source: python-threatexchange, PdqSignal.
LEAST_QUALITY = 50
UPLOAD_HEADER = "Notcontent-Upload"
_FIELDS = tuple(each.encode() for each in CONTENT_TYPES)
_HEX = re.compile("[0-9a-f]{64}")
#: Codes of a DoorError that say that an upload could not be looked at; the others speak of a question that is none.
_NOT_LOOKED_AT = {"too_large", "slow", "cut_off", "no_room", "empty", "fetch", "videos"}


class Matching:
    """Answers `/h` and `/m` for one guard."""

    def __init__(self, guard: Guard, rule: DoorRule, banks: Banks, receiving: Receiving) -> None:
        """Answer by this rule."""
        self._guard, self._rule, self._banks, self._receiving = guard, rule, banks, receiving
        settings = guard.settings
        hosts = frozenset(host.strip().lower() for host in settings.hma_fetch_hosts.split(",") if host.strip())
        self._fetching = Fetching(hosts, max_bytes=settings.max_upload_bytes, timeout_s=settings.body_timeout_s)

    def stops(self, tier: Tier) -> bool:
        """Whether entries of this tier are answered at all: what blocks, and what holds where a hold is to stop."""
        asked = self._guard.settings.policy.asks(tier)
        return asked is Action.BLOCK or (asked is Action.HOLD and self._rule.when_held is Outcome.STOP)

    async def hash_file(self, request: Request) -> Response:
        """The fingerprint of an upload."""
        _require_types(request)
        try:
            _require_form(request)
            async with self._receiving.upload(request, _FIELDS) as upload:
                return JSONResponse({PDQ: await self._hash(upload)})
        except NotContentError as error:
            self._require_let_pass(error)
            return JSONResponse({PDQ: ""})

    async def hash_url(self, request: Request) -> Response:
        """The fingerprint of what is at an address."""
        _require_types(request)
        try:
            return JSONResponse({PDQ: await self._hash(await self._fetching.fetch(_needed(request, "url")))})
        except NotContentError as error:
            self._require_let_pass(error)
            return JSONResponse({PDQ: ""})

    async def lookup_file(self, request: Request) -> Response:
        """The banks that an upload is in, by the gate's verdict."""
        _require_types(request)
        try:
            _require_form(request)
            async with self._receiving.upload(request, _FIELDS) as upload:
                verdict = await self._check(request, upload)
        except NotContentError as error:
            self._require_let_pass(error)
            verdict = None
        bypass = request.query_params.get("bypass_coinflip") == "true"
        return self._judged(request, verdict, bypass=bypass, inside=True)

    async def lookup(self, request: Request) -> Response:
        """The banks that a fingerprint is in, or what is at an address."""
        if "url" in request.query_params:
            return await self._lookup_url(request)
        if "signal" not in request.query_params or "signal_type" not in request.query_params:
            raise DoorError(400, "signal", "There is nothing to look up.", "Send signal and signal_type, or url.")
        return JSONResponse(self._by_bank(request, await self._near(request)))

    async def raw_lookup(self, request: Request) -> Response:
        """The numbers of the entries near a fingerprint."""
        for name in ("signal", "signal_type"):
            _needed(request, name)
        found = [each for each in await self._near(request) if self.stops(each.tier)]
        if wanted := _wanted(request):
            inside = {(bank.list_name, bank.tier) for bank in self._banks.read() if bank.name in wanted}
            found = [each for each in found if (each.list_name, each.tier) in inside]
        if request.query_params.get("include_distance", "").lower() in ("true", "1"):
            return JSONResponse({"matches": [_match_json(each) for each in found]})
        return JSONResponse({"matches": [entry_number(each.entry) for each in found]})

    async def compare(self, request: Request) -> Response:
        """Whether two fingerprints are near, and how far apart they are."""
        question = read_json(await self._receiving.small(request, MAX_JSON_BYTES))
        answer = {}
        for name, pair in question.items():
            _require_pdq(name)
            if not isinstance(pair, list) or len(pair) != 2:
                raise DoorError(400, "pair", "A comparison needs a list of two fingerprints.", "Send two.")
            left, right = (Fingerprint.from_hex(_signal(each)) for each in pair)
            distance = left.distance_bits(right)
            answer[name] = [distance <= UPRIGHT_RADIUS_BITS, {"distance": distance}]
        return JSONResponse(answer)

    async def _lookup_url(self, request: Request) -> Response:
        if wanted := request.query_params.get("signal_type"):
            _require_pdq(wanted)
        _require_types(request)
        try:
            verdict = await self._check(request, await self._fetching.fetch(request.query_params["url"]))
        except NotContentError as error:
            self._require_let_pass(error)
            verdict = None
        return self._judged(request, verdict, bypass=False, inside=not wanted)

    async def _check(self, request: Request, untrusted_upload: bytes) -> Verdict:
        await self._guard.admit(request.state.caller)
        return await self._guard.answering.check(
            untrusted_upload, asker=self._asker(request), caller_leaves=partial(hang_up, request)
        )

    def _asker(self, request: Request) -> Asker:
        return self._guard.asker("hma", request.state.caller, None)

    def _judged(self, request: Request, verdict: Verdict | None, *, bypass: bool, inside: bool) -> Response:
        """A verdict as banks; None where an upload passes without one."""
        stopped = verdict is not None and verdict.kind is not VerdictKind.ALLOW
        banks = self._by_bank(request, verdict.matches if verdict and stopped else (), bypass=bypass)
        recorded = {UPLOAD_HEADER: verdict.id} if verdict and stopped else {}
        return JSONResponse({PDQ: banks} if inside else banks, headers=recorded)

    def _by_bank(
        self, request: Request, found: Iterable[FoundEntry], *, bypass: bool = False
    ) -> dict[str, list[dict[str, object]]]:
        """What was found, by bank; a bank in which nothing is has no key, since clients take any key for a match."""
        coin = 0.0 if bypass else random.Random(request.query_params.get("seed")).random()  # noqa: S311 - no secret
        wanted = _wanted(request)
        answer: dict[str, list[dict[str, object]]] = {}
        for bank in self._banks.read():
            if bank.enabled_ratio >= coin and self.stops(bank.tier) and (not wanted or bank.name in wanted):
                inside = [_match_json(e) for e in found if (e.list_name, e.tier) == (bank.list_name, bank.tier)]
                if inside:
                    answer[bank.name] = inside
        return answer

    async def _near(self, request: Request) -> list[FoundEntry]:
        """What is near the fingerprint that was asked for; nothing is near the empty one, which says too little."""
        _require_pdq(request.query_params["signal_type"])
        untrusted_signal = request.query_params["signal"]
        if not untrusted_signal:
            return []
        signal = bytes.fromhex(_signal(untrusted_signal))
        try:
            [nearest] = await self._guard.match(self._asker(request), signal)
        except NotContentError as error:
            self._require_let_pass(error)
            return []
        return [each.shown for each in nearest.found]

    async def _hash(self, untrusted_upload: bytes) -> str:
        if find_video_format(untrusted_upload):
            raise DoorError(
                415, "videos", "A video has no fingerprint of its own.", "Look the file up: POST /m/lookup reads it."
            )
        picture = await self._guard.pool.fingerprint(untrusted_upload)
        return picture.upright.hex if picture.quality >= LEAST_QUALITY else ""

    def _require_let_pass(self, error: NotContentError) -> None:
        """Raise the error again, unless nothing could be looked at and the rule lets such uploads pass."""
        looked_at = isinstance(error, DoorError) and error.code not in _NOT_LOOKED_AT
        if isinstance(error, DoorError) and not looked_at:
            metrics.count_unchecked("hma", error)
        if looked_at or self._rule.when_unchecked is not Outcome.PASS:
            raise error


def _match_json(found: FoundEntry) -> dict[str, object]:
    return {"bank_content_id": entry_number(found.entry), "distance": str(found.distance_bits)}


def _wanted(request: Request) -> set[str]:
    """The banks that the question names; none: it names no bank, so all are wanted."""
    return set(filter(None, request.query_params.get("banks", "").split(",")))


def _needed(request: Request, name: str) -> str:
    if name not in request.query_params:
        raise DoorError(422, name, f"'{name}' is missing.", "Send it in the query.")
    return request.query_params[name]


def _require_form(request: Request) -> None:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise DoorError(400, "form", "There is no file.", "Send a form with the file as 'photo' or 'video'.")


def _require_types(request: Request) -> None:
    """Raises DoorError where a question asks for other fingerprints or other things than there are."""
    if (types := request.query_params.get("types")) is not None:
        for name in types.split(","):
            _require_pdq(name.strip())
    content = request.query_params.get("content_type") or CONTENT_TYPES[0]
    if content not in CONTENT_TYPES:
        raise DoorError(400, "content_type", "There is no such content type.", "Use 'photo' or 'video'.")


def _require_pdq(untrusted_type: str) -> None:
    if untrusted_type != PDQ:
        raise DoorError(400, "signal_type", "There is no such signal type.", "Use 'pdq'.")


def _signal(untrusted: object) -> str:
    if not isinstance(untrusted, str) or not _HEX.fullmatch(untrusted):
        raise DoorError(400, "signal", "A fingerprint has 64 lower-case hex digits.", "Correct it and ask again.")
    return untrusted
