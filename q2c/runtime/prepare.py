"""What `up` does before anything serves: migrate, collect static files, load the demo."""

import hashlib
import json
import os
import sys
from pathlib import Path

import django


def main(argv: list[str]) -> int:
    """`python -m q2c.runtime.prepare [--demo]`, with the servers in the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "q2c.settings")
    os.environ.setdefault("Q2C_LOG_LEVEL", "WARNING")
    django.setup()
    migrate()
    _collect_static()
    if "--demo" in argv:
        _load_demo()
    _write_sign_ins()
    return 0


def migrate() -> None:
    """Apply the migrations that wait; says so on stderr, where no JSON goes."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        print(f"q2c: Applying {len(waiting)} migrations …", file=sys.stderr, flush=True)
        call_command("migrate", verbosity=0, interactive=False)


def _collect_static() -> None:
    """Collect only when a file changed: hashing and compressing takes seconds."""
    from django.conf import settings
    from django.core.management import call_command

    wanted = _static_stamp()
    stamp = Path(str(settings.STATIC_ROOT)) / ".q2c-stamp"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("q2c: Collecting static files …", flush=True)
        call_command(
            "collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=["redoc"]
        )
        stamp.write_text(wanted)


def _static_stamp() -> str:
    from django.contrib.staticfiles.finders import get_finders

    found = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = os.stat(storage.path(name))
            found.update(f"{name} {file.st_size} {file.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _load_demo() -> None:
    """Load the demo company into an empty database, or finish a loading that was killed."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    marker = Path(os.environ["Q2C_DATA_DIR"]) / "demo"
    killed = marker.exists() and marker.read_text() == "loading"
    if "seed_demo" not in get_commands() or (get_user_model().objects.exists() and not killed):
        return
    print("q2c: Loading the demo company …", flush=True)
    marker.write_text("loading")
    call_command("seed_demo", size="S", seed=42)  # it is safe to repeat
    marker.write_text("loaded")


def _write_sign_ins() -> None:
    """For the welcome: role, e-mail, password of the demo's people who are there."""
    from django.contrib.auth import get_user_model

    try:
        from q2c.demo.people import SIGN_INS
    except ImportError:
        return
    there = set(get_user_model().objects.values_list("email", flat=True))
    rows = [[str(word) for word in row] for row in SIGN_INS if row[1] in there]
    marker = Path(os.environ["Q2C_DATA_DIR"]) / "sign-ins.json"
    marker.unlink(missing_ok=True)
    if rows:
        marker.write_text(json.dumps(rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
