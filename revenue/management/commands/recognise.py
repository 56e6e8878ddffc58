"""`manage.py recognise --through DATE`: move what was earned to revenue."""

import json
from argparse import ArgumentParser
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from q2c.customers.models import LegalEntity
from revenue.actions import recognise


class Command(BaseCommand):
    """Exit codes: 0 done, 2 wrong usage. Running it again posts nothing."""

    help = "Recognise everything earned up to and including a day, in all legal entities."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--through", type=date.fromisoformat, required=True)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        started, lines = timezone.now(), 0
        amounts = defaultdict[str, Decimal](Decimal)
        for entity_id in LegalEntity.objects.order_by("pk").values_list("pk", flat=True):
            done = recognise(
                through=options["through"], legal_entity_id=entity_id, by=None, at=timezone.now()
            )
            lines += done.line_count
            for currency, amount in done.amounts.items():
                amounts[currency] += amount
        seconds = round((timezone.now() - started).total_seconds(), 2)
        if options["json"]:
            sums = {currency: str(amount) for currency, amount in amounts.items()}
            self.stdout.write(json.dumps({"lines": lines, "amounts": sums, "seconds": seconds}))
            return
        self.stdout.write(f"{lines:,} schedule lines recognised in {seconds} seconds")
        for currency, amount in sorted(amounts.items()):
            self.stdout.write(f"  {currency} {amount:,}")
