"""The set-up before anything is installed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from q2c.runtime import bootstrap
from q2c.runtime.bootstrap import ROOT, CannotRun


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose virtualenv is complete."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / "requirements.txt").write_text("django==5.2\n")
    for name, path in {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "PYTHON": python,
        "STAMP": tmp_path / ".venv" / "q2c-stamp",
        "REQUIREMENTS": tmp_path / "requirements.txt",
    }.items():
        monkeypatch.setattr(bootstrap, name, path)
    bootstrap.STAMP.write_text(bootstrap.wanted_stamp())
    return tmp_path


def test_a_complete_virtualenv_is_left_alone(checkout):
    assert bootstrap._is_complete()


def test_changed_requirements_are_installed(checkout, monkeypatch):
    (checkout / "requirements.txt").write_text("django==5.3\n")
    assert not bootstrap._is_complete()
    done = []
    monkeypatch.setattr(bootstrap, "_system_libraries", lambda: done.append("libraries"))
    monkeypatch.setattr(bootstrap, "_virtualenv", lambda: done.append("virtualenv"))
    monkeypatch.setattr(bootstrap, "_packages", lambda: done.append("packages"))
    bootstrap._set_up()
    assert done == ["libraries", "virtualenv", "packages"]
    assert bootstrap._is_complete()


def test_a_virtualenv_whose_python_is_gone_is_not_complete(checkout):
    bootstrap.PYTHON.unlink()
    bootstrap.PYTHON.symlink_to(checkout / "python-of-yesterday")
    assert not bootstrap._is_complete()


def test_an_ordinary_user_is_told_which_system_packages_to_install(monkeypatch):
    monkeypatch.setattr(bootstrap, "PDF_LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    with pytest.raises(CannotRun, match="apt-get install --no-install-recommends libnowhere9"):
        bootstrap._system_libraries()


def test_a_missing_browser_does_not_stop_the_other_tests(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "chromium", lambda: None)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    bootstrap.ensure_browser()
    assert "chromium" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("there", "driven"),
    [
        (["chromium"], "chromium"),
        (["chromium", "chromium-headless-shell"], "chromium-headless-shell"),
    ],
)
def test_the_browser_without_windows_is_preferred(tmp_path, monkeypatch, there, driven):
    for name in there:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("Q2C_CHROMIUM", raising=False)
    assert bootstrap.chromium() == str(tmp_path / driven)


@pytest.mark.parametrize("file", ["manage.py", "q2c/__init__.py", "q2c/runtime/bootstrap.py"])
def test_what_runs_first_needs_the_standard_library_only(file):
    tree = ast.parse((ROOT / file).read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert imported <= set(sys.stdlib_module_names) | {"q2c"}


def test_the_lock_file_names_no_address_and_pins_every_package_by_hash():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert not [line for line in lines if "://" in line]
    packages = [number for number, line in enumerate(lines) if line and line[0].isalnum()]
    assert packages
    assert [
        lines[number]
        for number in packages
        if "==" not in lines[number] or "--hash=sha256:" not in lines[number + 1]
    ] == []


def test_a_command_works_from_any_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, str(Path(ROOT) / "manage.py"), "setup"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "python3 manage.py up" in done.stdout
