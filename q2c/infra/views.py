from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from q2c.infra import health


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"live": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    return _answer(health.readiness())


def fresh(request: HttpRequest) -> JsonResponse:
    return _answer(health.freshness(at=timezone.now()))


def _answer(parts: dict[str, str]) -> JsonResponse:
    return JsonResponse(parts, status=200 if set(parts.values()) == {"ok"} else 503)
