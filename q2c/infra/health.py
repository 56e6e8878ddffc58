"""Is the machinery alive (live), able to serve (ready), and keeping up (fresh)?"""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from q2c.infra.models import Heartbeat, Job

FRESH_WITHIN = timedelta(seconds=120)


def beat(name: str, *, at: datetime) -> None:
    """Note that this part is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def readiness() -> dict[str, str]:
    """Return each thing a request needs and "ok", or what is wrong with it."""
    return {"database": _database(), "redis": _redis(), "migrations": _migrations()}


def freshness(*, at: datetime) -> dict[str, str]:
    """Return how old the oldest waiting job, the last beat and the last canary are.

    Each is "ok" within two minutes, else says since when it is late.
    """
    words = {"oldest_job": "waiting since", "beat": "silent since", "canary": "silent since"}
    return {
        name: "ok"
        if is_fresh(then, at=at)
        else f"{words[name]} {then.isoformat(timespec='seconds')}"
        if then
        else "never seen"
        for name, then in last_seen(at=at).items()
    }


def last_seen(*, at: datetime) -> dict[str, datetime | None]:
    """Return since when the oldest job waits (now, if none does), and the last beat and canary."""
    oldest = (
        Job.objects.filter(done_at=None, parked_at=None, available_at__lte=at)
        .order_by("available_at")
        .values_list("available_at", flat=True)
        .first()
    )
    seen = dict(Heartbeat.objects.values_list("name", "at"))
    return {"oldest_job": oldest or at, "beat": seen.get("beat"), "canary": seen.get("canary")}


def is_fresh(then: datetime | None, *, at: datetime) -> bool:
    return then is not None and at - then <= FRESH_WITHIN


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return str(error).strip()
    return "ok"


def _redis() -> str:
    try:
        cache.set("readiness", 1, timeout=5)
        return "ok" if cache.get("readiness") == 1 else "a value just written cannot be read"
    except Exception as error:  # noqa: BLE001  the client raises many kinds; all mean not ready
        return str(error)


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return str(error).strip()
    return "ok" if not plan else f"{len(plan)} not applied"
