"""Every error of the API as RFC 9457 problem details, with words a developer can act on."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from q2c.infra.requests import request_id
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused, StaleVersion

TYPES = {
    "refused": "The request breaks a rule of the business; detail says which.",
    "illegal_transition": "The document's state does not allow this verb.",
    "not_allowed": "The key's user may not do this, or would approve their own request.",
    "scope_missing": "The key was not made for this; make one with the scope that detail names.",
    "stale_version": "Somebody else changed it since you read it. Read it again, then decide.",
    "precondition_required": "Send If-Match with the ETag you read.",
    "invalid": "Some fields are missing or wrong; errors points at each.",
    "bad_parameter": "A query parameter is unknown or wrong; errors names it.",
    "parse_error": "The body is not the JSON it says it is.",
    "not_authenticated": "Send Authorization: Bearer qtc_….",
    "authentication_failed": "The key is unknown, expired or revoked.",
    "not_found": "There is no such thing, or this key's user does not see it.",
    "method_not_allowed": "This address does not take that method; see Allow.",
    "not_acceptable": "The API answers in JSON.",
    "unsupported_media_type": "Send JSON: Content-Type: application/json.",
    "throttled": "Too many requests; wait for Retry-After seconds.",
    "idempotency_key_required": "Send an Idempotency-Key, a fresh one for each thing to do.",
    "idempotency_key_reused": "This Idempotency-Key came with another request before.",
    "in_flight": "The first request with this Idempotency-Key is still being worked on.",
    "busy": "Another request holds the same document; try again.",
    "unavailable": "Something this needs is down for the moment; try again.",
    "error": "Our mistake. Tell us the request_id.",
}
MEDIA_TYPE = "application/problem+json"
_BUSY = {"55P03", "40001", "40P01"}  # lock not available, serialization failure, deadlock
log = structlog.get_logger(__name__)


class Problem(exceptions.APIException):
    """A problem with a status and a code of its own."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.headers = dict(headers or {})


class BadParameter(Problem):
    """A query parameter that is unknown or wrong."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(400, "bad_parameter", detail)
        self.parameter = name


def answer(exception: Exception, context: Mapping[str, Any]) -> Response:
    """Return the problem for any exception; what is nobody's fault but ours is logged."""
    status, code, detail, errors = _judge(exception)
    body: dict[str, Any] = {
        "type": f"/api/v1/problems#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": context["request"].path,
        "code": code,
        "request_id": request_id.get(),
    }
    if errors:
        body["errors"] = errors
    response = Response(body, status=status, headers=_headers(exception))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and code == "error":
        log.error("api_failed", exc_info=exception)
    response.content_type = MEDIA_TYPE
    return response


def _judge(exception: Exception) -> tuple[int, str, str, list[dict[str, str]]]:
    match exception:
        case Refused():
            return _refused(exception)
        case exceptions.ValidationError():
            detail = "Some fields are missing or wrong."
            return 422, "invalid", detail, list(_pointers(exception.get_full_details(), ""))
        case BadParameter():
            error = {"parameter": exception.parameter, "detail": str(exception.detail)}
            return 400, "bad_parameter", str(exception.detail), [error]
        case exceptions.APIException():
            codes = exception.get_codes()
            code = codes if isinstance(codes, str) else "error"
            return exception.status_code, code, str(exception.detail), []
        case _:
            return *_elsewhere(exception), []


def _elsewhere(exception: Exception) -> tuple[int, str, str]:
    match exception:
        case Http404():
            return 404, "not_found", "There is nothing here, or this key's user does not see it."
        case PermissionDenied():
            return 403, "not_allowed", "This key's user may not do this."
        case OperationalError() if getattr(exception.__cause__, "pgcode", "") in _BUSY:
            return 409, "busy", "Another request holds this document; try again."
        case _:
            return 500, "error", "Something went wrong on our side; nothing was changed."


def _refused(refusal: Refused) -> tuple[int, str, str, list[dict[str, str]]]:
    match refusal:
        case NotAllowed():
            status = 403
        case StaleVersion():
            status = 412
        case IllegalTransition():
            status = 409
        case _:
            status = 422
    errors = []
    if refusal.field:
        pointer = "/" + refusal.field.replace(".", "/")
        errors = [{"pointer": pointer, "code": refusal.code, "detail": refusal.message}]
    return status, refusal.code, refusal.message, errors


def _pointers(details: Any, path: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details into JSON pointers into the request's body."""
    if isinstance(details, Mapping) and "message" in details and "code" in details:
        yield {"pointer": path, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            yield from _pointers(inner, path if name == "non_field_errors" else f"{path}/{name}")
    elif isinstance(details, Sequence):
        for index, inner in enumerate(details):
            is_leaf = isinstance(inner, Mapping) and "message" in inner and "code" in inner
            yield from _pointers(inner, path if is_leaf else f"{path}/{index}")


def _headers(exception: Exception) -> dict[str, str]:
    headers = dict(getattr(exception, "headers", {}))
    if header := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = header
    wait = getattr(exception, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    if isinstance(exception, OperationalError):
        headers["Retry-After"] = "1"
    return headers
