"""Every address of the desk's face."""

from __future__ import annotations

from django.urls import path

from notcontent.exchange.desk import views

urlpatterns = [
    path("", views.show_cases, name="cases"),
    path("cases/<str:case>/letters", views.show_letters, name="letters"),
    path("letters/<str:letter>", views.send_letter, name="letter"),
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("look.css", views.send_look, name="look"),
]
