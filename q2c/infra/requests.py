"""One id follows a request through logs, events, jobs, mails and Celery."""

import re
from collections.abc import Callable
from contextvars import ContextVar
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

request_id: ContextVar[str] = ContextVar("request_id", default="")
_SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def bind_request_id(value: str = "") -> str:
    """Bind the given id, or a new one, to this context and its log lines; returns it."""
    bound = value if _SAFE.fullmatch(value) else uuid4().hex
    request_id.set(bound)
    structlog.contextvars.bind_contextvars(request_id=bound)
    return bound


class RequestIdMiddleware:
    """Take the caller's X-Request-ID where it is sane, else make one; answer with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        bound = bind_request_id(request.headers.get("X-Request-ID", ""))
        response = self.get_response(request)
        response["X-Request-ID"] = bound
        return response
