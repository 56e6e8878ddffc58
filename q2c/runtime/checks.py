"""`manage.py test`: lint, check and test everything; `.ci/run` calls it."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from q2c.runtime import servers
from q2c.runtime.bootstrap import ROOT, ensure_browser

MODULE = [sys.executable, "-m"]
MANAGE = [sys.executable, "manage.py"]
STEPS: dict[str, list[str]] = {
    "ruff format": [*MODULE, "ruff", "format", "--check", "--quiet", "."],
    "ruff check": [*MODULE, "ruff", "check", "--quiet", "."],
    "import-linter": [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
    "mypy": [*MODULE, "mypy"],
    "djlint format": [*MODULE, "djlint", "templates", "--check", "--quiet"],
    "djlint lint": [*MODULE, "djlint", "templates", "--lint", "--quiet"],
    "check --deploy": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    "migration check": [*MANAGE, "makemigrations", "--check", "--dry-run"],
}
# What takes longest runs beside all the others and the start of pytest, which leaves a core idle.
ASIDE = {"mypy"}
# How a real installation would be set up; `check --deploy` judges this one.
DEPLOYED = {
    "Q2C_DEMO": "0",
    "Q2C_PUBLIC_URL": "https://q2c.example",
    "SECRET_KEY": "Vq8-only-to-be-checked-h3Zt0WmJr5Lx9Kc2Yb7Nd4Gs6Pf1Qa",
    "Q2C_LOG_LEVEL": "WARNING",
}
CLOSING = re.compile(r" in \d+\.\d+s")
COUNTED = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)")


@dataclass(frozen=True)
class Outcome:
    """What one run of pytest came to."""

    passed: int
    failed: int
    skipped: int
    exit_code: int


@dataclass(frozen=True)
class Step:
    """What one check came to, and what it printed."""

    name: str
    good: bool
    seconds: float
    output: str


def main(argv: list[str]) -> int:
    """Run all steps, or pytest alone with the arguments given; 0 when all of them passed.

    The last line is always `N passed, N failed`; each step beside pytest counts as one.
    """
    begun = time.monotonic()
    ensure_browser()
    with _servers() as environment, ThreadPoolExecutor() as pool:
        names = [] if argv else list(STEPS)
        aside = [pool.submit(_step, name, environment) for name in names if name in ASIDE]
        steps = [_said(_step(name, environment)) for name in names if name not in ASIDE]
        tests = _pytest(argv, environment)
        steps += [_said(step.result()) for step in aside]
    failed = [step.name for step in steps if not step.good]
    passed = tests.passed + len(steps) - len(failed)
    if failed:
        print(f"\nFailed checks: {', '.join(failed)}")
    skipped = f", {tests.skipped} skipped" if tests.skipped else ""
    seconds = time.monotonic() - begun
    # A run that broke off (nothing collected, an internal error) must not read as a good one.
    broken = 1 if tests.exit_code and not tests.failed else 0
    bad = tests.failed + len(failed) + broken
    print(f"\n{passed} passed, {bad} failed{skipped} in {seconds:.0f} s", flush=True)
    return 1 if bad else 0


@contextlib.contextmanager
def _servers() -> Iterator[dict[str, str]]:
    if servers.external():
        yield dict(os.environ)
        return
    with (
        tempfile.TemporaryDirectory(prefix="q2c-test-", ignore_cleanup_errors=True) as folder,
        servers.joined(Path(folder), fast=True) as environment,
    ):
        yield {**os.environ, **environment, "Q2C_DATA_DIR": folder}


def _step(name: str, environment: dict[str, str]) -> Step:
    if name == "check --deploy":
        environment = environment | DEPLOYED
    begun = time.monotonic()
    done = subprocess.run(
        STEPS[name],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Step(name, done.returncode == 0, time.monotonic() - begun, done.stdout)


def _said(step: Step) -> Step:
    print(f"{step.name:16} {'ok' if step.good else 'FAILED':7} {step.seconds:6.1f} s", flush=True)
    if not step.good:
        print(step.output.rstrip() + "\n", flush=True)
    return step


def _pytest(arguments: list[str], environment: dict[str, str]) -> Outcome:
    print("pytest", flush=True)
    workers = ["-n", str(max(2, os.cpu_count() or 2)), "--dist", "worksteal"]
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    command = [*MODULE, "pytest", *colour, *([] if _says_how_many(arguments) else workers)]
    running = subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert running.stdout
    tail = b""
    while piece := os.read(running.stdout.fileno(), 65536):  # dots show as they come
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        tail = (tail + piece)[-4000:]
    return _read(tail.decode(errors="replace"), running.wait())


def _says_how_many(arguments: list[str]) -> bool:
    return any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in arguments)


def _read(tail: str, exit_code: int) -> Outcome:
    """Take the counts from pytest's closing line."""
    lines = [line for line in tail.splitlines() if COUNTED.search(line) and CLOSING.search(line)]
    counts = dict.fromkeys(("passed", "failed", "error", "errors", "skipped"), 0)
    if lines:
        counts |= {word: int(number) for number, word in COUNTED.findall(lines[-1])}
    failed = counts["failed"] + counts["error"] + counts["errors"]
    return Outcome(counts["passed"], failed, counts["skipped"], exit_code)
