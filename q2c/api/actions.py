"""Make and revoke keys for programs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from q2c.api.events import ApiKeyCreated, ApiKeyRevoked
from q2c.api.keys import fingerprint, new_secret, shown_prefix
from q2c.api.models import ApiKey
from q2c.api.scopes import SCOPES
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused

LONGEST = timedelta(days=730)


@dataclass(frozen=True, kw_only=True)
class KeyDraft:
    """A key as asked for: it acts as the user, within the scopes, until it expires."""

    name: str
    user_id: int
    scopes: tuple[str, ...]
    expires_at: datetime


@transaction.atomic
def create_api_key(draft: KeyDraft, *, by: User | None, at: datetime) -> tuple[ApiKey, str]:
    """Make a key; returns its row and its secret, which is shown once and never again.

    Refuses unknown or no scopes, a life longer than two years, and a user who has left.
    """
    require(by, Permission.MANAGE_API_KEYS)
    unknown = sorted(set(draft.scopes) - SCOPES.keys())
    if unknown or not draft.scopes:
        words = f"There is no scope {unknown[0]}." if unknown else "Choose at least one scope."
        raise Refused(words, field="scopes")
    if not draft.name.strip():
        raise Refused("Name the key after what it is for.", field="name")
    if not at < draft.expires_at <= at + LONGEST:
        raise Refused("A key lives at most two years.", field="expires_at")
    user = User.objects.filter(pk=draft.user_id, is_active=True).first()
    if user is None:
        raise Refused("Choose somebody who works here.", field="user")
    secret = new_secret(live=not settings.DEMO)
    key = ApiKey.objects.create(
        name=draft.name.strip()[:100],
        prefix=shown_prefix(secret),
        key_sha256=fingerprint(secret),
        user=user,
        scopes=sorted(set(draft.scopes)),
        created_at=at,
        expires_at=draft.expires_at,
    )
    changes = {"acts as": [None, str(user)], "scopes": [None, ", ".join(key.scopes)]}
    publish(ApiKeyCreated(at=at, api_key_id=key.pk), by=by, changes=changes)
    return key, secret


@transaction.atomic
def revoke_api_key(key_id: int, *, by: User | None, at: datetime) -> ApiKey:
    """Kill a key; the next request with it is refused. Revoking twice changes nothing."""
    require(by, Permission.MANAGE_API_KEYS)
    key = locked(ApiKey, key_id)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        publish(ApiKeyRevoked(at=at, api_key_id=key.pk), by=by)
    return key
