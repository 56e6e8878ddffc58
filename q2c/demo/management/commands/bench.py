"""`manage.py bench [--size XS|S|M|L] [--json]`: is everything as fast as it must be, on this machine?"""

import json
import sys
from argparse import ArgumentParser
from io import StringIO
from typing import Any, NamedTuple

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from q2c.demo.bench import bulk, quoting, single
from q2c.demo.bench.filling import add_paid_invoices, fill
from q2c.demo.bench.scratch import scratch_database
from q2c.demo.bench.table import Row, as_text


class _Size(NamedTuple):
    subscriptions: int
    usage_batches: int
    past_invoices: int
    repeats: int


SIZES = {
    "XS": _Size(50, 1, 100, 2),  # to see that it works
    "S": _Size(2_000, 2, 10_000, 5),
    "M": _Size(20_000, 20, 100_000, 40),
    "L": _Size(50_000, 50, 950_000, 40),
}


class Command(BaseCommand):
    """Exit codes: 0 every limit is kept, 1 one is missed, 2 wrong usage."""

    help = "Measure the work that must be fast, as ratios, in a database of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=sorted(SIZES), default="M")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        size = SIZES[options["size"]]
        with scratch_database():
            rows = list(_measured(size))
        found = {"size": options["size"], "rows": [row.as_dict() for row in rows]}
        self.stdout.write(json.dumps(found) if options["json"] else as_text(rows))
        if not all(row.is_reached for row in rows):
            sys.exit(1)


def _measured(size: _Size) -> list[Row]:
    call_command("seed_demo", size="S", stdout=StringIO())
    entity = fill(size.subscriptions)
    rows = [
        bulk.billing_run(entity, size.subscriptions),
        bulk.recognition(entity),
        bulk.usage(size.usage_batches, at=timezone.now()),
        *single.pricing(),
        *quoting.edits(size.repeats, at=timezone.now()),
        quoting.choice(size.repeats, at=timezone.now()),
    ]
    add_paid_invoices(size.past_invoices)
    return [*rows, *single.pages(size.repeats, at=timezone.now()), single.invoice_pdf(size.repeats)]
