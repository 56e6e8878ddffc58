"""`manage.py billing_run --on DATE [--post]`: bill what is due, on all cores."""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.actions import runs
from billing.models import BillingRun
from billing.queries.run import run_totals


class Command(BaseCommand):
    """Exit codes: 0 done, 1 some customers could not be billed, 2 wrong usage."""

    requires_system_checks: list[str] = []
    help = (
        "Invoice everything due by a date. Without --post it only counts. Repeating it bills "
        "nothing twice; a run that was killed is taken up where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=_day, required=True, help="the date, as 2026-11-30")
        parser.add_argument("--post", action="store_true", help="number, write and post them")
        parser.add_argument("--no-mail", action="store_true", help="do not send the invoices")
        parser.add_argument("--workers", type=_count, default=os.cpu_count() or 1)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--work-on", type=int, help="only work on this run's shards")

    def handle(self, **options: Any) -> None:
        if options["work_on"]:
            _work(options["work_on"])
            return
        started = time.monotonic()
        run = runs.start_run(
            on=options["on"],
            post=options["post"],
            deliver=not options["no_mail"],
            by=None,
            at=timezone.now(),
        )
        _work_off(run, workers=options["workers"])
        for earlier in runs.unfinished(on=options["on"]):  # killed; what it left is billed by now
            runs.work_off(earlier, at=timezone.now())
        result = {**run_totals(run.pk), "seconds": round(time.monotonic() - started, 2)}
        self.stdout.write(json.dumps(result) if options["json"] else _words(result))
        if result["failed"]:
            sys.exit(1)


def _work_off(run: BillingRun, *, workers: int) -> None:
    """Bill the shards here and in helping processes; whose worker dies is billed by another."""
    helpers = []
    if run.shards.count() > 1:
        command = [sys.executable, "manage.py", "billing_run", f"--on={run.on}"]
        helpers = [
            subprocess.Popen([*command, f"--work-on={run.pk}"], cwd=settings.BASE_DIR)  # noqa: S603
            for _ in range(workers - 1)
        ]
    _work(run.pk)
    for helper in helpers:
        helper.wait()
    while runs.bill_next_shard(run.pk, at=timezone.now(), even_leased=True):
        pass
    # A Celery worker may still hold a shard.
    deadline = time.monotonic() + runs.LEASE.total_seconds()
    while not runs.finish_run(run.pk, at=timezone.now()):
        run.refresh_from_db()
        if run.finished_at:
            return
        if time.monotonic() > deadline:
            raise CommandError(f"Run {run.pk} has shards that keep failing; see its page.")
        time.sleep(0.2)
        runs.bill_next_shard(run.pk, at=timezone.now(), even_leased=True)


def _work(run_id: int) -> None:
    while runs.bill_next_shard(run_id, at=timezone.now()):
        pass


def _words(result: dict[str, Any]) -> str:
    done = "posted" if result["posted"] else "would be posted (add --post)"
    lines = [f"{_counted(result['invoices'], 'invoice')} {done} for {result['on']}"]
    for currency, sums in result["totals"].items():
        lines.append(
            f"  {currency}  net {sums['net']}  tax {sums['tax']}  total {sums['total']}"
            f"  ({_counted(sums['invoices'], 'invoice')})"
        )
    lines.append(f"{_counted(result['failed'], 'customer')} could not be billed")
    lines += [f"  {row['customer']}: {row['reason']}" for row in result["findings"]]
    lines.append(f"{result['seconds']} seconds")
    return "\n".join(lines)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 64:
        raise ValueError
    return count
