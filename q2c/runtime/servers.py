"""Join the embedded servers of a data folder, or start them for as long as somebody uses them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from q2c.runtime.bootstrap import ROOT, CannotRun
from q2c.runtime.place import Place, held, is_held, try_lock


def external() -> bool:
    """Does the environment name the servers? CannotRun when it names only one of the two."""
    named = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    if len(named) == 1:
        raise CannotRun(
            f"Only {named[0]} is set; set both DATABASE_URL and REDIS_URL, "
            "or neither to use the embedded servers."
        )
    return bool(named)


@contextmanager
def joined(data: Path, *, fast: bool = False) -> Iterator[dict[str, str]]:
    """Use the embedded servers of this folder; yields the environment that names them.

    Whoever leaves last waits until they are down. `fast` gives up safety against power loss, for
    tests.
    """
    place = Place(data)
    place.make()
    with held(place.users, shared=True) as users:
        ensure(place, fast=fast)
        addresses = json.loads(place.servers.read_text())
        del addresses["keeper"]
        try:
            yield {**addresses, "SECRET_KEY": os.environ.get("SECRET_KEY") or place.secret_key()}
        finally:
            if try_lock(users):
                _end(place)


def ensure(place: Place, *, fast: bool = False) -> bool:
    """Start the servers if they do not run; True if it had to. The caller is one of the users."""
    with held(place.starting):
        if is_held(place.keeping):
            return False
        _start_keeper(place, fast=fast)
        return True


def _start_keeper(place: Place, *, fast: bool) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "q2c.runtime.keeper", str(place.data), str(writing)]
    with open(place.log / "servers.log", "ab") as log:
        subprocess.Popen(
            [*command, *(["--fast"] if fast else [])],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[writing],
            start_new_session=True,  # Ctrl-C is for the commands, not for the servers
        )
    os.close(writing)
    with os.fdopen(reading) as report:
        answer = json.loads(report.read() or "{}")
    if "ok" not in answer:
        see = f"The embedded servers do not start; see {place.log}/servers.log."
        raise CannotRun(answer.get("error", see))


def _end(place: Place) -> None:
    """Tell the keeper to stop, and wait; nobody can join meanwhile."""
    if not is_held(place.keeping):
        return
    with suppress(FileNotFoundError, ProcessLookupError):  # it may be ending by itself
        os.kill(json.loads(place.servers.read_text())["keeper"], signal.SIGTERM)
    deadline = time.monotonic() + 30
    while is_held(place.keeping) and time.monotonic() < deadline:
        time.sleep(0.02)
