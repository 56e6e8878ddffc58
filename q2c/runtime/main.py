"""`manage.py`, once inside the virtualenv."""

import os
import sys

from q2c.runtime import servers
from q2c.runtime.bootstrap import CannotRun
from q2c.runtime.place import Place, data_folder

USAGE = """\
q2c from two commands:
  up [--port 8000] [--host 127.0.0.1] [--no-demo]   start everything; Ctrl-C stops it
  test [pytest arguments]                           lint, check and test everything
and `setup` to make .venv/ alone.
"""
# Commands that read and write no database; every other one joins the servers or starts them.
WITHOUT_SERVERS = {
    "--help", "--version", "-h", "check", "collectstatic", "compilemessages", "help",
    "makemessages", "spectacular", "version",
}  # fmt: skip
# Commands for operators: on the embedded servers they find the tables as this release wants them.
OPERATORS = {"billing_run", "import_subscribers", "ledger_check", "recognise", "seed_demo"}


def main(argv: list[str]) -> int:
    """Run one command; returns its exit code. What cannot run says so in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "q2c.settings")
    command = argv[1] if len(argv) > 1 else "help"
    try:
        return _run(command, argv)
    except CannotRun as reason:
        print(f"q2c: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(command: str, argv: list[str]) -> int:
    if command == "setup":
        print("Set up: python3 manage.py up")
        return 0
    if command == "up":
        from q2c.runtime import up

        return up.main(argv[2:])
    if command == "test":
        from q2c.runtime import checks

        return checks.main(argv[2:])
    if command in {"help", "--help", "-h"} and len(argv) < 3:
        print(USAGE)
    if command in WITHOUT_SERVERS or servers.external():
        return _django(argv)
    with servers.joined(data_folder()) as environment:
        os.environ.update(environment)
        if command in OPERATORS:
            _migrate()
        return _django(argv)


def _migrate() -> None:
    import django

    from q2c.runtime import prepare

    os.environ.setdefault("Q2C_DATA_DIR", str(Place(data_folder()).data))
    django.setup()
    prepare.migrate()


def _django(argv: list[str]) -> int:
    from django.core.management import execute_from_command_line

    os.environ.setdefault("Q2C_DATA_DIR", str(Place(data_folder()).data))
    execute_from_command_line(argv)
    return 0
