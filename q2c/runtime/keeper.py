"""The process that runs the embedded servers of one data folder while anybody uses them.

It is the parent of both servers, restarts one that dies, and stops them when the last user is
gone. Users hold a shared lock on one file; the kernel frees it however they end, so nobody is
counted who is no longer there.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from q2c.runtime import postgres, valkey
from q2c.runtime.bootstrap import CannotRun
from q2c.runtime.place import Place, try_lock

PAUSE = 0.2


def main(argv: list[str]) -> int:
    """`python -m q2c.runtime.keeper DATA_FOLDER REPORT_FD [--fast]`, started by `servers`."""
    place, report, fast = Place(Path(argv[1])), int(argv[2]), "--fast" in argv
    keeping = os.open(place.keeping, os.O_RDWR | os.O_CREAT, 0o600)
    if not try_lock(keeping):
        return _tell(report, {"error": "The servers are already being started; try again."})
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_asked)
    keeper = Keeper(place, fast=fast)
    try:
        keeper.start()
    except CannotRun as reason:
        keeper.stop()
        return _tell(report, {"error": str(reason)})
    place.servers.write_text(json.dumps(keeper.addresses()))
    _tell(report, {"ok": True})
    keeper.keep(keeping)
    return 0


class Keeper:
    """Both servers, and how to bring them up, watch them and take them down."""

    def __init__(self, place: Place, *, fast: bool) -> None:
        self.place = place
        self.fast = fast
        self.log = os.open(place.log / "servers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.plan: postgres.Postgres | None = None
        self.postgres: subprocess.Popen[bytes] | None = None
        self.valkey: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start what does not run."""
        self.plan = self.plan or postgres.prepare(self.place)
        if self.valkey is None or self.valkey.poll() is not None:
            self.valkey = valkey.start(self.place, self.log)
        if self.postgres is None or self.postgres.poll() is not None:
            self.postgres = postgres.start(self.plan, self.log, fast=self.fast)

    def addresses(self) -> dict[str, str | int]:
        """What `servers.json` tells those who join."""
        assert self.plan is not None
        return {
            "DATABASE_URL": self.plan.url(),
            "REDIS_URL": valkey.url(self.place, db=0),
            "CACHE_URL": valkey.url(self.place, db=1),
            "keeper": os.getpid(),
        }

    def keep(self, keeping: int) -> None:
        """Watch until the last user has gone or a stop is asked for, then stop both servers."""
        users = os.open(self.place.users, os.O_RDWR | os.O_CREAT, 0o600)
        while not _stop_wanted and not try_lock(users):
            time.sleep(PAUSE)
            with suppress(CannotRun):
                self.start()
        self.stop()
        self.place.servers.unlink(missing_ok=True)
        os.close(keeping)  # before `users`: whoever gets in next must find nobody keeping
        os.close(users)

    def stop(self) -> None:
        """Stop both servers, Postgres within ten seconds or the hard way."""
        for server, number in ((self.postgres, signal.SIGINT), (self.valkey, signal.SIGTERM)):
            if server and server.poll() is None:
                server.send_signal(number)
        for server in (self.postgres, self.valkey):
            if server:
                try:
                    server.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    server.send_signal(signal.SIGQUIT)
                    server.wait(timeout=10)


_stop_wanted: list[int] = []


def _stop_asked(number: int, frame: object) -> None:
    _stop_wanted.append(number)


def _tell(report: int, words: dict[str, object]) -> int:
    with suppress(BrokenPipeError), os.fdopen(report, "w") as pipe:
        json.dump(words, pipe)
    return 0 if "ok" in words else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
