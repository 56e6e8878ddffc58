"""Put stuck jobs back in the queue; what waits, runs or is done already is left alone."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.backlog import in_state
from q2c.infra.bus import publish
from q2c.infra.jobs import retry_where
from q2c.web.operations.events import JobsRetried


def retry_jobs(ids: Collection[int], *, by: User | None, at: datetime) -> int:
    """Put the stuck ones of these jobs back in the queue; return how many those were."""
    return _retry(Q(pk__in=ids), by=by, at=at)


def retry_kind(kind: str, state: str, *, by: User | None, at: datetime) -> int:
    """Put all jobs of a kind that are in this state back in the queue; return how many."""
    return _retry(Q(kind=kind) & in_state(state, at=at), by=by, at=at)


@transaction.atomic
def _retry(which: Q, *, by: User | None, at: datetime) -> int:
    require(by, Permission.VIEW_OPERATIONS)
    retried = retry_where(which, at=at)
    if retried:
        publish(JobsRetried(at=at, job_ids=tuple(retried)), by=by)
    return len(retried)
