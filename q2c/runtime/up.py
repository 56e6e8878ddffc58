"""`manage.py up`: servers, web, worker, beat and, in the demo, the Stripe stand-in, as one."""

import argparse
import contextlib
import dbm
import errno
import json
import os
import pickle
import shelve
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from q2c.runtime import servers
from q2c.runtime.bootstrap import ROOT, CannotRun
from q2c.runtime.environment import flag
from q2c.runtime.place import Place, data_folder, try_lock
from q2c.runtime.supervisor import Child, Supervisor

STRIPE_WEBHOOK_PATH = "/webhooks/stripe/"


def main(argv: list[str]) -> int:
    """Run until Ctrl-C or SIGTERM; 0 after a clean end, 1 when something is in the way."""
    options = _options(argv)
    place = Place(data_folder())
    place.make()
    signal.signal(signal.SIGTERM, _interrupt)
    with _only_one(place, options) as earlier_was_killed:
        _port_free(options.host, options.port, patience=10 if earlier_was_killed else 0)
        with contextlib.ExitStack() as stack:
            environment = {**os.environ, "SECRET_KEY": _secret(place)}
            if not servers.external():
                _say("Starting Postgres and Redis …")
                environment |= stack.enter_context(servers.joined(place.data))
            environment |= _for_children(options, place)
            os.umask(0o077)  # what the children write is nobody else's to read
            _prepare(environment, demo=options.demo)
            _run(options, place, environment)
    return 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start all of q2c.")
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="do not load the demo company"
    )
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


@contextlib.contextmanager
def _only_one(place: Place, options: argparse.Namespace) -> Iterator[bool]:
    """Hold the data folder; yields whether an earlier run was killed. CannotRun if one runs."""
    with place.up.open("a+") as file:
        file.seek(0)
        before = file.read()
        if not try_lock(file.fileno()):
            raise CannotRun(
                f"It already runs at {before or 'another port'} with the data folder {place.data}; "
                "stop that one, or set Q2C_DATA_DIR to a folder of its own."
            )
        file.truncate(0)
        file.write(_address(options))
        file.flush()
        yield bool(before)
        file.truncate(0)


