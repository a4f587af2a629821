"""A site of one form in a real Django, in a process of its own: `python -m tests.doors.django_site SETTINGS`.

Of its own, since a process can hold one set of Django's settings, and other tests' processes hold the exchange's.
"""

from __future__ import annotations

import json
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django import forms
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

from notcontent.doors import django as door


class Upload(forms.Form):
    """The code of its error is the status."""

    file = forms.FileField(validators=[door.check_upload], allow_empty_file=True)


def post(request: HttpRequest) -> HttpResponse:
    form = Upload(request.POST, request.FILES)
    if form.is_valid():
        return HttpResponse(form.cleaned_data["file"].read())
    [error] = form.errors.as_data()["file"]
    return HttpResponse(error.message, status=int(error.code))


urlpatterns = [path("", post)]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    settings.configure(
        NOTCONTENT_GUARD=json.loads(sys.argv[1]),
        ROOT_URLCONF="tests.doors.django_site",
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["django.middleware.locale.LocaleMiddleware"],
    )
    django.setup()
    door.guard()
    with make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
