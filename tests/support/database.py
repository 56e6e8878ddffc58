"""The tests' databases: migrated once, copied for each worker, emptied only where something is."""

import fcntl
from pathlib import Path

from django.db import connection
from django.test import TransactionTestCase

# What `migrate` itself writes; no test changes it.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def copy_the_migrated(folder: Path) -> None:
    """Have this worker's database made as a copy of the one that the first worker migrates.

    That one stays until the next run replaces it.
    """
    test = connection.settings_dict["TEST"]
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made := folder / "migrated").exists():
            _migrate(_shared())
            made.touch()
    test["TEMPLATE"] = _shared()


def _shared() -> str:
    return f"test_{connection.settings_dict['NAME']}_migrated"


def _migrate(name: str) -> None:
    settings = connection.settings_dict
    own, mine = settings["NAME"], settings["TEST"]["NAME"]
    settings["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    settings["NAME"], settings["TEST"]["NAME"] = own, mine


def empty_tables(test: TransactionTestCase) -> None:
    """Empty the tables in which a test left rows.

    Django would empty all of them, which takes longer, and then write KEPT anew.
    """
    tables = set(connection.introspection.table_names()) - KEPT
    look = "SELECT '{0}' WHERE EXISTS (SELECT FROM \"{0}\")"
    looks = (look.format(name) for name in sorted(tables))
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        if filled := [f'"{name}"' for (name,) in cursor.fetchall()]:
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
