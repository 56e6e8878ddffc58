"""Write many rows that exist already in one statement, each with its own values."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, models


def update_rows(rows: Sequence[models.Model], names: Collection[str]) -> None:
    """Save these fields of rows of one model; nothing happens without rows or names.

    One UPDATE … FROM unnest: Django's bulk_update writes a CASE with a WHEN for each row and field,
    and takes many times as long.
    """
    if not rows or not names:
        return
    meta = rows[0]._meta
    fields: list[Any] = [meta.pk, *(meta.get_field(name) for name in names)]
    columns = [connection.ops.quote_name(field.column) for field in fields]
    # Without its length a type checks values as an assignment does, and cuts none short.
    types = [str(field.db_type(connection)).partition("(")[0] for field in fields]
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows]
        for field in fields
    ]
    table, (key, *written) = connection.ops.quote_name(meta.db_table), columns
    arrays = ", ".join(f"%s::{each}[]" for each in types)
    sets = ", ".join(f"{column} = given.{column}" for column in written)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS given({', '.join(columns)}) "  # noqa: S608
            f"WHERE {table}.{key} = given.{key}",
            values,
        )
