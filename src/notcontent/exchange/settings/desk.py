"""The desk's face: private address, accounts and sessions live only here."""

from __future__ import annotations

from notcontent.exchange.limits import SEALED_BODIES
from notcontent.exchange.settings.everywhere import *  # noqa: F403
from notcontent.exchange.settings.everywhere import PROFILE, derive_secret

SECRET_KEY = derive_secret("desk")
ROOT_URLCONF = "notcontent.exchange.desk.urls"
#: Named hosts only, so that a page elsewhere can't reach a private address under a name of its own.
ALLOWED_HOSTS = list(PROFILE.desk_hosts)
#: Sealed evidence comes here, and must not spill into a temporary file either.
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE = SEALED_BODIES.max_bytes
MIDDLEWARE = [
    "notcontent.exchange.desk.headers.send_safe_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "notcontent.exchange.desk.languages.SpeakLanguage",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "notcontent.exchange.desk.sessions.CheckSession",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "notcontent.exchange.desk.roles.CheckRoles",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["notcontent.exchange.desk.templatetags.tongue"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "notcontent.exchange.desk.practice.add_profile",
            ],
        },
    }
]
LOGIN_URL = "/sign-in"
SESSION_ENGINE = "notcontent.exchange.desk.sessions"
SESSION_COOKIE_NAME = "desk"
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PROFILE.desk_https
CSRF_COOKIE_NAME = "desk_form"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
