"""The partners' face: bearer tokens only, no cookies, no sessions."""

from __future__ import annotations

from notcontent.exchange.settings.everywhere import *  # noqa: F403
from notcontent.exchange.settings.everywhere import APPS_OF_THE_LIST, derive_secret

SECRET_KEY = derive_secret("partners")
ROOT_URLCONF = "notcontent.exchange.partners.urls"
INSTALLED_APPS = list(APPS_OF_THE_LIST)
MIDDLEWARE = ["notcontent.exchange.answers.answer_refusals"]
ALLOWED_HOSTS = ["*"]
