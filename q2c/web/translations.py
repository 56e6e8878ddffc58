"""The words customers read, in every language: gathered from code and templates, kept in catalogs.

`locale/<language>/LC_MESSAGES/django.po` is written by people; the .mo beside it is what runs and is
committed with it, so that a fresh clone speaks all languages without another step.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from q2c.web.writing import typeset

_CODE = ("q2c", "quotes", "contracts", "orders", "billing", "revenue")
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "_unit": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def languages() -> list[str]:
    """Return the languages that have a catalog: all but the one that the code is written in."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalog_file(language: str, ending: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"django.{ending}"


def gathered() -> Catalog:
    """Return every message of the code and the templates."""
    catalog = Catalog(project="q2c", charset="utf-8")
    for name, source in _sources():
        found = extract("python", BytesIO(source.encode()), keywords=_KEYWORDS)
        for _line, message, _comments, context in found:
            catalog.add(message, locations=[(name, 1)], context=context)
    return catalog


def brought_up_to_date(language: str, messages: Catalog) -> Catalog:
    """Return a language's catalog with today's messages: known words kept, unused ones gone.

    Who writes words need not look for spaces that do not break: they are set here.
    """
    path = catalog_file(language, "po")
    if not path.exists():
        catalog = Catalog(locale=language, project="q2c", charset="utf-8")
    else:
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    catalog.update(messages, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    for message in catalog:
        words = message.string
        if not message.id or not words:
            continue
        message.string = (
            typeset(words, language)
            if isinstance(words, str)
            else tuple(typeset(one, language) for one in words)
        )
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    """Return a catalog as people edit it: by message, without line numbers that always change."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=100, no_location=True, omit_header=False, sort_output=True)
    # Dates in the header would make a change of every run.
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', "# ")
    return "".join(line for line in lines if not line.startswith(dated)).encode()


def mo_bytes(language: str) -> bytes:
    """Return what a language's catalog compiles to."""
    with catalog_file(language, "po").open("rb") as file:
        catalog = read_po(file, locale=language)
    # The header names a time; the same words must compile to the same bytes.
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def missing(language: str, messages: Catalog) -> list[str]:
    """Return the messages that a language has no words for, or whose words nobody has looked at."""
    catalog = brought_up_to_date(language, messages)
    return [str(message.id) for message in catalog if message.id and not _is_told(message)]


def _is_told(message: Message) -> bool:
    words = message.string
    is_full = all(words) if isinstance(words, list | tuple) else bool(words)
    return is_full and not message.fuzzy  # what is fuzzy is not compiled


def _sources() -> Iterator[tuple[str, str]]:
    base = Path(settings.BASE_DIR)
    for path in sorted((base / "templates").rglob("*")):
        if path.suffix in (".html", ".txt") and ("translate" in (text := path.read_text())):
            code = templatize(text, origin=str(path))
            yield str(path.relative_to(base)), "\n".join(map(str.strip, code.splitlines()))
    for folder in _CODE:
        for path in sorted((base / folder).rglob("*.py")):
            if "gettext" in (text := path.read_text()):
                yield str(path.relative_to(base)), text
