"""Every address of the desk's face."""

from __future__ import annotations

from django.urls import path

from notcontent.exchange.desk import proposals_views, views

urlpatterns = [
    path("", views.show_cases, name="cases"),
    path("cases/<str:case>/letters", views.show_letters, name="letters"),
    path("letters/<str:letter>", views.send_letter, name="letter"),
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("look.css", views.send_look, name="look"),
    path("proposals", proposals_views.show_proposals, name="proposals"),
    path("proposals/<str:proposal>/agree", proposals_views.agree_to_proposal, name="agree"),
    path("proposals/<str:proposal>/turn-down", proposals_views.turn_down_proposal, name="turn-down"),
]
