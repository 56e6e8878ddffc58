"""Keep a handful of child processes running, and end them in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from q2c.runtime.bootstrap import ROOT

LONGEST_PAUSE = 30.0
SETTLED_SECONDS = 60  # a child that ran this long starts again without a pause
KEEP_LOG_BYTES = 20_000_000


@dataclass
class Child:
    """One program; its output goes to its own log."""

    name: str
    command: list[str]
    log: Path
    patience: float = 8.0  # seconds to finish what it is doing
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    due_at: float = field(default=0.0, init=False)
    pause: float = field(default=1.0, init=False)


class Supervisor:
    """Starts children in order, restarts one that dies, stops them all in reverse order."""

    def __init__(
        self, children: list[Child], environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self.children = children
        self.environment = dict(environment)
        self.say = say

    def start(self) -> None:
        for child in self.children:
            if child.log.exists() and child.log.stat().st_size > KEEP_LOG_BYTES:
                child.log.replace(child.log.with_suffix(".log.1"))
            self._spawn(child)

    def look_after(self) -> None:
        """Start again whoever ended and has waited long enough.

        Call it from the thread that called `start`: a child ends with the thread it came from.
        """
        for child in self.children:
            self._look_after(child)

    def stop(self) -> None:
        """End them one by one, the last first; who does not finish in time is killed."""
        for child in reversed(self.children):
            if child.process:
                self._end(child, child.process)

    def _end(self, child: Child, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()
        try:
            process.wait(timeout=child.patience)
        except subprocess.TimeoutExpired:
            self.say(f"{child.name} did not finish within {child.patience:.0f} s; ending it.")
            kill_group(process)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due_at:
                self._spawn(child)
            return
        code = child.process.poll()
        if code is None:
            return
        kill_group(child.process)  # what it may have left behind
        if now - child.started_at > SETTLED_SECONDS:
            child.pause = 1.0
        self.say(
            f"{child.name} ended ({_how(code)}); starting it again in {child.pause:.0f} s. "
            f"See {child.log}."
        )
        child.process, child.due_at = None, now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _spawn(self, child: Child) -> None:
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                # The child hears of it when this process is killed, and ends too.
                ["setpriv", "--pdeathsig", "TERM", "--", *child.command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches this process alone, which ends the rest
            )
        child.started_at = time.monotonic()


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill a child that leads its own session, with everything it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
