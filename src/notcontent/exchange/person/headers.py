"""The headers of every answer of the person's face."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

SAFE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types default"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), clipboard-read=(), display-capture=(), interest-cohort=()"
    ),
}

#: Pages without script have forms, and nothing else.
PLAIN_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


#: The worker reads her files: it, and the decoders it loads, may ask this server for modules and nobody for anything
#: else. One of them is WebAssembly.
WORKER_PATH = "/page/worker.js"
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@sync_and_async_middleware
def send_safe_headers(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: set every safe header on every answer, whatever a view said.

    The worker, and pages where no script runs, have policies of their own.
    """

    def finish(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        for name, value in SAFE_HEADERS.items():
            response.headers[name] = value
        if request.path == WORKER_PATH:
            response.headers["Content-Security-Policy"] = WORKER_POLICY
        if request.path.startswith("/plain/") or request.path in ("/numbers", "/root-key"):
            response.headers["Content-Security-Policy"] = PLAIN_POLICY
        return response

    if inspect.iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponse:
            waiting: Awaitable[HttpResponse] = get_response(request)
            return finish(request, await waiting)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponse:
        return finish(request, get_response(request))

    return answer
