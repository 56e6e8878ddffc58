"""`manage.py seed_demo --size S|M|L --seed N`: the demo company."""

import json
from argparse import ArgumentParser
from datetime import datetime
from random import Random
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from billing.actions import runs
from contracts.models import Contract
from q2c.customers.models import Customer
from q2c.demo import charges, company, offers, people, story
from q2c.demo.importing import import_subscribers
from q2c.demo.telco import COLUMNS, METHODS, OPTIONS
from q2c.identity.models import User
from q2c.kernel.periods import month_of
from quotes.models import Quote

SUBSCRIBERS = {"S": 0, "M": 2_000, "L": 50_000}


class Command(BaseCommand):
    """Exit codes: 0 done, 2 wrong usage. Running it again adds only what is missing."""

    help = "Load the demo company: S tells its story, M and L add 2,000 or 50,000 subscribers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=sorted(SUBSCRIBERS), default="S")
        parser.add_argument("--seed", type=int, default=42)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        now, seed = timezone.now(), options["seed"]
        with transaction.atomic():
            staff, entities = people.hire(), company.found(at=now)
            offers.offer(staff["admin"], at=now)
            charges.charges(staff["admin"], at=now)
            if not Customer.objects.filter(external_ref__startswith="demo:").exists():
                story.tell(staff, entities, seed=seed, now=now)
        if count := SUBSCRIBERS[options["size"]]:
            self._subscribers(count, staff["admin"], seed=seed, now=now)
        result = {
            "customers": Customer.objects.count(),
            "quotes": Quote.objects.count(),
            "contracts": Contract.objects.count(),
            "sign_ins": [email for _, email, _ in people.SIGN_INS],
        }
        words = (
            f"{result['customers']} customers, {result['quotes']} quotes, "
            f"{result['contracts']} contracts"
        )
        self.stdout.write(json.dumps(result) if options["json"] else words)

    def _subscribers(self, count: int, by: User, *, seed: int, now: datetime) -> None:
        entity = company.found(at=now)["US"]
        as_of = month_of(now.date()).start
        import_subscribers(_made_up(count, seed), as_of=as_of, entity=entity, by=by, at=now)
        run = runs.start_run(on=as_of, post=True, deliver=False, by=by, at=now)
        runs.work_off(run.pk, at=now)


def _made_up(count: int, seed: int) -> list[str]:
    """Return lines of a subscriber list with the columns the import reads."""
    dice = Random(seed)
    columns = sorted(COLUMNS)
    lines = [",".join(columns) + "\n"]
    for number in range(count):
        access = dice.choice(["DSL", "Fiber optic"])
        row = {
            "customerID": f"M{number:06d}-{seed}",
            "tenure": str(dice.randint(0, 70)),
            "PhoneService": "Yes",
            "MultipleLines": dice.choice(["Yes", "No"]),
            "InternetService": access,
            "Contract": dice.choice(["Month-to-month", "One year", "Two year"]),
            "PaymentMethod": dice.choice(list(METHODS)),
            "Churn": "No",
            **{column: dice.choice(["Yes", "No"]) for column in OPTIONS},
        }
        charge = 2000 + (2500 if access == "DSL" else 5000) + 500 * (row["MultipleLines"] == "Yes")
        charge += sum(
            (1000 if column.startswith("Streaming") else 500) * (row[column] == "Yes")
            for column in OPTIONS
        )
        cents = charge + dice.randint(-400, 400)
        row["MonthlyCharges"] = f"{cents // 100}.{cents % 100:02d}"
        lines.append(",".join(row[column] for column in columns) + "\n")
    return lines
