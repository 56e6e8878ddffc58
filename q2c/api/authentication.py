"""Who asks: a key in the Authorization header, never in the address."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from q2c.api.keys import fingerprint, is_well_formed
from q2c.api.models import ApiKey
from q2c.identity.models import User
from q2c.infra.tries import count_try

_FAILURES_PER_MINUTE = 20
_NOTE_USE_EVERY = timedelta(minutes=1)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer qtc_…`; an unknown, expired or revoked key is answered alike."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if not secret:
            return None
        now, ip = timezone.now(), request.META.get("REMOTE_ADDR")
        key = self._find(secret.strip(), now=now) if scheme.lower() == "bearer" else None
        if key is None:
            if count_try(f"api-failures:{ip}", at=now) > _FAILURES_PER_MINUTE:
                raise Throttled(60, "Too many tries with keys that are not valid.")
            raise AuthenticationFailed("This key is not valid: unknown, expired or revoked.")
        _note_use(key, now=now)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  as DRF calls it
        return 'Bearer realm="q2c"'

    def _find(self, secret: str, *, now: datetime) -> ApiKey | None:
        if not is_well_formed(secret):
            return None
        living = Q(expires_at=None) | Q(expires_at__gt=now)
        keys = ApiKey.objects.filter(living, revoked_at=None, user__is_active=True)
        return keys.filter(key_sha256=fingerprint(secret)).select_related("user").first()


def _note_use(key: ApiKey, *, now: datetime) -> None:
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTE_USE_EVERY)
    if key.last_used_at is None or key.last_used_at < now - _NOTE_USE_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
