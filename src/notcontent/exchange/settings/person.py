"""The person's face: public, no cookies, no sessions, no accounts."""

from __future__ import annotations

from notcontent.exchange.settings.everywhere import *  # noqa: F403
from notcontent.exchange.settings.everywhere import APPS_OF_THE_LIST, derive_secret

SECRET_KEY = derive_secret("person")
ROOT_URLCONF = "notcontent.exchange.person.urls"
INSTALLED_APPS = list(APPS_OF_THE_LIST)
MIDDLEWARE = ["notcontent.exchange.person.headers.send_safe_headers", "notcontent.exchange.answers.answer_refusals"]
#: No link is ever built from the host name, and an onion address must work without being told to us.
ALLOWED_HOSTS = ["*"]
