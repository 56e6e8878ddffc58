"""Billing runs as the staff pages list them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from billing.models import BillingRun, BillingShard, Charge, RunOutcome
from q2c.infra.models import Job

SHARD_JOB = "billing.shard"
MOST_ATTEMPTS = 5
MOST_COUNTED = 10_000


def with_progress() -> QuerySet[BillingRun]:
    """Return all runs with how many shards they have, are done, and what came out."""
    return BillingRun.objects.select_related("started_by", "legal_entity").annotate(
        shard_count=Count("shards"),
        done_count=Count("shards", filter=Q(shards__done_at__isnull=False)),
        invoices=Sum("shards__invoice_count", default=0),
        parked=Sum("shards__parked_count", default=0),
    )


def parked() -> QuerySet[RunOutcome]:
    """Return the newest unresolved outcome of each customer that could not be billed."""
    newest = (
        RunOutcome.objects.filter(run__post=True, resolved_at=None)
        .order_by("customer_id", "-id")
        .distinct("customer_id")
        .values("pk")
    )
    return (
        RunOutcome.objects.filter(pk__in=newest).select_related("customer", "run").order_by("-id")
    )


def customers_waiting(*, on: date) -> str:
    """Return how many customers have charges due by a day, as text; stops counting at 10,000."""
    due = Charge.objects.filter(next_on__lte=on).order_by().values("customer_id").distinct()
    count = due[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"


@dataclass(frozen=True, slots=True)
class Failing:
    """A part of a run that failed time and again: a person must look."""

    run_id: int
    on: date
    shard_id: int
    error: str


def failing(run_id: int | None = None) -> list[Failing]:
    """Return what keeps failing, of one run or of all; the newest run first."""
    parked_jobs = Job.objects.filter(kind=SHARD_JOB, done_at=None).exclude(parked_at=None)
    errors = {int(key): error for key, error in parked_jobs.values_list("key", "error")}
    shards = BillingShard.objects.filter(
        Q(attempts__gte=MOST_ATTEMPTS) | Q(pk__in=errors), done_at=None
    ).select_related("run")
    if run_id is not None:
        shards = shards.filter(run_id=run_id)
    return [
        Failing(shard.run_id, shard.run.on, shard.pk, shard.error or errors.get(shard.pk, ""))
        for shard in shards.order_by("-run_id", "pk")[:50]
    ]
