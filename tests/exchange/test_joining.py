"""Who joins the desk is agreed to by two; who leaves it is out at once."""

from __future__ import annotations

import re

from tests.exchange.desk_people import SignIn

PASSWORD = "three herons on a wet roof"


def test_somebody_joins_when_two_agree_and_only_then_has_a_link(desk: SignIn) -> None:
    from django.test import Client

    from notcontent.exchange.desk.models import Account, Proposal
    from notcontent.exchange.desk.roles import Role, roles_of

    mira, noor = desk("mira", Role.LEAD), desk("noor", Role.LEAD)
    form = {"name": "ines", "role": ["desk", "auditor"], "reason": "she works nights from March on"}
    assert mira.post("/accounts/ask", form | {"name": "Ines Example"}).status_code == 422
    assert mira.post("/accounts/ask", form | {"reason": ""}).status_code == 422
    assert mira.post("/accounts/ask", form).status_code == 302
    assert not Account.objects.filter(user__username="ines").exists()
    proposal = Proposal.objects.get()
    assert mira.post(f"/proposals/{proposal.id}/agree").status_code == 422, "nobody makes herself a second person"
    page = noor.get("/proposals").text
    assert "ines" in page and "auditor, desk" in page
    assert noor.post(f"/proposals/{proposal.id}/agree").status_code == 302
    account = Account.objects.get(user__username="ines")
    assert roles_of("ines") == {Role.DESK, Role.AUDITOR}
    link = mira.post(f"/accounts/{account.id}/link")
    code = re.search(r"/invitation#([\w-]+)<", link.text)
    assert code is not None
    assert mira.post(f"/accounts/{account.id}/link").status_code == 422, "one agreement is one link"
    ines = Client()
    answer = ines.post("/invitation", {"code": code[1], "password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 302 and ines.get("/audit").status_code == 200


def test_a_role_more_leaves_password_and_sessions_alone(desk: SignIn) -> None:
    from notcontent.exchange.desk.models import Proposal
    from notcontent.exchange.desk.roles import Role

    mira, noor, ines = desk("mira", Role.LEAD), desk("noor", Role.OPERATOR), desk("ines", Role.DESK)
    mira.post("/accounts/ask", {"name": "ines", "role": "auditor", "reason": "she audits from now on"})
    assert ines.get("/audit").status_code == 403
    assert noor.post(f"/proposals/{Proposal.objects.get().id}/agree").status_code == 302
    assert ines.get("/audit").status_code == 200
    assert "Make her link" not in mira.get("/accounts").text


def test_taking_away_and_closing_need_a_reason_and_never_leave_the_desk_without_a_lead(desk: SignIn) -> None:
    from notcontent.exchange.desk.models import Account
    from notcontent.exchange.desk.roles import Role, roles_of

    mira, ines = desk("mira", Role.LEAD, Role.DESK), desk("ines", Role.DESK, Role.AUDITOR)
    hers = {name: Account.objects.get(user__username=name).id for name in ("mira", "ines")}
    why = {"reason": "she does other work now"}
    assert mira.post(f"/accounts/{hers['ines']}/take-role", {"role": "auditor", "reason": ""}).status_code == 422
    assert mira.post(f"/accounts/{hers['ines']}/take-role", {"role": "auditor"} | why).status_code == 302
    assert roles_of("ines") == {Role.DESK}
    assert "Make somebody else a lead" in mira.post(f"/accounts/{hers['mira']}/take-role", {"role": "lead"} | why).text
    assert "Make somebody else a lead" in mira.post(f"/accounts/{hers['mira']}/close", why).text
    assert roles_of("mira") == {Role.LEAD, Role.DESK} and mira.get("/").status_code == 200
    assert mira.post(f"/accounts/{hers['ines']}/close", why).status_code == 302
    assert ines.get("/")["location"].startswith("/sign-in")
    assert "Closed:" in mira.get("/accounts").text
