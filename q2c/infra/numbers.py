"""Gapless numbers: a counter row locked last, inside the transaction that issues the document."""

from django.db import connection

WHOLE_COMPANY = 0  # series that no law asks to keep by legal entity: quotes, contracts, orders


def take_numbers(*, entity_id: int, kind: str, year: int, count: int = 1) -> range:
    """Reserve `count` consecutive numbers; a rollback gives them back.

    The counter stays locked until the transaction ends, so call this as late as you can.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO infra_numberseries (entity_id, kind, year, next) VALUES (%s, %s, %s, %s)
               ON CONFLICT (entity_id, kind, year)
               DO UPDATE SET next = infra_numberseries.next + %s RETURNING next""",
            [entity_id, kind, year, 1 + count, count],
        )
        after = cursor.fetchone()[0]
    return range(after - count, after)


def document_number(kind: str, year: int, number: int) -> str:
    """Write a number as people read it: INV-2026-000123."""
    return f"{kind}-{year}-{number:06d}"


def next_number(kind: str, *, entity_id: int, year: int) -> str:
    """Take one number of the series and write it out."""
    return document_number(kind, year, take_numbers(entity_id=entity_id, kind=kind, year=year)[0])
