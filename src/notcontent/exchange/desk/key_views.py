"""The helpline's keys: seen, added, taken out; letters and evidence sealed anew, by a browser or a command."""

from __future__ import annotations

import base64
from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notcontent.exchange.answers import (
    answer_json,
    answer_refusal,
    check_hex,
    check_list,
    check_object,
    malformed,
    read_json,
)
from notcontent.exchange.desk.errors import ReasonMissing
from notcontent.exchange.desk.keys import ADD_KEY, check_new_key, take_key_out
from notcontent.exchange.desk.resealing import AT_ONCE, LETTER_ID_DIGITS, SealedAnew, count_waiting, take_back, waiting
from notcontent.exchange.desk.roles import Role, allow, roles_of
from notcontent.exchange.desk.two_people import ask
from notcontent.exchange.errors import ExchangeError, Refused, UnknownName
from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.letters.models import HelplineKey
from notcontent.exchange.today import utc_now, utc_today
from notcontent.letter import NotAPublicKey

CODE_VALID_S = 30 * 60
_CODE_SALT = "notcontent.desk.code"
_READERS = frozenset({Role.DESK, Role.LEAD})


def words_of_keys() -> dict[str, str]:
    """What the page's script says."""
    return {
        "none": _("This browser has no key."),
        "in_use": _("This browser's key is in use."),
        "not_yet": _("This browser has a key that is not in use yet. Ask for it to be added, below."),
        "made": _("A key was made in this browser. Compare these groups with your colleague on the phone: {0}"),
        "cannot_make": _("This browser can't make a key. Use a newer one, or `notcontent letter key`."),
        "chosen": _("The key of that file is used while this page is open. It is not sent or kept."),
        "no_key": _("That file holds no key of the age format."),
        "all_sealed": _("{0} letters and pieces of evidence were sealed anew. Nothing waits any more."),
        "some_sealed": _(
            "{0} letters and pieces of evidence were sealed anew. This key does not open {1} others: use an older key "
            "for them, or the offline key."
        ),
        "interrupted": _("It was interrupted after {0}. What is done stays done: start it again."),
    }


@allow(*_READERS)
@require_safe
def show_keys(request: HttpRequest) -> HttpResponse:
    """`GET /keys`: who can read letters, and what waits to be sealed anew."""
    return _page(request)


@allow(*_READERS)
@require_POST
def ask_for_key(request: HttpRequest) -> HttpResponse:
    """`POST /keys/add`: ask for a device's key to be put into use; a second person agrees."""
    try:
        public, name = check_new_key(request.POST.get("public", ""), request.POST.get("name", ""))
        asked = {"public": public, "name": name, "kept_offline": request.POST.get("kept_offline") == "yes"}
        ask(
            ADD_KEY.name,
            subject=public,
            payload=asked,
            actor=request.user.get_username(),
            reason=request.POST.get("reason", ""),
            today=utc_today(),
        )
    except (ExchangeError, NotAPublicKey) as error:
        return _page(request, refused=str(error))
    return redirect("proposals")


