"""Who may open what at the desk."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.exchange.desk_people import SignIn


def forgotten(request: HttpRequest) -> HttpResponse:
    """A view whose author did not say who may open it."""
    return HttpResponse("a secret")


def test_a_view_that_says_nothing_is_refused_for_everybody(desk: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.urls import clear_url_caches

    from notcontent.exchange.desk import urls
    from notcontent.exchange.desk.roles import Role

    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, path("forgotten", forgotten)])
    clear_url_caches()
    try:
        answer = desk("mira", *Role).get("/forgotten")
        assert answer.status_code == 403 and "not yours to open" in answer.text
        assert desk("noor").get("/").status_code == 403, "an account without a role opens nothing"
    finally:
        clear_url_caches()


def test_a_role_opens_what_it_should_until_it_is_taken_away(desk: SignIn) -> None:
    from notcontent.exchange.desk.models import RoleHeld
    from notcontent.exchange.desk.roles import Role, roles_of

    mira = desk("mira", Role.DESK, Role.AUDITOR)
    assert mira.get("/").status_code == 200 and roles_of("mira") == {Role.DESK, Role.AUDITOR}
    RoleHeld.objects.filter(role=Role.DESK).delete()
    assert mira.get("/").status_code == 403


def test_allow_names_at_least_one_role(tables: object) -> None:
    from notcontent.exchange.desk.roles import allow

    with pytest.raises(TypeError, match="at least one role"):
        allow()
