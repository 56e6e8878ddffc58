"""The outbox: a committed row asks for work, any worker may take it, a crash loses nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q

from q2c.infra.models import Job
from q2c.infra.requests import bind_request_id, request_id
from q2c.kernel.errors import Refused

ATTEMPTS = 8
LEASE = timedelta(seconds=150)  # longer than a task's hard time limit, so no two copies run
_handlers: dict[str, Callable[[Any], None]] = {}
log = structlog.get_logger(__name__)


class TryLater(Exception):
    """The work cannot be done now; try again after `seconds`."""

    def __init__(self, reason: str, *, seconds: int) -> None:
        super().__init__(reason)
        self.seconds = seconds


def register(kind: str, handler: Callable[[Any], None]) -> None:
    """Name the function that does jobs of this kind; it gets the payload and may run twice."""
    _handlers[kind] = handler


def enqueue(
    kind: str, *, key: str, payload: dict[str, Any], at: datetime, queue: str = "default"
) -> None:
    """Ask for work once per (kind, key), within the caller's transaction.

    After the commit a Celery message carries the row's id; the sweep finds rows whose message was
    lost.
    """
    jobs = _ask(kind, [(key, payload)], at=at, queue=queue)
    found = Job.objects.filter(kind=kind, key=key, done_at=None).values_list("pk", flat=True)
    for pk in found if jobs else ():
        transaction.on_commit(partial(wake, pk, queue), robust=True)


def enqueue_many(
    kind: str, items: list[tuple[str, dict[str, Any]]], *, at: datetime, queue: str = "default"
) -> None:
    """Ask for many pieces of work at once, as (key, payload); one wake-up drains them."""
    _ask(kind, items, at=at, queue=queue)
    transaction.on_commit(lambda: wake_all(queue), robust=True)


def _ask(
    kind: str, items: list[tuple[str, dict[str, Any]]], *, at: datetime, queue: str
) -> list[Job]:
    jobs = [
        Job(
            kind=kind,
            key=key,
            payload=payload,
            queue=queue,
            created_at=at,
            available_at=at,
            request_id=request_id.get(),
        )
        for key, payload in items
    ]
    return Job.objects.bulk_create(jobs, ignore_conflicts=True, batch_size=2000)


def wake(pk: int, queue: str) -> None:
    from q2c.infra.tasks import work  # tasks import this module

    work.apply_async((pk,), queue=queue)


def wake_all(queue: str) -> None:
    from q2c.infra.tasks import drain  # tasks import this module

    drain.apply_async((queue,), queue=queue)


def run_job(pk: int, *, at: datetime) -> bool:
    """Do one job if it waits and nobody else has it; False when there was nothing to do.

    A failure is kept with the row and tried again with growing pauses; after the last attempt, or
    when a rule refuses, the job is parked for a person to look at.
    """
    job = _claim(Q(pk=pk), at=at)
    if job is None:
        return False
    bind_request_id(job.request_id)
    _perform(job, at=at)
    return True


def run_next(queue: str, *, at: datetime) -> bool:
    """Do the oldest waiting job of a queue; False when none waits."""
    job = _claim(Q(queue=queue), at=at)
    if job is None:
        return False
    bind_request_id(job.request_id)
    _perform(job, at=at)
    return True


def waiting(*, at: datetime) -> list[tuple[int, str]]:
    """Return (id, queue) of jobs due whose wake-up may be lost, oldest first."""
    return list(_due(at=at).order_by("available_at").values_list("pk", "queue")[:1000])


def retry(pk: int, *, at: datetime) -> None:
    """Put a job back in the queue, unless it is done or a worker has it in hand."""
    retry_where(Q(pk=pk), at=at)


@transaction.atomic
def retry_where(which: Q, *, at: datetime) -> list[int]:
    """Put those of these jobs back in the queue that are parked or pause after a failure.

    Returns their ids. What is done, waits already or runs is left alone, so asking twice is asking
    once.
    """
    stuck = Job.objects.filter(which, free(at=at), done_at=None)
    stuck = stuck.exclude(parked_at=None, available_at__lte=at)
    rows = stuck.select_for_update(no_key=True).order_by("pk").values_list("pk", "queue")
    queues = dict(rows)
    Job.objects.filter(pk__in=queues).update(
        parked_at=None, attempts=0, available_at=at, leased_until=None
    )
    if len(queues) == 1:
        [(pk, queue)] = queues.items()
        transaction.on_commit(partial(wake, pk, queue), robust=True)
    else:
        for queue in sorted(set(queues.values())):
            transaction.on_commit(partial(wake_all, queue), robust=True)
    return list(queues)


def purpose(kind: str) -> str:
    """Return what jobs of this kind do, as the first line of their handler says it."""
    handler = _handlers.get(kind)
    if handler is None:
        return "Nothing in this release does jobs of this kind."
    return (handler.__doc__ or "").strip().partition("\n")[0]


def free(*, at: datetime) -> Q:
    """Match jobs that no worker has in hand."""
    return Q(leased_until=None) | Q(leased_until__lt=at)


def _due(*, at: datetime) -> Any:
    return Job.objects.filter(free(at=at), done_at=None, parked_at=None, available_at__lte=at)


@transaction.atomic
def _claim(which: Q, *, at: datetime) -> Job | None:
    job = (
        _due(at=at)
        .filter(which)
        .select_for_update(skip_locked=True, no_key=True)
        .order_by("available_at", "pk")
        .first()
    )
    if job:
        job.leased_until, job.attempts = at + LEASE, job.attempts + 1
        job.save(update_fields=["leased_until", "attempts"])
    return job


def _perform(job: Job, *, at: datetime) -> None:
    handler = _handlers.get(job.kind)
    if handler is None:
        _fail(job, f"Nothing handles jobs of the kind {job.kind}.", at=at, final=True)
        return
    try:
        with transaction.atomic():
            handler(job.payload)
            Job.objects.filter(pk=job.pk).update(done_at=at, leased_until=None, error="")
    except TryLater as later:
        Job.objects.filter(pk=job.pk).update(
            available_at=at + timedelta(seconds=later.seconds),
            leased_until=None,
            error=str(later),
            attempts=F("attempts") - 1,
        )
    except Refused as refusal:
        _fail(job, refusal.message, at=at, final=True)
    except Exception as error:  # whatever went wrong is kept with the row
        log.exception("job_failed", job=job.pk, kind=job.kind)
        _fail(job, f"{type(error).__name__}: {error}", at=at, final=job.attempts >= ATTEMPTS)


def _fail(job: Job, error: str, *, at: datetime, final: bool) -> None:
    pause = timedelta(seconds=min(5 * 4 ** (job.attempts - 1), 6 * 3600))
    Job.objects.filter(pk=job.pk).update(
        error=error[:2000],
        leased_until=None,
        available_at=at + pause,
        parked_at=at if final else None,
    )
