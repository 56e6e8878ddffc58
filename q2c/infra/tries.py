"""How often something was tried within a while, counted in the cache by all processes together."""

from datetime import datetime

from django.core.cache import cache

_LONGER = 30  # seconds; a count outlasts its window, so that it never ends between two steps


def count_try(what: str, *, at: datetime, seconds: int = 60) -> int:
    """Count one more try of `what` and return how many there were in this window of the clock.

    Raises what the cache raises when it cannot be reached.
    """
    bucket = f"tries:{what}:{seconds}:{int(at.timestamp()) // seconds}"
    cache.add(bucket, 0, timeout=seconds + _LONGER)
    return int(cache.incr(bucket))
