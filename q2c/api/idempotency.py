"""The same request sent twice does its work once, and gets the same answer."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from q2c.api.problems import Problem
from q2c.infra.models import IdempotentRequest

HEADER = "Idempotency-Key"
_KEPT = ("Location", "ETag")


def once(request: Request, act: Callable[[], Response]) -> Response:
    """Do `act` unless this key was answered before; then give that answer again.

    The work and the note of its answer commit together, so a crash leaves neither. What failed is
    forgotten, since nothing came of it. While the first request runs, its row is locked, and the
    others are told to wait.
    """
    key, fingerprint = _key(request), _fingerprint(request)
    row = IdempotentRequest(
        actor=f"key:{request.auth.pk}",
        key=key,
        request_sha256=fingerprint,
        created_at=timezone.now(),
    )
    IdempotentRequest.objects.bulk_create([row], ignore_conflicts=True)
    try:
        with transaction.atomic():
            return _answer(_claim(row), fingerprint, act)
    except Exception:
        unanswered = IdempotentRequest.objects.filter(actor=row.actor, key=key, status=None)
        unanswered.filter(request_sha256=fingerprint).delete()
        raise


def natural_key(request: Request) -> str:
    """Return the request's key as documents may keep it: one for each API key and its own key."""
    digest = hashlib.sha256(_key(request).encode()).hexdigest()
    key: Any = request.auth
    return f"api:{key.pk}:{digest}"


def forget_answers(*, before: datetime) -> int:
    """Forget the answers to requests older than that; returns how many."""
    return IdempotentRequest.objects.filter(created_at__lt=before).delete()[0]


def _claim(row: IdempotentRequest) -> IdempotentRequest:
    rows = IdempotentRequest.objects.select_for_update(nowait=True, no_key=True)
    try:
        return rows.get(actor=row.actor, key=row.key)
    except (OperationalError, IdempotentRequest.DoesNotExist):
        detail = "The first request with this key is still being worked on; ask again in a second."
        raise Problem(409, "in_flight", detail, headers={"Retry-After": "1"}) from None


def _answer(row: IdempotentRequest, fingerprint: str, act: Callable[[], Response]) -> Response:
    if row.request_sha256 != fingerprint:
        detail = "This key came with another request before; use a fresh key for a new request."
        raise Problem(422, "idempotency_key_reused", detail)
    if row.status is not None:
        headers = {**row.headers, "Idempotent-Replayed": "true"}
        return Response(row.body, status=row.status, headers=headers)
    response = act()
    row.status = response.status_code
    row.body = json.loads(JSONRenderer().render(response.data) or b"null")
    row.headers = {name: response[name] for name in _KEPT if name in response}
    row.save(update_fields=["status", "body", "headers"])
    return response


def _key(request: Request) -> str:
    key = request.headers.get(HEADER, "").strip()
    if not key:
        detail = f"Send the header {HEADER} with a fresh random value, and the same one on a retry."
        raise Problem(400, "idempotency_key_required", detail)
    if len(key) > 255:
        raise Problem(400, "idempotency_key_required", f"{HEADER} is at most 255 characters.")
    return key


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=str)
    text = f"{request.method} {request.get_full_path()} {body}"
    return hashlib.sha256(text.encode()).hexdigest()
