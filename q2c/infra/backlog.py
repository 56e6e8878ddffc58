"""What waits, runs and is stuck: the queue as a person looks at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from q2c.infra.jobs import free
from q2c.infra.models import Job, Mail

MAIL_JOB = "infra.deliver_mail"
PARKED, PAUSED, WAITING, RUNNING = "parked", "paused", "waiting", "running"
STATES = (PARKED, PAUSED, WAITING, RUNNING)


@dataclass(frozen=True, slots=True)
class Kind:
    """How the jobs of one kind stand."""

    kind: str
    parked: int = 0
    paused: int = 0
    waiting: int = 0
    running: int = 0
    oldest_waiting_at: datetime | None = None


def in_state(state: str, *, at: datetime) -> Q:
    """Match the jobs that are parked, pause before their next try, wait for a worker, or run."""
    open_ = Q(done_at=None, parked_at=None)
    match state:
        case "parked":
            return Q(parked_at__isnull=False)
        case "paused":
            return open_ & free(at=at) & Q(available_at__gt=at)
        case "waiting":
            return open_ & free(at=at) & Q(available_at__lte=at)
        case "running":
            return open_ & Q(leased_until__gte=at)
        case _:
            raise ValueError(f"Jobs know no state {state}.")


def state_of(job: Job, *, at: datetime) -> str:
    """Return the state of one job: done, or one of STATES."""
    if job.done_at:
        return "done"
    if job.parked_at:
        return PARKED
    if job.leased_until and job.leased_until >= at:
        return RUNNING
    return PAUSED if job.available_at > at else WAITING


def by_kind(*, at: datetime) -> list[Kind]:
    """Return how each kind of open job stands; those that need a person first."""
    # Two questions, because each finds its own index; done jobs are never looked at.
    open_ = Job.objects.filter(done_at=None, parked_at=None).values("kind")
    found: dict[str, dict[str, Any]] = {
        row["kind"]: dict(row)
        for row in open_.annotate(
            **{s: Count("pk", filter=in_state(s, at=at)) for s in (PAUSED, WAITING, RUNNING)},
            oldest_waiting_at=Min("available_at", filter=in_state(WAITING, at=at)),
        )
    }
    parked = Job.objects.filter(parked_at__isnull=False).values("kind")
    for row in parked.annotate(parked=Count("pk")):
        found.setdefault(row["kind"], {}).update(row)
    kinds = [Kind(**row) for row in found.values()]
    return sorted(kinds, key=lambda kind: (-kind.parked, -kind.paused, kind.kind))


def unsent_mails() -> Q:
    """Match the jobs of e-mails that failed at least once and did not go out since."""
    failing = Q(done_at=None, parked_at=None) & ~Q(error="")
    return Q(kind=MAIL_JOB) & (failing | Q(parked_at__isnull=False))


def mails_of(jobs: Iterable[Job]) -> dict[int, Mail]:
    """Return the e-mail of each job that delivers one, by the job's id."""
    ids = {job.pk: job.payload["mail_id"] for job in jobs if job.kind == MAIL_JOB}
    mails = Mail.objects.only("to", "subject").in_bulk(list(ids.values()))
    return {pk: mails[mail_id] for pk, mail_id in ids.items() if mail_id in mails}
