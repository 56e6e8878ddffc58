"""`manage.py ledger_check`: do the books tie out?"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from revenue.actions.sums import rebuild_sums
from revenue.queries.checks import check_books, checks


class Command(BaseCommand):
    """Exit codes: 0 the books tie out, 1 there are findings, 2 wrong usage."""

    help = "Check the invariants of the ledger and of billing; findings name their document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rebuild-sums",
            action="store_true",
            help="first add up anew what reports read, from the lines and schedules",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        if options["rebuild_sums"]:
            rebuild_sums()
        found = check_books()
        if options["json"]:
            rows = [asdict(finding) for finding in found]
            self.stdout.write(json.dumps({"checks": checks(), "findings": rows}, default=str))
        else:
            for finding in found:
                self.stdout.write(f"{finding.document}: {finding.check}: {finding.detail}")
            self.stdout.write(f"{len(checks())} checks of the ledger, {len(found)} findings")
        if found:
            sys.exit(1)
