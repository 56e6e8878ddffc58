"""A database of its own for a measurement, and a copy of it to load finished rows into."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from time import perf_counter
from typing import Any

import psycopg2
from django.db import connection

_BEFORE = "{}_before"


@contextmanager
def scratch_database() -> Iterator[None]:
    """Work in a migrated database that is dropped afterwards; DATABASE_URL names it meanwhile."""
    usual, url = connection.settings_dict["NAME"], os.environ["DATABASE_URL"]
    name = f"bench_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    os.environ["DATABASE_URL"] = _named(url, name)  # for the processes we start
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = url
        _administer(f'DROP DATABASE IF EXISTS "{_BEFORE.format(name)}" WITH (FORCE)')
        connection.creation.destroy_test_db(usual, verbosity=0)


def remember() -> None:
    """Keep a copy of the database as it is now, for `copy_alone`."""
    name = connection.settings_dict["NAME"]
    before = _BEFORE.format(name)
    connection.close()
    _administer(
        f'DROP DATABASE IF EXISTS "{before}" WITH (FORCE)',
        f'CREATE DATABASE "{before}" TEMPLATE "{name}"',
    )


def copy_alone(tables: Sequence[str], *, leave_out: Collection[str] = ("posted_in",)) -> float:
    """Return the seconds that COPY alone needs for the rows made since `remember`.

    Into the same tables of the remembered database, with their indexes, foreign keys and triggers,
    in one transaction. `tables` are in the order of their foreign keys; `leave_out` are columns
    that the database fills.
    """
    before = _other(_BEFORE.format(connection.settings_dict["NAME"]))
    parts = []
    with connection.cursor() as ours, before.cursor() as theirs:
        for table in tables:
            described = connection.introspection.get_table_description(ours, table)
            columns = ", ".join(f'"{row.name}"' for row in described if row.name not in leave_out)
            theirs.execute(f'SELECT coalesce(max(id), 0) FROM "{table}"')  # noqa: S608
            rows = f'SELECT {columns} FROM "{table}" WHERE id > {theirs.fetchone()[0]} ORDER BY id'  # noqa: S608
            buffer = BytesIO()
            ours.copy_expert(f"COPY ({rows}) TO STDOUT", buffer)
            parts.append((f'COPY "{table}" ({columns}) FROM STDIN', buffer))
        before.commit()
        started = perf_counter()
        for statement, buffer in parts:
            buffer.seek(0)
            theirs.copy_expert(statement, buffer)
        before.commit()
        seconds = perf_counter() - started
    before.close()
    return seconds


def _other(name: str) -> Any:
    given = {**connection.get_connection_params(), "dbname": name}
    given.pop("cursor_factory", None)
    return psycopg2.connect(**given)


def _administer(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:  # noqa: SLF001  Django's way to none of our databases
        for statement in statements:
            cursor.execute(statement)


def _named(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
