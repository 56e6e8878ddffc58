"""Bring the catalogs of all languages up to date with the code, and compile them."""

from typing import Any

from django.core.management.base import BaseCommand

from q2c.web.translations import (
    brought_up_to_date,
    catalog_file,
    gathered,
    languages,
    missing,
    mo_bytes,
    po_bytes,
)


class Command(BaseCommand):
    help = "Gather what customers read, bring the catalogs up to date, and compile them."

    def handle(self, **_options: Any) -> None:
        messages = gathered()
        for language in languages():
            path = catalog_file(language, "po")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(po_bytes(brought_up_to_date(language, messages)))
            catalog_file(language, "mo").write_bytes(mo_bytes(language))
            untold = missing(language, messages)
            self.stdout.write(f"{language}: {len(messages)} messages, {len(untold)} without words")
            for message in untold:
                self.stdout.write(f"  {message}")
