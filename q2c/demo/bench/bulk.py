"""The bulk paths against COPY alone: billing, recognition, usage."""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import perf_counter
from urllib.request import Request, urlopen

from django.conf import settings
from django.db import connections
from django.db.models import F

from billing.actions import runs
from orders.actions.usage import LARGEST_BATCH
from orders.models import SubscriptionItem
from q2c.customers.models import LegalEntity
from q2c.demo.bench.filling import AT, BILLED_ON, an_api_key
from q2c.demo.bench.scratch import copy_alone, remember
from q2c.demo.bench.table import Row
from revenue.actions import recognise
from revenue.models import RevenueSchedule

_HALF = 0.5
_LEDGER = ("revenue_account", "revenue_period", "revenue_journalentry", "revenue_journalline")
_INVOICES = ("billing_invoice", "billing_invoiceline", "billing_invoicetax")
_RUN = ("billing_billingrun", "billing_billingshard", *_INVOICES, "infra_event", *_LEDGER)


def billing_run(entity: LegalEntity, customers: int) -> Row:
    """Bill everybody on all cores; against one COPY of the rows that the run wrote."""
    remember()
    run = runs.start_run(
        on=BILLED_ON, post=True, deliver=False, by=None, at=AT, entity_id=entity.pk
    )
    ours = _on_all_cores(runs.work_off, run.pk, at=AT)
    theirs = copy_alone([*_RUN, "revenue_revenueschedule"])
    return Row(
        "billing run",
        theirs / ours,
        _HALF,
        "of COPY",
        f"{customers:,} invoices of 3 lines, {customers / ours:,.0f}/s on {_cores()} processes; "
        f"COPY alone {customers / theirs:,.0f}/s",
    )


def recognition(entity: LegalEntity) -> Row:
    """Recognise half a month on all cores; against one COPY of the journal it posts."""
    remember()
    through = BILLED_ON + timedelta(days=14)
    ours = _on_all_cores(recognise, through=through, legal_entity_id=entity.pk, by=None, at=AT)
    theirs = copy_alone(_LEDGER)
    lines = RevenueSchedule.objects.filter(
        legal_entity=entity, recognised_through__gt=F("starts_on")
    ).count()
    return Row(
        "recognition of a month",
        theirs / ours,
        _HALF,
        "of COPY",
        f"{lines:,} schedule lines, {lines / ours:,.0f}/s on {_cores()} processes; "
        f"COPY of their journal lines {lines / theirs:,.0f}/s",
    )


def usage(batches: int, *, at: datetime) -> Row:
    """Take events in over HTTP, 10,000 a batch; against one COPY of the rows."""
    running = SubscriptionItem.objects.filter(charge_kind="usage", subscription__state="running")
    item_id = running.filter(subscription__starts_on__lt=at).values_list("pk", flat=True)[0]
    bodies = [_batch(str(number), item_id, at=at) for number in range(batches)]
    remember()
    with _server() as address:
        send = _sender(f"{address}/api/v1/usage", at=at)
        send(_batch("warm", item_id, at=at))
        with ThreadPoolExecutor(_cores()) as clients:
            started = perf_counter()
            list(clients.map(send, bodies))
            ours = perf_counter() - started
    events = batches * LARGEST_BATCH
    theirs = copy_alone(["orders_usageevent"]) * batches / (batches + 1)  # without the first one
    return Row(
        "usage over HTTP",
        theirs / ours,
        _HALF,
        "of COPY",
        f"{events:,} events in batches of {LARGEST_BATCH:,}, {events / ours:,.0f}/s on {_cores()} web processes; "
        f"COPY alone {events / theirs:,.0f}/s",
    )


@contextmanager
def _server() -> Iterator[str]:
    """Serve as `up` does, on a free port; who connects before it is up waits."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "gunicorn", "q2c.wsgi", f"--workers={_cores()}"]
        server = subprocess.Popen(  # noqa: S603  ourselves
            [*command, f"--bind=fd://{listener.fileno()}", "--log-level=error"],
            pass_fds=[listener.fileno()],
            env={**os.environ, "PYTHONWARNINGS": "ignore"},  # static files are not collected here
            cwd=settings.BASE_DIR,
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.terminate()
            server.wait()


def _batch(name: str, item_id: int, *, at: datetime) -> bytes:
    used_at = at.isoformat()
    events = [
        {"item_id": item_id, "key": f"{name}-{place}", "quantity": "1.5", "used_at": used_at}
        for place in range(LARGEST_BATCH)
    ]
    return json.dumps({"events": events}).encode()


def _sender(address: str, *, at: datetime) -> Callable[[bytes], None]:
    headers = {
        "Authorization": f"Bearer {an_api_key(at=at)}",
        "Content-Type": "application/json",
    }

    def send(body: bytes) -> None:
        with urlopen(Request(address, body, headers), timeout=60) as answer:  # noqa: S310  our own
            accepted = json.load(answer)["accepted"]
        if accepted != LARGEST_BATCH:
            raise RuntimeError(f"Only {accepted} events were taken in.")

    return send


def _on_all_cores(work: Callable[..., object], *args: object, **given: object) -> float:
    """Return the seconds until as many processes as there are cores have done the work together."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=work, args=args, kwargs=given) for _ in range(_cores())]
    started = perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = perf_counter() - started
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("A process failed; what it said stands above.")
    return seconds


def _cores() -> int:
    return os.cpu_count() or 1