@allow(*_READERS)
@require_POST
def take_out(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /keys/KEY/take-out`: nothing is sealed to this key any more."""
    reason = request.POST.get("reason", "").strip()
    try:
        take_key_out(key, actor=request.user.get_username(), reason=reason, today=utc_today())
    except ExchangeError as error:
        return _page(request, refused=str(error))
    return redirect("keys")


@allow(*_READERS)
@require_POST
def make_code(request: HttpRequest) -> HttpResponse:
    """`POST /keys/code`: a code with which the command may take a key out and seal letters anew, for half an hour."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("only accounts of the desk come here")
    told = {"user": user.pk, "proof": user.get_session_auth_hash()}
    return _page(request, code=signing.dumps(told, salt=_CODE_SALT))


@allow(*_READERS)
@require_http_methods(["GET", "POST"])
def reseal(request: HttpRequest) -> HttpResponse:
    """`GET, POST /keys/letters`: what the page's script fetches and gives back."""
    return _answer(request, request.user.get_username(), _reseal)


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def reseal_by_code(request: HttpRequest) -> HttpResponse:
    """`GET, POST /v1/letters`: the same for the command, which has a code instead of a session."""
    return _by_code(request, _reseal)


@csrf_exempt
@login_not_required
@require_safe
def list_keys_by_code(request: HttpRequest) -> HttpResponse:
    """`GET /v1/keys`: the keys in use, for the command."""
    return _by_code(request, lambda request, actor: answer_json({"v": 1, "keys": _told_keys()}))


@csrf_exempt
@login_not_required
@require_POST
def take_out_by_code(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /v1/keys/KEY/take-out`: for the command."""

    def act(request: HttpRequest, actor: str) -> HttpResponse:
        reason = check_object(read_json(request), {"v", "reason"})["reason"]
        taken = take_key_out(key, actor=actor, reason=str(reason), today=utc_today())
        return answer_json({"v": 1, "name": taken.name, "waiting": count_waiting()})

    return _by_code(request, act)


def _page(request: HttpRequest, *, refused: str | None = None, code: str | None = None) -> HttpResponse:
    keys = HelplineKey.objects.order_by("taken_out", "added", "name")
    context = {
        "keys": [key for key in keys if key.taken_out is None],
        "gone": [key for key in keys if key.taken_out is not None],
        "stale": count_waiting(),
        "refused": refused,
        "code": code,
        "words": words_of_keys(),
    }
    return render(request, "desk/keys.html", context, status=422 if refused else 200)


def _reseal(request: HttpRequest, actor: str) -> HttpResponse:
    if request.method == "GET":
        letters, left = waiting(request.GET.get("after", ""))
        told = [
            {"id": letter.id, "sealed": base64.b64encode(letter.sealed).decode(), "to": list(letter.to)}
            for letter in letters
        ]
        return answer_json({"v": 1, "keys": sealing_keys(), "letters": told, "left": left})
    body = check_object(read_json(request), {"keys", "letters"}, frozenset({"v"}))
    keys = [check_hex(key, 64, "a key") for key in check_list(body["keys"], 1, 1_000, "keys")]
    anew = [_read_anew(item) for item in check_list(body["letters"], 0, AT_ONCE, "letters")]
    return answer_json({"v": 1, "taken": take_back(anew, keys, actor=actor, now=utc_now())})


def _read_anew(untrusted: object) -> SealedAnew:
    letter = check_object(untrusted, {"id", "was_sha256", "sealed"})
    try:
        sealed = base64.b64decode(letter["sealed"], validate=True)
    except (ValueError, TypeError):
        raise malformed("sealed must be base64.") from None
    digits = 2 * LETTER_ID_DIGITS if len(str(letter["id"])) > LETTER_ID_DIGITS else LETTER_ID_DIGITS
    return SealedAnew(
        check_hex(letter["id"], digits, "an id"), check_hex(letter["was_sha256"], 64, "was_sha256"), sealed
    )


def _told_keys() -> list[dict[str, str]]:
    held = HelplineKey.objects.filter(taken_out=None).order_by("added", "name")
    return [{"id": key.id, "name": key.name, "public": key.public, "added": key.added.isoformat()} for key in held]


Answerer = Callable[[HttpRequest, str], HttpResponse]


def _by_code(request: HttpRequest, act: Answerer) -> HttpResponse:
    word, _space, code = request.headers.get("Authorization", "").partition(" ")
    try:
        told = signing.loads(code if word == "Desk" else "", salt=_CODE_SALT, max_age=CODE_VALID_S)
        user = User.objects.get(pk=told["user"], is_active=True)
        if told["proof"] != user.get_session_auth_hash() or not roles_of(user.get_username()) & _READERS:
            raise signing.BadSignature
    except (signing.BadSignature, User.DoesNotExist):
        return answer_refusal(
            Refused(
                HTTPStatus.UNAUTHORIZED,
                "code",
                "This code does not work, or no longer.",
                "Make a new one on the desk's page of keys. It works for half an hour.",
            )
        )
    return _answer(request, user.get_username(), act)


def _answer(request: HttpRequest, actor: str, act: Answerer) -> HttpResponse:
    try:
        return act(request, actor)
    except Refused as refused:
        return answer_refusal(refused)
    except UnknownName as unknown:
        return answer_refusal(Refused(HTTPStatus.NOT_FOUND, "unknown", str(unknown), "Ask for the list again."))
    except ReasonMissing as missing:
        return answer_refusal(
            Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "reason", str(missing), "Say why in a few words.")
        )
