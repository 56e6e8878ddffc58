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
from q2c.identity.roles import Role
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

    def handle(self, **options: Any) -> None:
        now, lines = timezone.now(), _lines(options["file"])
        by = _administrator(options["by"])
        if by is None:
            raise CommandError("There is no such administrator.", returncode=2)
        found(at=now)
        entity = LegalEntity.objects.filter(code=options["entity"]).first()
        if entity is None:
            raise CommandError(f"There is no legal entity {options['entity']}.", returncode=2)
        try:
            done = import_subscribers(lines, as_of=options["as_of"], entity=entity, by=by, at=now)
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


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except OSError as error:
        raise CommandError(f"The file cannot be read: {error.strerror}.", returncode=2) from None
    except UnicodeDecodeError:
        raise CommandError("The file is not UTF-8 text.", returncode=2) from None


def _administrator(email: str) -> User | None:
    """Return who answers: the one named, else the first; where there is none, one to be invited."""
    people = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    if email:
        return people.filter(email__iexact=email).first()
    # Without a password nobody signs in as it until it gets a link to choose one.
    return people.order_by("pk").first() or User.objects.create_user(
        "import@q2c.invalid", None, full_name="Import", role=Role.ADMINISTRATOR.value
    )
