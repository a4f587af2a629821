"""`/c`, `/m/index/status` and `/status`: which banks there are, and how old the lists behind them are.

A bank shows what a helpline lists, so nothing can be put into one, changed or taken out here. What a client may do is
give one tier of a list a name of its own: Coop shows no bank that it has not named itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from notcontent.doors.hma.banks import Bank, Banks
from notcontent.doors.hma.matching import CONTENT_TYPES, PDQ
from notcontent.doors.hma.questions import MAX_JSON_BYTES, read_json
from notcontent.errors import NotContentError
from notcontent.feed.entry import Tier
from notcontent.guard.door_errors import DoorError
from notcontent.guard.readiness import ListReadiness
from notcontent.guard.receiving import Receiving
from notcontent.guard.service import Guard

#: The one way that lists come from: the guard follows them.
API = "notcontent"
#: HMA's word for an item that is in use.
ENABLED = 1
_NUMBER = re.compile("[0-9]{1,16}")


class Curation:
    """Answers for one guard."""

    def __init__(self, guard: Guard, banks: Banks, receiving: Receiving, stops: Callable[[Tier], bool]) -> None:
        """`stops`: whether entries of a tier are answered at all; banks of the others are shown as switched off."""
        self._guard, self._banks, self._receiving, self._stops = guard, banks, receiving, stops

    async def status(self, _: Request) -> Response:
        """Whether uploads can be judged, in HMA's words."""
        try:
            lists = self._guard.readiness.lists()
        except NotContentError:
            lists = []
        if not lists or any(each.age_s is None for each in lists):
            return PlainTextResponse("INDEX-NOT-LOADED", 503)
        if not all(each.ready for each in lists):
            return PlainTextResponse("INDEX-STALE", 503)
        return PlainTextResponse("I-AM-ALIVE")

    async def live(self, _: Request) -> Response:
        """The process lives."""
        return PlainTextResponse("I-AM-ALIVE")

    async def index_status(self, request: Request) -> Response:
        """How many entries there are, and when the oldest list was last known to be whole."""
        _require_pdq(request)
        lists = self._guard.readiness.lists()
        present = bool(lists) and all(each.age_s is not None for each in lists)
        size = sum(each.count for each in lists) if present else 0
        return JSONResponse({PDQ: {"built_to": _fresh_at(lists) if present else -1, "present": present, "size": size}})

    async def index(self, request: Request) -> Response:
        """The same in the words of another route: what is on the disk is what is searched."""
        _require_pdq(request)
        lists = self._guard.readiness.lists()
        size, at = sum(each.count for each in lists), _fresh_at(lists)
        state = {"db_size": size, "index_size": size, "index_out_of_date": False}
        return JSONResponse({PDQ: state | {"newest_db_item": at, "index_built_to": at}})

    async def signal_types(self, _: Request) -> Response:
        """What is compared."""
        return JSONResponse([{"name": PDQ, "enabled_ratio": 1.0}])

    async def content_types(self, _: Request) -> Response:
        """What may be looked up."""
        return JSONResponse([{"name": name, "enabled": True} for name in CONTENT_TYPES])

    async def banks(self, _: Request) -> Response:
        """Every bank."""
        return JSONResponse([self._bank_json(bank) for bank in self._banks.read()])

    async def bank(self, request: Request) -> Response:
        """One bank."""
        return JSONResponse(self._bank_json(self._banks.find(_name(request))))

    async def change_bank(self, request: Request) -> Response:
        """Another share or name for a bank that a client named."""
        bank = self._banks.find(_name(request))
        question = await self._json(request)
        if not bank.attached:
            raise _read_only()
        ratio = question.get("enabled_ratio")
        if ratio is None and question.get("enabled") is not None:
            ratio = 1.0 if question["enabled"] else 0.0
        if ratio is not None:
            self._banks.change_ratio(bank, ratio)
        name = question.get("name")
        if name is not None and name != bank.name:
            self._banks.rename(self._banks.find(bank.name), str(name))
        return JSONResponse(self._bank_json(self._banks.find(str(name or bank.name))))

    async def drop_bank(self, request: Request) -> Response:
        """Forget a name that a client gave."""
        self._drop(_name(request))
        return JSONResponse({"message": "Done"})

    async def item(self, request: Request) -> Response:
        """One entry: that it is there, and nothing else. Its fingerprint is not shown: the door hands out no list."""
        bank, untrusted = self._banks.find(_name(request)), str(request.path_params["number"])
        if not _NUMBER.fullmatch(untrusted) or not self._banks.holds(bank, number := int(untrusted)):
            raise DoorError(404, "not_found", "There is no such item in this bank.", "It may have been withdrawn.")
        state = {"id": number, "disable_until_ts": ENABLED, "original_media_uri": None}
        return JSONResponse(state | {"bank": self._bank_json(bank)})

    async def refuse(self, _: Request) -> Response:
        """What writes."""
        raise _read_only()

    async def apis(self, _: Request) -> Response:
        """Where banks come from."""
        return JSONResponse([API])

    async def api(self, request: Request) -> Response:
        """That it needs no credentials here: the guard has its own."""
        _require_api(request, 400)
        return JSONResponse({"supports_authentification": False, "has_set_authentification": False})

    async def schema(self, request: Request) -> Response:
        """The form of a new bank: which list, and which tier of it."""
        _require_api(request, 404)
        fields = [
            _field("list", "The list, as this guard calls it.", list(self._guard.lists.names.values())),
            _field("tier", "How far the helpline has confirmed it. Only verified entries may stop for good.", [*Tier]),
        ]
        return JSONResponse({"config_schema": {"fields": fields}, "credentials_schema": None})

    async def attach(self, request: Request) -> Response:
        """A client names a bank."""
        question = await self._json(request)
        if question.get("api") != API:
            raise DoorError(400, "api", "There is no such exchange type.", "GET /c/exchanges/apis names the one.")
        wanted = question.get("api_json")
        if not isinstance(wanted, dict):
            raise DoorError(400, "api_json", "'api_json' is not an object.", "Send list and tier in it.")
        self._banks.attach(str(question.get("bank")), wanted.get("list"), wanted.get("tier"))
        return JSONResponse({"message": "Created successfully"}, 201)

    async def exchanges(self, _: Request) -> Response:
        """Every bank comes from an exchange of the same name."""
        return JSONResponse([bank.name for bank in self._banks.read()])

    async def exchange(self, request: Request) -> Response:
        """One of them."""
        bank = self._banks.find(_name(request))
        state = {"name": bank.name, "api": API, "enabled": True}
        return JSONResponse(state | {"list": bank.list_name, "tier": bank.tier})

    async def exchange_status(self, request: Request) -> Response:
        """How far its list is."""
        bank = self._banks.find(_name(request))
        [followed] = [each for each in self._guard.readiness.lists() if each.name == bank.list_name]
        at = _fresh_at([followed]) if followed.age_s is not None else None
        return JSONResponse(
            {
                "checkpoint_ts": at,
                "running_fetch_start_ts": None,
                "last_fetch_complete_ts": at,
                "last_fetch_succeeded": followed.trouble is None,
                "up_to_date": followed.ready,
                "fetched_items": followed.count,
            }
        )

    async def drop_exchange(self, request: Request) -> Response:
        """Forget a name that a client gave."""
        self._drop(_name(request))
        return JSONResponse({"message": "Exchange deleted"})

    def _drop(self, name: str) -> None:
        bank = next((bank for bank in self._banks.read() if bank.name == name), None)
        if bank and not bank.attached:
            raise _read_only()
        self._banks.detach(name)

    def _bank_json(self, bank: Bank) -> dict[str, object]:
        ratio = bank.enabled_ratio if self._stops(bank.tier) else 0.0
        return {"name": bank.name, "matching_enabled_ratio": ratio}

    async def _json(self, request: Request) -> dict[str, object]:
        return read_json(await self._receiving.small(request, MAX_JSON_BYTES))


def _read_only() -> DoorError:
    return DoorError(
        403,
        "read_only",
        "Banks show what a helpline lists, and are read-only.",
        "To add a name for one, POST /c/exchanges; to list a picture, ask the helpline.",
    )


def _fresh_at(lists: list[ListReadiness]) -> int:
    return int(time.time()) - max((each.age_s or 0 for each in lists), default=0)


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _require_pdq(request: Request) -> None:
    if request.query_params.get("signal_type", PDQ) != PDQ:
        raise DoorError(400, "signal_type", "There is no such signal type.", "Use 'pdq'.")


def _require_api(request: Request, status: int) -> None:
    if _name(request) != API:
        raise DoorError(status, "api", "There is no such exchange type.", "GET /c/exchanges/apis names the one.")


def _field(name: str, text: str, choices: list[str]) -> dict[str, object]:
    return {"name": name, "type": "enum", "required": True, "default": None, "help": text, "choices": choices}
