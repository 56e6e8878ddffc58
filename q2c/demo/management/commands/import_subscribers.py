"""`manage.py import_subscribers FILE --as-of DATE`."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from q2c.customers.models import LegalEntity
from q2c.demo.company import found
from q2c.demo.importing import import_subscribers
from q2c.identity.models import User
from q2c.kernel.errors import Refused


class Command(BaseCommand):
    """Exit codes: 0 all rows are in, 1 some rows were bad, 2 wrong usage."""

    help = (
        "Bring in a telecom operator's subscribers from CSV. Bad rows are reported by line and "
        "left out; running it twice brings nothing in twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--as-of", type=date.fromisoformat, required=True)
        parser.add_argument("--entity", default="US", help="code of the legal entity that bills")
        parser.add_argument("--by", default="", help="e-mail of the administrator who answers")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:  # noqa: C901  each refusal has its words
        now = timezone.now()
        people = User.objects.filter(role="administrator", is_active=True)
        by = people.filter(email=options["by"]).first() if options["by"] else people.first()
        if by is None:
            raise CommandError("There is no such administrator. Create one, or name one with --by.",
                               returncode=2)  # fmt: skip
        found(at=now)
        entity = LegalEntity.objects.filter(code=options["entity"]).first()
        if entity is None:
            raise CommandError(f"There is no legal entity {options['entity']}.", returncode=2)
        try:
            lines = options["file"].read_text(encoding="utf-8-sig").splitlines(keepends=True)
            done = import_subscribers(lines, as_of=options["as_of"], entity=entity, by=by, at=now)
        except OSError as error:
            raise CommandError(
                f"The file cannot be read: {error.strerror}.", returncode=2
            ) from None
        except UnicodeDecodeError:
            raise CommandError("The file is not UTF-8 text.", returncode=2) from None
        except Refused as refusal:
            raise CommandError(refusal.message, returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        else:
            for bad in done.bad:
                self.stdout.write(f"line {bad.line}: {bad.reason}")
            self.stdout.write(
                f"{done.read} rows: {done.created} brought in, {done.known} known, "
                f"{len(done.bad)} bad"
            )
        if done.bad:
            sys.exit(1)
