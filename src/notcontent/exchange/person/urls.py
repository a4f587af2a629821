"""Every address of the person's face."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from notcontent.exchange.person import kit, plain, views
from notcontent.exchange.public import views as public
from notcontent.page.languages import LANGUAGES


class LanguageTag(StringConverter):
    """One of the page's languages; another is an address that does not exist."""

    regex = "|".join(LANGUAGES)


register_converter(LanguageTag, "language")

urlpatterns = [
    path("", views.show_page),
    path("page/<str:name>", views.send_page_file),
    path("words/<str:language>", views.send_words),
    path("texts/<language:tag>", views.send_texts),
    path("openapi.json", views.describe_api),
    path("v1/site", views.tell_site),
    path("v1/work", views.give_work),
    path("v1/cases", views.receive_case),
    path("v1/cases/look", views.look),
    path("v1/cases/withdraw", views.withdraw),
    path("v1/cases/keep", views.keep),
    path("v1/cases/answer", views.hear),
    path("plain/", plain.show_menu),
    path("plain/look", plain.look),
    path("plain/withdraw", plain.withdraw),
    path("plain/send", plain.send),
    path("numbers", public.show_numbers),
    path("v1/numbers", public.tell_numbers),
    path("root-key", public.show_root_key),
    path("v1/root-key", public.tell_root_key),
    path("root-key/feed-keys.txt", public.send_feed_keys),
    path("root-key/feed-keys.txt.minisig", public.send_signature),
    path("kit/<language:tag>", kit.send_kit),
    path("kit/<language:tag>.minisig", kit.send_signature),
    path("<language:tag>", views.show_page_in),
]
