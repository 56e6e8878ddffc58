"""How often one address may be tried from one place."""

from datetime import datetime

from django.http import HttpRequest

from q2c.infra.tries import count_try

_TRIES_PER_MINUTE = 5
TOO_MANY = "Too many tries. Wait a minute, then try again."


def too_many_tries(request: HttpRequest, what: str, email: str, *, at: datetime) -> bool:
    """Count this try and say whether it is one too many within the minute."""
    where = f"{what}:{request.META.get('REMOTE_ADDR')}:{email.lower()}"
    return count_try(where, at=at) > _TRIES_PER_MINUTE
