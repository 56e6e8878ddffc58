"""Make `.venv/` and go on inside it. Standard library only: nothing else is installed yet."""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "q2c-stamp"
REQUIREMENTS = ROOT / "requirements.txt"

PDF_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
BROWSER_LIBRARIES = {"libatomic.so.1": "libatomic1"}
# The same browser twice; without the windows nobody sees it takes half the processor time.
BROWSERS = ("chromium-headless-shell", "chromium")
# Without it PDFs still come out, only slower.
OPTIONAL = {"libharfbuzz-subset0"}


class CannotRun(Exception):
    """Why nothing can start, in one sentence that says what to do."""


def enter(argv: list[str]) -> None:
    """Return inside a complete `.venv/`; from outside, set it up and start again in it.

    When everything is in place this costs one hash of requirements.txt.
    """
    try:
        if not _is_complete():
            _set_up()
    except CannotRun as reason:
        raise SystemExit(f"q2c: {reason}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    if Path(sys.prefix).resolve() != VENV.resolve():
        sys.stdout.flush()
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *argv[1:]])  # noqa: S606


def wanted_stamp() -> str:
    """What a complete `.venv/` carries: the packages and the Python they were installed for."""
    packages = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return f"{sys.version_info[0]}.{sys.version_info[1]} {packages}"


def chromium() -> str | None:
    """Return the browser that the tests drive, or None where there is none."""
    found = (shutil.which(name) for name in BROWSERS)
    return os.environ.get("Q2C_CHROMIUM") or next(filter(None, found), None)


def ensure_browser() -> None:
    """Install the browser for the tests where it is missing and allowed; never stop the tests."""
    libraries, found = _missing(BROWSER_LIBRARIES), chromium()
    if found and not libraries and found != shutil.which(BROWSERS[1]):
        return
    said = ""
    for browser in BROWSERS:  # not every system has the first one
        try:
            _apt_install([*libraries, browser])
            return
        except CannotRun as reason:
            said = f"q2c: {reason} The browser tests will fail without it."
        if found and not libraries:
            return
    print(said, file=sys.stderr)


def _is_complete() -> bool:
    try:
        return os.access(PYTHON, os.X_OK) and STAMP.read_text() == wanted_stamp()
    except OSError:
        return False


def _set_up() -> None:
    root = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(root, fcntl.LOCK_EX)  # two first starts at once: the second one waits
        if _is_complete():
            return
        print("Setting up .venv (once; a minute or two) …", flush=True)
        _system_libraries()
        _virtualenv()
        _packages()
        STAMP.write_text(wanted_stamp())
    finally:
        os.close(root)


def _system_libraries() -> None:
    packages = _missing(PDF_LIBRARIES)
    if not packages:
        return
    try:
        _apt_install(packages)
    except CannotRun as reason:
        if set(packages) - OPTIONAL:
            raise
        print(f"q2c: {reason} PDFs are slower without it.", file=sys.stderr)


def _missing(libraries: dict[str, str]) -> list[str]:
    missing = []
    for name, package in libraries.items():
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(package)
    return missing


def _apt_install(packages: list[str]) -> None:
    command = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise CannotRun(f"System packages are missing; as root run: {command}.")
    print(f"Installing {' '.join(packages)} with apt-get …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if _quietly(install, environment)[0] != 0:
        _quietly(["apt-get", "update", "-qq"], environment)
        code, output = _quietly(install, environment)
        if code != 0:
            raise CannotRun(f"`{command}` failed: {output}.")


def _virtualenv() -> None:
    if _runs_pip():
        return
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if importlib.util.find_spec("ensurepip") is None:
        _apt_install([f"python{version}-venv"])
    # A virtualenv made from inside another would borrow its Python; take the one beneath.
    base = getattr(sys, "_base_executable", None) or sys.executable
    code, output = _quietly([base, "-m", "venv", "--clear", str(VENV)], dict(os.environ))
    if code != 0:
        raise CannotRun(f"The virtualenv could not be made: {output}.")


def _runs_pip() -> bool:
    if not os.access(PYTHON, os.X_OK):
        return False
    wanted = f"import sys, pip; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    return _quietly([str(PYTHON), "-c", wanted], dict(os.environ))[0] == 0


def _packages() -> None:
    STAMP.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    options = ["--quiet", "--root-user-action=ignore", "--require-hashes", "-r", str(REQUIREMENTS)]
    if subprocess.run([*pip, *options], check=False).returncode != 0:
        raise CannotRun(
            "The packages could not be installed (see above); check the network and try again."
        )


def _quietly(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return done.returncode, lines[-1].rstrip(".") if lines else f"exit code {done.returncode}"
