"""Start, work off, resume and finish billing runs. Shards are the queue; any worker takes one."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from billing.actions.shards import bill_shard
from billing.events import BillingRunFinished
from billing.models import BillingRun, BillingShard, RunOutcome
from billing.queries.due import customers_due
from billing.queries.runs import MOST_ATTEMPTS, SHARD_JOB
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.jobs import enqueue_many, retry
from q2c.infra.locks import advisory_lock, locked
from q2c.infra.models import Job

SHARD_CUSTOMERS = 1000
LEASE = timedelta(seconds=120)  # only a hint whom to leave a shard to: its row lock is the truth
STALLED_AFTER = timedelta(minutes=2)


@transaction.atomic
def start_run(  # noqa: PLR0913  each says what a run covers, by name
    *,
    on: date,
    post: bool,
    by: User | None,
    at: datetime,
    entity_id: int | None = None,
    customer_id: int | None = None,
    skip: Collection[int] = (),
    deliver: bool = True,
    is_daily: bool = False,
) -> BillingRun:
    """Cut the customers with charges due by `on` into shards; nothing is billed yet.

    `post=False` is a dry run: the same work, only counted. `customer_id` bills just that one;
    `skip` starts no shard for some; `deliver=False` posts without mailing. Who starts it then
    works the shards off, or hands them to workers with `enqueue_shards`.
    """
    require(by, Permission.RUN_BILLING)
    run = BillingRun.objects.create(
        on=on,
        post=post,
        deliver=deliver,
        is_daily=is_daily,
        legal_entity_id=entity_id,
        started_by=by,
        started_at=at,
    )
    due = customers_due(on=on, entity_id=entity_id, customer_id=customer_id, skip=skip)
    _cut(run, due)
    if not due:
        finish_run(run.pk, at=at)
        run.refresh_from_db()
    return run


def _cut(run: BillingRun, due: Sequence[int]) -> None:
    size = SHARD_CUSTOMERS
    parts = [due[start : start + size] for start in range(0, len(due), size)]
    BillingShard.objects.bulk_create(
        BillingShard(
            run=run,
            first_customer_id=part[0],
            last_customer_id=part[-1],
            customer_count=len(part),
        )
        for part in parts
    )


def enqueue_shards(run_id: int, *, at: datetime) -> None:
    """Ask the workers for every open shard of a run, once each."""
    shards = BillingShard.objects.filter(run_id=run_id, done_at=None).values_list("pk", flat=True)
    enqueue_many(
        SHARD_JOB,
        [(str(pk), {"shard_id": pk}) for pk in shards],
        at=at,
        queue="money",
    )


def bill_next_shard(run_id: int, *, at: datetime, even_leased: bool = False) -> bool:
    """Take a free shard of the run and bill it; False when none is free.

    `even_leased` also takes shards whose worker seems to have died; one that is still at work
    holds the row, and its shard is left alone.
    """
    shard_id = _claim(run_id, at=at, even_leased=even_leased)
    if shard_id is None:
        return False
    try:
        bill_shard(shard_id, at=at)
    except Exception as error:
        BillingShard.objects.filter(pk=shard_id).update(
            error=f"{type(error).__name__}: {error}"[:2000], leased_until=None
        )
        raise
    return True


def work_off(run_id: int, *, at: datetime) -> BillingRun:
    """Bill all shards of a run in this process, one after the other, and finish it."""
    while bill_next_shard(run_id, at=at, even_leased=True):
        pass
    finish_run(run_id, at=at)
    return BillingRun.objects.get(pk=run_id)


@transaction.atomic
def finish_run(run_id: int, *, at: datetime) -> bool:
    """Close the run once no shard is open; False while one is, or when it was closed before."""
    run = locked(BillingRun, run_id)
    if run.finished_at or run.shards.filter(done_at=None).exists():
        return False
    run.finished_at = at
    run.save(update_fields=["finished_at"])
    publish(BillingRunFinished(at=at, billing_run_id=run.pk, on=run.on), by=run.started_by)
    return True


@transaction.atomic
def try_again(run_id: int, *, by: User | None, at: datetime) -> None:
    """Give the failing shards of a run to the workers once more."""
    require(by, Permission.RUN_BILLING)
    open_ = BillingShard.objects.filter(run_id=run_id, done_at=None)
    open_.update(attempts=0, leased_until=None, error="")
    keys = [str(pk) for pk in open_.values_list("pk", flat=True)]
    for job in Job.objects.filter(kind=SHARD_JOB, key__in=keys, done_at=None):
        retry(job.pk, at=at)
    enqueue_shards(run_id, at=at)


def unfinished(*, on: date) -> list[int]:
    """Return the ids of runs for a date that somebody started and nobody finished."""
    return list(BillingRun.objects.filter(on=on, finished_at=None).values_list("pk", flat=True))


def bill_again(customer_id: int, *, on: date, by: User | None, at: datetime) -> RunOutcome | None:
    """Bill one parked customer now, up to the date it was parked for if that is later than `on`.

    Returns why not, if it is parked again.
    """
    require(by, Permission.RUN_BILLING)
    waiting = RunOutcome.objects.filter(customer_id=customer_id, run__post=True, resolved_at=None)
    on = max([on, *waiting.values_list("run__on", flat=True)])
    run = start_run(on=on, post=True, by=by, at=at, customer_id=customer_id)
    if run.finished_at:
        waiting.update(resolved_at=at)
        return None
    work_off(run.pk, at=at)
    return RunOutcome.objects.filter(run=run).first()


@transaction.atomic
def start_daily_run(entity_id: int, *, on: date, at: datetime) -> BillingRun | None:
    """Start the run of an entity's business date once, and further ones for what came due since.

    Customers that were parked that day wait for a person or for the next day. None: nothing to do.
    """
    if not advisory_lock("billing.daily_run", entity_id):
        return None
    runs = BillingRun.objects.filter(legal_entity_id=entity_id, on=on, post=True)
    if runs.filter(finished_at=None).exists():
        return None
    is_first = not runs.filter(is_daily=True).exists()
    parked = () if is_first else set(_parked_on(on))
    if not customers_due(on=on, entity_id=entity_id, skip=parked):
        return None
    run = start_run(
        on=on,
        post=True,
        by=None,
        at=at,
        entity_id=entity_id,
        skip=parked,
        is_daily=is_first,
    )
    enqueue_shards(run.pk, at=at)
    return run


def resume_runs(*, at: datetime) -> None:
    """Finish runs whose shards are all done, and call workers for the shards of stalled ones."""
    for run in BillingRun.objects.filter(finished_at=None):
        if not finish_run(run.pk, at=at) and run.started_at < at - STALLED_AFTER:
            enqueue_shards(run.pk, at=at)


def _parked_on(on: date) -> list[int]:
    parked = RunOutcome.objects.filter(run__on=on, run__post=True, resolved_at=None)
    return list(parked.values_list("customer_id", flat=True))


@transaction.atomic
def _claim(run_id: int, *, at: datetime, even_leased: bool) -> int | None:
    free = Q() if even_leased else Q(leased_until=None) | Q(leased_until__lt=at)
    shard = (
        BillingShard.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(free, run_id=run_id, done_at=None, attempts__lt=MOST_ATTEMPTS)
        .order_by("attempts", "first_customer_id")
        .first()
    )
    if shard is None:
        return None
    shard.leased_until, shard.attempts = at + LEASE, F("attempts") + 1
    shard.save(update_fields=["leased_until", "attempts"])
    return shard.pk
