"""How often a key may ask, counted in Redis by the second."""

from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from q2c.infra.tries import count_try

WINDOW = 1  # seconds
log = structlog.get_logger(__name__)


class CannotCount(APIException):
    """Limits cannot be kept, so nothing that writes goes through."""

    status_code = 503
    default_detail = "Requests cannot be counted just now; try again in a few seconds."
    default_code = "unavailable"


class KeyThrottle(BaseThrottle):
    """So many reads and so many writes a second for each key; the answer says how many are left."""

    def allow_request(self, request: Request, view: Any) -> bool:  # noqa: ARG002  as DRF calls it
        self.policy = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"
        self.limit = settings.API_REQUESTS_PER_SECOND[self.policy]
        try:
            self.remaining = self.limit - count_try(
                f"api:{self.policy}:{_who(request)}", at=timezone.now(), seconds=WINDOW
            )
        except RedisError as error:
            if self.policy == "write":
                raise CannotCount from error
            log.warning("throttle_unavailable", error=str(error))
            return True
        request.rate_limit = self.headers()  # type: ignore[attr-defined]
        return self.remaining >= 0

    def wait(self) -> float:
        return WINDOW

    def headers(self) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={max(self.remaining, 0)};t={WINDOW}',
        }


def _who(request: Request) -> str:
    key = request.auth
    return f"key:{key.pk}" if key else f"ip:{request.META.get('REMOTE_ADDR')}"
