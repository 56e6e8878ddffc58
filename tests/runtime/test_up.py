"""`manage.py up`: one of it, on a free port; its children restarted and ended."""

import argparse
import os
import shelve
import signal
import socket
import sys
import threading
import time

import pytest

from q2c.runtime import up
from q2c.runtime.bootstrap import CannotRun
from q2c.runtime.place import Place
from q2c.runtime.supervisor import Child, Supervisor


@pytest.fixture
def place(tmp_path) -> Place:
    place = Place(tmp_path)
    place.make()
    return place


def _options(port: int) -> argparse.Namespace:
    return up._options(["--port", str(port)])


def test_a_busy_port_is_named_with_a_way_out():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(CannotRun, match=rf"Port {port} .* is in use; .*--port {port + 1}$"):
            up._port_free("127.0.0.1", port, patience=0)


def test_a_port_that_a_killed_run_still_holds_is_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        threading.Timer(0.4, busy.close).start()
        up._port_free("127.0.0.1", port, patience=10)


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(port, capsys):
    with pytest.raises(SystemExit) as ended:
        up._options([f"--port={port}"])
    assert ended.value.code == 2
    assert "a port is a number from 1 to 65535" in capsys.readouterr().err


def test_a_second_run_on_the_same_folder_is_told_where_the_first_one_is(place):
    with (
        up._only_one(place, _options(8000)),
        pytest.raises(CannotRun, match=r"already runs at http://127.0.0.1:8000 "),
        up._only_one(place, _options(9000)),
    ):
        pass


def test_a_killed_run_is_noticed_by_the_next_and_a_clean_one_is_not(place):
    with up._only_one(place, _options(8000)) as killed_before:
        assert not killed_before
    place.up.write_text("http://127.0.0.1:8000")  # a killed run leaves its address, not its lock
    with up._only_one(place, _options(8000)) as killed_before:
        assert killed_before
    with up._only_one(place, _options(8000)) as killed_before:
        assert not killed_before


def _child(place: Place, name: str, script: str, **options) -> Child:
    return Child(name, [sys.executable, "-u", "-c", script], place.log / f"{name}.log", **options)


def _supervised(children: list[Child]) -> tuple[Supervisor, list[str]]:
    said: list[str] = []
    supervisor = Supervisor(children, os.environ, said.append)
    supervisor.start()
    return supervisor, said


def _until(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_a_child_that_dies_is_started_again_and_all_end_in_reverse_order(place):
    order = place.data / "order"
    ending = (
        "import signal, sys, time\n"
        "def end(*_):\n    open(sys.argv[1], 'a').write(sys.argv[2]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    children = [_child(place, name, ending) for name in ("first", "last")]
    for child in children:
        child.command += [str(order), child.name + " "]
        child.pause = 0.1
    supervisor, said = _supervised(children)
    try:
        _until(lambda: all(child.log.read_text() == "up\n" for child in children))
        killed = children[0].process
        assert killed
        killed.kill()

        def again() -> bool:
            supervisor.look_after()
            return children[0].log.read_text() == "up\nup\n"

        _until(again)
        assert said == [
            f"first ended (killed by SIGKILL); starting it again in 0 s. See {children[0].log}."
        ]
        assert children[0].pause == 0.2
    finally:
        supervisor.stop()
    assert order.read_text() == "last first "


def _notes(schedule, **new):
    with shelve.open(str(schedule)) as kept:  # noqa: S301  as beat reads it
        kept.update(new)
        return dict(kept)


def test_notes_of_when_tasks_ran_that_were_half_written_are_forgotten(tmp_path):
    schedule = tmp_path / "beat-schedule"
    _notes(schedule, entries={"sweep": 1})
    up.forget_if_broken(schedule)
    assert _notes(schedule) == {"entries": {"sweep": 1}}
    for file in tmp_path.iterdir():
        if file.suffix in ("", ".dat", ".db"):
            file.write_bytes(b"")  # what a killed run may leave
    up.forget_if_broken(schedule)
    assert _notes(schedule) == {}


def test_a_child_that_does_not_end_is_killed(place):
    deaf = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True)\ntime.sleep(60)"
    )
    child = _child(place, "deaf", deaf, patience=0.3)
    supervisor, said = _supervised([child])
    _until(lambda: child.log.read_text() == "up\n")
    supervisor.stop()
    assert child.process
    assert child.process.returncode == -signal.SIGKILL
    assert said == ["deaf did not finish within 0 s; ending it."]
