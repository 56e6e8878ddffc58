"""Real processes beside the tests: a Celery worker, the Stripe stand-in."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from q2c.runtime.bootstrap import ROOT


class Process:
    """One program, its output in a file, stopped with all its children."""

    def __init__(self, command: list[str], *, log: Path, environment: dict[str, str]) -> None:
        self.command = command
        self.log = log
        self.environment = environment
        self.running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.running is not None
        return self.running.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def kill9(self) -> None:
        """Kill it and its children as a power cut would."""
        assert self.running is not None
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def stop(self) -> None:
        """End it politely, then not."""
        if self.running is None or self.running.poll() is not None:
            return
        self.running.terminate()
        try:
            self.running.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill9()

    def wait_for(self, condition, *, seconds: float = 30) -> None:
        """Wait until `condition()` holds; fail with the end of the log."""
        deadline = time.monotonic() + seconds
        while not condition():
            if not self.alive() or time.monotonic() > deadline:
                if self.alive():
                    self.kill9()
                tail = self.log.read_text(errors="replace")[-3000:]
                raise AssertionError(f"{' '.join(self.command[:5])} is not ready:\n{tail}")
            time.sleep(0.05)


class Worker(Process):
    """A Celery worker that takes all queues of this test."""

    def __init__(self, *, log: Path, environment: dict[str, str], concurrency: int = 2) -> None:
        celery = [sys.executable, "-m", "celery", "-A", "q2c.celery", "worker"]
        options = ["-Q", "money,mail,pdf,default", "-c", str(concurrency)]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
        super().__init__([*celery, *options, *quiet], log=log, environment=environment)

    def start(self) -> None:
        seen = self.log.stat().st_size if self.log.exists() else 0
        super().start()
        self.wait_for(lambda: b" ready." in self.log.read_bytes()[seen:])

    def restart(self) -> None:
        self.stop()
        self.start()


class StripeStandin(Process):
    """Our stand-in for Stripe, over HTTP on a free port."""

    def __init__(self, *, data: Path, log: Path, webhook_url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        options = {
            "--port": str(self.port),
            "--webhook-url": webhook_url,
            "--webhook-secret": "whsec_standin",
            "--data": str(data),
        }
        command = [sys.executable, "-m", "q2c.demo.stripe_standin"]
        words = [word for option in options.items() for word in option]
        super().__init__([*command, *words], log=log, environment={})

    def start(self) -> None:
        super().start()
        self.wait_for(lambda: listens(self.port))


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def database_url(name: str) -> str:
    """The address of another database on the same server."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path="/" + quote(name)))
