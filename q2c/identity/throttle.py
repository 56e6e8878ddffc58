"""How often one address may be tried from one place."""

from datetime import datetime

from django.core.cache import cache
from django.http import HttpRequest

_TRIES_PER_MINUTE = 5
TOO_MANY = "Too many tries. Wait a minute, then try again."


def too_many_tries(request: HttpRequest, what: str, email: str, *, at: datetime) -> bool:
    """Count this try and say whether it is one too many within the minute."""
    bucket = f"{what}:{request.META.get('REMOTE_ADDR')}:{email.lower()}:{at:%H%M}"
    cache.add(bucket, 0, timeout=90)
    return cache.incr(bucket) > _TRIES_PER_MINUTE
