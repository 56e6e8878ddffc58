"""`python3 manage.py up` as a person starts it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from q2c.runtime.bootstrap import ROOT
from tests.runtime.conftest import new_folder
from tests.support.processes import free_port


@pytest.fixture(scope="module")
def used() -> Iterator[dict[str, str]]:
    """A data folder for all who come up here: making its tables takes longest."""
    with new_folder() as folder:
        yield _environment(folder)


@pytest.fixture
def empty(folder) -> dict[str, str]:
    """A machine where nothing has run yet."""
    return _environment(folder)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of this test run's own servers."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "Q2C_DATA_DIR": str(folder / "data"),
    }


def _up(environment: dict[str, str], port: int, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", "--no-demo", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _wait_for(words: str, log: Path, running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while words not in log.read_text():
        assert running.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def _get(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  our own server
        return json.load(answer)


def _processes_on(data: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"Q2C_DATA_DIR={data}".encode() in variables or data.encode() in command:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_it_comes_up_is_alone_on_its_data_and_ends_cleanly(used, tmp_path):
    port, log = free_port(), tmp_path / "up.txt"
    running = _up(used, port, log)
    try:
        _wait_for("Ctrl-C stops everything", log, running)
        assert f"q2c is at http://127.0.0.1:{port}" in log.read_text()
        assert _get(f"http://127.0.0.1:{port}/readyz") == {
            "database": "ok",
            "redis": "ok",
            "migrations": "ok",
        }
        second = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(free_port())],
            env=used,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 1
        assert f"It already runs at http://127.0.0.1:{port}" in second.stderr
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=40) == 0
        assert "Stopped. Your data is kept" in log.read_text()
        assert _processes_on(used["Q2C_DATA_DIR"]) == []
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def test_a_killed_run_leaves_nothing_behind_and_starts_again(used, tmp_path):
    port = free_port()
    first = _up(used, port, tmp_path / "first.txt")
    try:
        _wait_for("Ctrl-C stops everything", tmp_path / "first.txt", first)
    finally:
        first.kill()
        first.wait()
    again = _up(used, port, tmp_path / "again.txt")
    try:
        _wait_for("Ctrl-C stops everything", tmp_path / "again.txt", again)
        assert "Applying" not in (tmp_path / "again.txt").read_text()  # the data was kept
        again.send_signal(signal.SIGINT)
        assert again.wait(timeout=40) == 0
        assert _processes_on(used["Q2C_DATA_DIR"]) == []
    finally:
        if again.poll() is None:
            again.kill()
            again.wait()


def test_an_operators_command_finds_its_tables_on_an_empty_machine(empty, tmp_path):
    for words, code in (
        (["ledger_check", "--json"], 0),
        (["import_subscribers", str(tmp_path / "none.csv"), "--as-of", "2026-11-01"], 2),
        (["recognise", "--through", "2026-10-31", "--json"], 0),
    ):
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=empty,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr
        if code == 0:
            assert json.loads(done.stdout)
