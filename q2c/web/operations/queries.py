"""What the Operations page shows, in words for people."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from q2c.infra import backlog, health, jobs
from q2c.infra.models import Event, Job, Mail

_REMEMBERED = timedelta(days=30)
MAILS = "mails"  # a list of its own: e-mails that failed, parked or not
_NEWEST_FIRST = ("-parked_at", "-id")
_OLDEST_FIRST = ("available_at", "id")
_FROM_FACT = re.compile(r"([A-Z][A-Za-z]+):([0-9.]+|none):\d{4}-")


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the machinery: how it is, and what to do when it is not well."""

    label: str
    is_ok: bool
    answer: str
    todo: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One job as the list shows it."""

    job: Job
    state: str
    title: str
    about: str
    mail: Mail | None

    @property
    def since(self) -> datetime | None:
        """Return since when it is in its state; of a pausing job, when it is tried next."""
        if self.state == backlog.RUNNING and self.job.leased_until:
            return self.job.leased_until - jobs.LEASE
        return self.job.done_at or self.job.parked_at or self.job.available_at

    @property
    def can_retry(self) -> bool:
        return self.state in (backlog.PARKED, backlog.PAUSED)


@dataclass(frozen=True, slots=True)
class Retry:
    """Who put how many jobs of a kind back in the queue, and when."""

    at: datetime
    by: str
    kind: str
    count: int

    @property
    def title(self) -> str:
        return title_of(self.kind)


_READY = {
    "database": (
        "Database",
        "It answers",
        "Everything is kept in it. Start Postgres, or correct DATABASE_URL.",
    ),
    "redis": (
        "Redis",
        "It answers",
        "Jobs are safe in the database, but no worker is woken. Start Redis, or correct REDIS_URL.",
    ),
    "migrations": (
        "Tables",
        "They fit this release",
        "The program is newer than its tables. Run manage.py migrate.",
    ),
}
_FRESH = {
    "oldest_job": (
        "Queue",
        "No job waits longer than two minutes",
        "The oldest job waits since",
        "Work comes in faster than it is done, or nobody does it. Start more workers.",
    ),
    "beat": (
        "Clock",
        "Celery beat ticks",
        "Silent since",
        "Nothing happens by itself: no billing, no letters, no retries. Start Celery beat.",
    ),
    "canary": (
        "Workers",
        "A worker answers",
        "Silent since",
        "No worker takes up work. Start one, or read its log to see why it hangs.",
    ),
}


def checks(*, at: datetime) -> list[Check]:
    """Return the checks of /readyz and /freshz."""
    ready = [
        Check(label, answer == "ok", well if answer == "ok" else answer, todo)
        for name, answer in health.readiness().items()
        for label, well, todo in [_READY[name]]
    ]
    return ready + [_freshness(name, then, at) for name, then in health.last_seen(at=at).items()]


def _freshness(name: str, then: datetime | None, at: datetime) -> Check:
    label, well, late, todo = _FRESH[name]
    is_ok = health.is_fresh(then, at=at)
    answer = well if is_ok else late if then else "Never seen"
    return Check(label, is_ok, answer, todo, None if is_ok else then)


def title_of(kind: str) -> str:
    """Write a kind of job as words: quotes.handlers.mail_quote is Quotes: mail quote."""
    area, what = kind.partition(".")[0], kind.rpartition(".")[2].replace("_", " ")
    return what.capitalize() if area in ("infra", what) else f"{area.capitalize()}: {what}"


def listed(state: str, kind: str, *, at: datetime) -> tuple[QuerySet[Job], Sequence[str]]:
    """Return the jobs of a tab, and in which order it shows them."""
    if state == MAILS:
        return Job.objects.filter(backlog.unsent_mails()), ("-created_at", "-id")
    found = Job.objects.filter(backlog.in_state(state, at=at))
    if kind:
        found = found.filter(kind=kind)
    return found, _NEWEST_FIRST if state == backlog.PARKED else _OLDEST_FIRST


def rows(found: Sequence[Job], *, at: datetime) -> list[Row]:
    """Return jobs with the words to show them by; two questions however many they are."""
    mails = backlog.mails_of(found)
    return [
        Row(
            job,
            backlog.state_of(job, at=at),
            title_of(job.kind),
            _about(job.key),
            mails.get(job.pk),
        )
        for job in found
    ]


def _about(key: str) -> str:
    """Write a job's key as words: QuoteSent:12:2026-… is Quote sent, 12."""
    fact = _FROM_FACT.match(key)
    if not fact:
        return key
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", fact[1]).capitalize()
    return f"{name}, {fact[2].replace('..', ' to ')}"


def unsent_mail_count() -> int:
    return Job.objects.filter(backlog.unsent_mails()).count()


def retries(*, at: datetime) -> list[Retry]:
    """Return who retried what lately, newest first."""
    kind = Job.objects.filter(pk=OuterRef("document_id")).values("kind")
    events: Any = (
        Event.objects.filter(document="job", name="JobsRetried", at__gt=at - _REMEMBERED)
        .annotate(kind=Subquery(kind))
        .values("at", "actor_label", "kind")
        .annotate(count=Count("pk"))
        .order_by("-at", "kind")[:20]
    )
    return [Retry(e["at"], e["actor_label"], e["kind"] or "", e["count"]) for e in events]