def _port_free(host: str, port: int, *, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            with socket.create_server((host, port)):
                return
        except OSError as error:
            if time.monotonic() >= deadline:
                busy = error.errno == errno.EADDRINUSE
                why = "is in use" if busy else f"cannot be used: {os.strerror(error.errno or 0)}"
                raise CannotRun(
                    f"Port {port} on {host} {why}; "
                    f"choose another one: python3 manage.py up --port {port + 1}"
                ) from None
        time.sleep(0.2)


def _secret(place: Place) -> str:
    given = os.environ.get("SECRET_KEY", "")
    return given or (place.secret_key() if flag("Q2C_DEMO", default=True) else "")


def _for_children(options: argparse.Namespace, place: Place) -> dict[str, str]:
    environment = {
        "Q2C_DATA_DIR": str(place.data),
        "Q2C_STATIC_ROOT": os.environ.get("Q2C_STATIC_ROOT", str(place.data / "static")),
        "Q2C_PUBLIC_URL": os.environ.get("Q2C_PUBLIC_URL", _address(options)),
        "PYTHONUNBUFFERED": "1",
    }
    if _stands_in_for_stripe():
        environment["STRIPE_API_BASE"] = f"http://127.0.0.1:{_free_port()}"
    return environment


def _stands_in_for_stripe() -> bool:
    return flag("Q2C_DEMO", default=True) and not os.environ.get("STRIPE_SECRET_KEY")


def _prepare(environment: dict[str, str], *, demo: bool) -> None:
    command = [sys.executable, "-m", "q2c.runtime.prepare", *(["--demo"] if demo else [])]
    # Ctrl-C is this process's to hear; it ends the other one.
    ending = ["setpriv", "--pdeathsig", "KILL", "--", *command]
    done = subprocess.run(ending, cwd=ROOT, env=environment, start_new_session=True, check=False)
    if done.returncode != 0:
        raise CannotRun("The database could not be prepared; the reason stands above.")


def _run(options: argparse.Namespace, place: Place, environment: dict[str, str]) -> None:
    supervisor = Supervisor(_children(options, place, environment), environment, _say)
    try:
        supervisor.start()
        _wait_for_web(options, supervisor)
        _welcome(options, place)
        while True:
            supervisor.look_after()
            if not servers.external() and servers.ensure(place):
                _say("Postgres and Redis had ended; they run again.")
            time.sleep(0.2)
    except KeyboardInterrupt:
        print(flush=True)
        _say("Stopping …")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        supervisor.stop()
    _say("Stopped. Your data is kept: python3 manage.py up")


def _children(
    options: argparse.Namespace, place: Place, environment: dict[str, str]
) -> list[Child]:
    """In the order they start; they end in the reverse order."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "q2c.celery"]
    web = [*python, "gunicorn", "-c", "python:q2c.runtime.web", "q2c.wsgi"]
    web += ["--bind", f"{options.host}:{options.port}"]
    worker = [*celery, "worker", "-Q", "money,mail,pdf,default", "-c", "2", "-n", "q2c@%h"]
    worker += ["--without-gossip", "--without-mingle", "-l", "INFO"]
    schedule = place.data / "beat-schedule"
    forget_if_broken(schedule)
    beat = [*celery, "beat", "-s", str(schedule), "--pidfile=", "-l", "INFO"]
    children = [
        Child("web", web, place.log / "web.log"),
        Child("worker", worker, place.log / "worker.log"),
        Child("beat", beat, place.log / "beat.log"),
    ]
    if _stands_in_for_stripe():
        standin = [*python, "q2c.demo.stripe_standin"]
        standin += ["--port", environment["STRIPE_API_BASE"].rsplit(":", 1)[1]]
        standin += ["--webhook-url", f"{_address(options)}{STRIPE_WEBHOOK_PATH}"]
        standin += ["--webhook-secret", "whsec_standin", "--data", str(place.data / "stripe.json")]
        children.insert(0, Child("stripe", standin, place.log / "stripe.log"))
    return children


def forget_if_broken(schedule: Path) -> None:
    """Take away the notes of when tasks ran last if a run that was killed left them half written.

    With them beat would never start again; without them it begins anew, and tasks may run twice.
    """
    broken = (EOFError, OSError, KeyError, TypeError, ValueError, dbm.error[0], pickle.PickleError)
    try:
        with shelve.open(str(schedule)) as kept:  # noqa: S301  ours, as beat reads it
            dict(kept)
    except broken:
        for file in schedule.parent.glob(f"{schedule.name}*"):
            file.unlink()


def _wait_for_web(options: argparse.Namespace, supervisor: Supervisor) -> None:
    web = next(child for child in supervisor.children if child.name == "web")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if web.process is None or web.process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{_address(options)}/healthz", timeout=5)  # noqa: S310
            return
        time.sleep(0.1)
    tail = "".join(web.log.read_text(errors="replace").splitlines(keepends=True)[-15:])
    raise CannotRun(f"The web server does not start; the end of {web.log}:\n{tail}")


def _welcome(options: argparse.Namespace, place: Place) -> None:
    print(f"\n  q2c is at {_address(options)}\n")
    marker = place.data / "sign-ins.json"  # written by `prepare` where the demo is loaded
    if marker.exists():
        rows = json.loads(marker.read_text())
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        print("  Sign in as")
        for row in rows:
            print(
                "    "
                + "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
            )
        print()
    print(f"  Logs are in {place.log}. Ctrl-C stops everything.\n", flush=True)


def _address(options: argparse.Namespace) -> str:
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::"} else options.host  # noqa: S104
    return f"http://{host}:{options.port}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _say(words: str) -> None:
    print(f"q2c: {words}", flush=True)
