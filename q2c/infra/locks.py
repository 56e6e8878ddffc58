"""Lock the aggregate, then look. Order: customer, quote, contract, order, invoice, payment."""

from collections.abc import Iterable
from typing import TypeVar

from django.db import connection, models

from q2c.kernel.errors import Refused, StaleVersion

Row = TypeVar("Row", bound=models.Model)


def locked(model: type[Row], pk: int, *related: str) -> Row:
    """Return the row, locked until the transaction ends; refuses one that does not exist.

    What is `related` is read along, without a lock.
    """
    # Nothing deletes these rows or changes their keys, so key-share locks may pass.
    rows = model._default_manager.select_for_update(no_key=True, of=("self",))
    found = (rows.select_related(*related) if related else rows).filter(pk=pk).first()
    if found is None:
        raise Refused(f"There is no {model._meta.verbose_name} {pk}.")
    return found


def locked_many(model: type[Row], pks: Iterable[int]) -> list[Row]:
    """Return the rows locked in the order of their keys, so that two callers cannot deadlock."""
    rows = model._default_manager.select_for_update(no_key=True, of=("self",))
    return list(rows.filter(pk__in=list(pks)).order_by("pk"))


def check_version(current: int, seen: int | None) -> None:
    """Refuse to overwrite what somebody else saved since `seen` was read."""
    if seen is not None and seen != current:
        raise StaleVersion(
            "Somebody else has saved this since you opened it. Reload to see their changes; "
            "yours have not been saved."
        )


def advisory_lock(name: str, key: int) -> bool:
    """Try to take a lock that ends with the transaction; False when another holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", [name, key])
        return bool(cursor.fetchone()[0])


def wait_for_lock(name: str, key: str) -> None:
    """Take a lock that ends with the transaction, after whoever holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [name, key])
