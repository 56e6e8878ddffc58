from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra import backlog, jobs
from q2c.infra.bus import history
from q2c.infra.models import Job
from q2c.kernel.errors import Refused
from q2c.web.operations import queries
from q2c.web.operations.actions import retry_jobs, retry_kind
from q2c.web.shortcuts import page_of

_TABS = {
    backlog.PARKED: "Parked",
    backlog.PAUSED: "Will try again",
    backlog.WAITING: "Waiting",
    backlog.RUNNING: "Running",
    queries.MAILS: "E-mails not sent",
}
_SINCE = {
    backlog.PARKED: "Parked",
    backlog.PAUSED: "Next try",
    backlog.WAITING: "Waiting since",
    backlog.RUNNING: "Running since",
    queries.MAILS: "Written",
}


@require_GET
@requires(Permission.VIEW_OPERATIONS)
def overview(request: HttpRequest) -> HttpResponse:
    at, (state, kind) = timezone.now(), _asked(request.GET)
    kinds = backlog.by_kind(at=at)
    found, order = queries.listed(state, kind, at=at)
    page = page_of(found, request, order=order)
    checks = queries.checks(at=at)
    context = {
        "checks": checks,
        "is_well": all(check.is_ok for check in checks),
        "kinds": [(row, queries.title_of(row.kind), jobs.purpose(row.kind)) for row in kinds],
        "tabs": _tabs(kinds, state, kind),
        "state": state,
        "since": _SINCE[state],
        "kind": kind,
        "kind_title": queries.title_of(kind),
        "page": page,
        "rows": queries.rows(page.rows, at=at),
        "retries": queries.retries(at=at),
        "attempts": jobs.ATTEMPTS,
    }
    return render(request, "web/operations/overview.html", context)


@require_GET
@requires(Permission.VIEW_OPERATIONS)
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    found = get_object_or_404(Job, pk=job_id)
    [row] = queries.rows([found], at=timezone.now())
    context = {
        "row": row,
        "purpose": jobs.purpose(found.kind),
        "events": history("job", job_id)[:50],
        "attempts": jobs.ATTEMPTS,
    }
    return render(request, "web/operations/job.html", context)


@require_POST
@requires(Permission.VIEW_OPERATIONS)
def retry(request: HttpRequest) -> HttpResponse:
    """Retry the picked jobs."""
    ids = {int(pk) for pk in request.POST.getlist("ids") if pk.isdecimal() and len(pk) < 19}
    if not ids:
        raise Refused("Pick at least one job to retry.")
    count = retry_jobs(ids, by=_user(request), at=timezone.now())
    state, kind = _asked(request.POST)
    return _back(request, count, state=state, kind=kind)


@require_POST
@requires(Permission.VIEW_OPERATIONS)
def retry_one(request: HttpRequest, job_id: int) -> HttpResponse:
    get_object_or_404(Job, pk=job_id)
    count = retry_jobs({job_id}, by=_user(request), at=timezone.now())
    state, kind = _asked(request.POST)
    return _back(request, count, state=state, kind=kind)


@require_POST
@requires(Permission.VIEW_OPERATIONS)
def retry_all(request: HttpRequest) -> HttpResponse:
    """Retry all parked, or all pausing, jobs of a kind."""
    state, kind = _asked(request.POST)
    if not kind or state not in (backlog.PARKED, backlog.PAUSED):
        raise Refused("Only parked or pausing jobs of one kind can be retried together.")
    count = retry_kind(kind, state, by=_user(request), at=timezone.now())
    return _back(request, count, state=state)  # of that kind none is left to look at


def _user(request: HttpRequest) -> Any:
    return request.user


def _asked(data: Any) -> tuple[str, str]:
    state = data.get("state", backlog.PARKED)
    kind = data.get("kind", "")[:80]
    return (state if state in _TABS else backlog.PARKED), kind


def _tabs(kinds: list[backlog.Kind], state: str, kind: str) -> list[dict[str, Any]]:
    counts = {
        s: sum(getattr(row, s) for row in kinds if kind in ("", row.kind)) for s in backlog.STATES
    }
    counts[queries.MAILS] = queries.unsent_mail_count()
    return [
        {
            "label": label,
            "url": _address(name, kind if name != queries.MAILS else ""),
            "current": name == state,
            "count": counts[name],
        }
        for name, label in _TABS.items()
    ]


def _address(state: str, kind: str) -> str:
    query = {"state": state, **({"kind": kind} if kind else {})}
    return f"{reverse('operations:overview')}?{urlencode(query)}"


def _back(request: HttpRequest, count: int, *, state: str, kind: str = "") -> HttpResponse:
    match count:
        case 0:
            messages.info(request, "Nothing to retry: it waits, runs or is done already.")
        case 1:
            messages.success(request, "The job is back in the queue.")
        case _:
            messages.success(request, f"{count} jobs are back in the queue.")
    return redirect(_address(state, kind))
