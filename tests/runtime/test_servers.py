"""The embedded servers: joined, left, killed, half made."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from q2c.runtime import postgres
from q2c.runtime.bootstrap import ROOT, CannotRun
from q2c.runtime.place import Place, is_held
from q2c.runtime.servers import ensure, external, joined


@pytest.fixture
def data(folder) -> Path:
    """A data folder in which something is kept."""
    data = folder / "data"
    with joined(data, fast=True) as environment:
        _run(environment, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('safe')")
    return data


def _run(environment: dict[str, str], *statements: str) -> list:
    connection = psycopg2.connect(environment["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _kept(environment: dict[str, str]) -> list:
    return _run(environment, "SELECT word FROM kept")


def _servers_pids(data: Path) -> tuple[int, int]:
    """The keeper and Postgres of a data folder in use."""
    keeper = json.loads(Place(data).servers.read_text())["keeper"]
    return keeper, int((data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _wait_until(condition, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_data_is_kept_from_one_use_to_the_next(data):
    with joined(data, fast=True) as environment:
        assert _kept(environment) == [("safe",)]
        with redis.Redis.from_url(environment["REDIS_URL"]) as client:
            client.set("task", "waits")
    with (
        joined(data, fast=True) as environment,
        redis.Redis.from_url(environment["REDIS_URL"]) as client,
    ):
        assert client.get("task") == b"waits"


def test_the_servers_run_while_anybody_uses_them_and_no_longer(data):
    with joined(data, fast=True) as environment:
        keeper, server = _servers_pids(data)
        with joined(data, fast=True) as same:
            assert same == environment
        assert _kept(environment) == [("safe",)]
    assert _gone(server)
    assert not is_held(Place(data).keeping)
    _wait_until(lambda: _gone(keeper))


def test_two_data_folders_side_by_side_are_strangers(data, folder):
    with joined(data, fast=True) as mine, joined(folder / "other", fast=True) as theirs:
        assert _run(theirs, "SELECT to_regclass('kept')") == [(None,)]
        with redis.Redis.from_url(mine["REDIS_URL"]) as client:
            client.set("task", "mine")
        with redis.Redis.from_url(theirs["REDIS_URL"]) as client:
            assert client.get("task") is None
    with joined(data, fast=True) as mine:
        assert _kept(mine) == [("safe",)]


def test_a_killed_user_is_not_counted(data):
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom q2c.runtime.servers import joined\n"
        "with joined(Path(sys.argv[1]), fast=True):\n    print('in', flush=True)\n    time.sleep(60)"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", script, str(data)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert user.stdout
    assert user.stdout.readline() == b"in\n"
    keeper, server = _servers_pids(data)
    user.kill()
    user.wait()
    user.stdout.close()
    _wait_until(lambda: _gone(keeper) and _gone(server))


def test_a_killed_keeper_takes_its_servers_along_and_another_one_takes_over(data):
    with joined(data, fast=True) as environment:
        keeper, server = _servers_pids(data)
        assert not ensure(Place(data), fast=True)
        os.kill(keeper, signal.SIGKILL)
        _wait_until(lambda: not is_held(Place(data).keeping))
        assert ensure(Place(data), fast=True)
        assert _gone(server)
        assert _kept(environment) == [("safe",)]


def test_a_killed_postgres_is_started_again_by_its_keeper(data):
    with joined(data, fast=True) as environment:
        _, server = _servers_pids(data)
        os.kill(server, signal.SIGKILL)
        _wait_until(lambda: _gone(server))

        def answers() -> bool:
            try:
                return _kept(environment) == [("safe",)]
            except psycopg2.OperationalError:
                return False

        _wait_until(answers)


def test_the_lock_of_a_dead_server_does_not_stop_the_next_one(data):
    lock = data / "postgres" / "postmaster.pid"
    owner = (data / "postgres").stat()
    lock.write_text(f"{os.getpid()}\n{data}/postgres\n1\n5432\n\n\n\n")  # a pid used anew
    os.chown(lock, owner.st_uid, owner.st_gid)
    with joined(data, fast=True) as environment:
        assert _kept(environment) == [("safe",)]


def test_a_folder_whose_making_was_killed_is_made_anew(folder):
    making = folder / "postgres.making"
    making.mkdir(parents=True)
    (making / "PG_VERSION").write_text("18\n")
    with joined(folder, fast=True) as environment:
        assert _run(environment, "SELECT 1") == [(1,)]
    assert not making.exists()


def test_a_half_made_folder_is_set_aside_not_destroyed(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "found.txt").write_text("what was here")
    with joined(folder, fast=True) as environment:
        assert _run(environment, "SELECT 1") == [(1,)]
    (aside,) = folder.glob("postgres.broken-*")
    assert (aside / "found.txt").read_text() == "what was here"


def test_a_folder_of_an_absent_postgres_version_is_refused_in_words(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotRun, match="was made by Postgres 9, which is not installed"):
        postgres.prepare(Place(folder))


def test_a_data_folder_with_a_long_path_and_spaces_still_gets_its_sockets(folder):
    data = folder / ("a rather long name " * 5).strip() / "data"
    with joined(data, fast=True) as environment:
        assert _run(environment, "SELECT 1") == [(1,)]
        with redis.Redis.from_url(environment["REDIS_URL"]) as client:
            assert client.ping()
    shutil.rmtree(Place(data).sockets())


def test_one_server_named_without_the_other_is_refused(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql:///somewhere")
    monkeypatch.delenv("REDIS_URL")
    with pytest.raises(CannotRun, match="Only DATABASE_URL is set"):
        external()
