"""What one person asks for and another agrees to. Other rooms register their acts here and link to `/proposals`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.errors import NeedsSecondPerson, NothingToDecide, ReasonMissing
from notcontent.exchange.desk.models import Proposal
from notcontent.exchange.desk.roles import COMMAND_LINE, Role, require_role, roles_of
from notcontent.exchange.errors import UnknownName

#: After so many days without an answer nobody may agree any more; what was true when it was asked may have changed.
OPEN_DAYS = 14
KEPT = timedelta(days=90)
MAX_REASON_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Act:
    """Something that one person asks for and another agrees to.

    `name` is a verb with its object ("add a partner"), at most 36 characters: a word in the audit. `carry_out` gets the
    payload as it was asked for, the name of who agreed and the day, inside the transaction of the audit row; whatever
    it raises undoes both. The payload's names and values are shown to whoever is to agree.
    """

    name: str
    may_ask: frozenset[Role]
    may_agree: frozenset[Role]
    carry_out: Callable[[dict[str, Any], str, date], None]


_acts: dict[str, Act] = {}


def register(act: Act) -> None:
    """Make an act known. Call it where the room's module is loaded, and load the module in the app's `ready`."""
    if not (0 < len(act.name) <= 36 and act.may_ask and act.may_agree):
        raise ValueError("an act needs a name of at most 36 characters, and roles that may ask and agree")
    if _acts.setdefault(act.name, act) != act:
        raise ValueError(f"two acts are called {act.name}")


def ask(act_name: str, *, subject: str, payload: dict[str, Any], actor: str, reason: str, today: date) -> Proposal:
    """Write down what somebody asks for. `subject` is a random id of at most 64 characters, `payload` plain JSON.

    Asking the same again while it is open gives the same proposal. Raises `NotAllowed` and `ReasonMissing`.
    """
    act = _act(act_name)
    require_role(actor, act.may_ask)
    reason = check_reason(reason)
    written = json.dumps(payload, sort_keys=True, ensure_ascii=True)
    with transaction.atomic():
        same = {"act": act.name, "subject": subject, "payload": written, "asked_by": actor, "decided": None}
        already = Proposal.objects.filter(**same, asked__gte=today - timedelta(days=OPEN_DAYS)).first()
        if already is not None:
            return already
        proposal = Proposal.objects.create(**same, reason=reason, asked=today)
        _write(proposal, "asked", actor=actor, reason=reason, today=today)
        return proposal


def agree(proposal_id: str, *, actor: str, today: date) -> None:
    """Carry out what somebody else asked for.

    Raises `NeedsSecondPerson` for the one who asked, whatever roles she has; `NotAllowed`; and `NothingToDecide`, also
    when the one who asked may not ask for it any more.
    """
    with transaction.atomic():
        proposal = _open_proposal(proposal_id, today)
        act = _act(proposal.act)
        if actor in (proposal.asked_by, COMMAND_LINE):
            raise NeedsSecondPerson(
                gettext("You asked for this yourself, so somebody else at the helpline has to agree.")
            )
        require_role(actor, act.may_agree)
        if not roles_of(proposal.asked_by) & act.may_ask:
            raise NothingToDecide(
                gettext("Whoever asked for this may not ask for it any more. Turn it down, or ask yourself.")
            )
        _write(proposal, "agreed", actor=actor, reason=proposal.reason, today=today)
        payload = json.loads(proposal.payload)
        _decide(proposal, agreed=True, actor=actor, today=today)
        act.carry_out(payload, actor, today)


def turn_down(proposal_id: str, *, actor: str, reason: str, today: date) -> None:
    """Close a proposal without carrying it out; whoever asked may take it back so. Raises as `agree` and `ask` do."""
    reason = check_reason(reason)
    with transaction.atomic():
        proposal = _open_proposal(proposal_id, today)
        if actor != proposal.asked_by:
            require_role(actor, _act(proposal.act).may_agree)
        _write(proposal, "turned down", actor=actor, reason=reason, today=today)
        _decide(proposal, agreed=False, actor=actor, today=today)


def forget_old_proposals(today: date) -> None:
    """Delete what was decided, or lapsed, three months ago; the audit keeps that it was."""
    long_ago = today - KEPT
    Proposal.objects.filter(decided__lt=long_ago).delete()
    Proposal.objects.filter(decided=None, asked__lt=long_ago).delete()


def may_decide(proposal: Proposal, actor: str) -> bool:
    """Whether this person could agree now."""
    return actor != proposal.asked_by and bool(roles_of(actor) & roles_that_agree(proposal.act))


def roles_that_agree(act_name: str) -> frozenset[Role]:
    """Who may agree to this act; nobody where it is not known here."""
    act = _acts.get(act_name)
    return act.may_agree if act is not None else frozenset()


def check_reason(untrusted_reason: str) -> str:
    """The reason in one line. Raises `ReasonMissing` where it is empty or longer than 1,000 characters."""
    reason = " ".join(untrusted_reason.split())
    if not 3 <= len(reason) <= MAX_REASON_CHARACTERS:
        raise ReasonMissing(
            gettext("Write the reason in a sentence, without names, in at most %(n)s characters.")
            % {"n": f"{MAX_REASON_CHARACTERS:,}"}
        )
    return reason


def _act(name: str) -> Act:
    if name not in _acts:
        raise UnknownName(gettext("No act of this name is known here. Check the name; newer versions may know it."))
    return _acts[name]


def _open_proposal(proposal_id: str, today: date) -> Proposal:
    proposal = Proposal.objects.select_for_update().filter(id=proposal_id, decided=None).first()
    if proposal is None or proposal.asked < today - timedelta(days=OPEN_DAYS):
        raise NothingToDecide(gettext("This was decided already, or nobody answered in time. Look at the list again."))
    return proposal


def _decide(proposal: Proposal, *, agreed: bool, actor: str, today: date) -> None:
    proposal.agreed, proposal.decided, proposal.decided_by = agreed, today, actor
    # What was asked for in detail is needed no longer.
    proposal.payload = "{}"
    proposal.save()


def _write(proposal: Proposal, verb: str, *, actor: str, reason: str, today: date) -> None:
    # The audit is never erased, so it names the proposal and not what it is about; the hash binds the two together.
    digest = hashlib.sha256(f"{proposal.act}\n{proposal.subject}\n{proposal.payload}".encode()).hexdigest()
    told = f"{reason} (sha256 of act, subject and payload: {digest})"
    write_audit(day=today, actor=actor, action=f"{verb}: {proposal.act}", subject=proposal.id, reason=told)
