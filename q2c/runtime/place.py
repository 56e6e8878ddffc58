"""Where one installation keeps what it writes: the data folder."""

import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from q2c.runtime.bootstrap import ROOT, CannotRun

# The kernel allows 107 bytes for a socket's path; this leaves room for its name.
LONGEST_SOCKET_FOLDER = 85


class Place:
    """The folders and files below one data folder; made on first use, private to their owner."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.postgres = data / "postgres"
        self.redis = data / "redis"
        self.log = data / "log"
        self.users = data / "users.lock"  # shared: each command that uses the servers
        self.starting = data / "starting.lock"  # exclusive: who looks whether they run
        self.keeping = data / "keeper.lock"  # exclusive: the process that runs them
        self.servers = data / "servers.json"
        self.up = data / "up.lock"

    def make(self) -> None:
        """Make the folders that are missing; CannotRun where that is not allowed."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            for folder in (self.redis, self.log):
                folder.mkdir(mode=0o700, exist_ok=True)
            if not os.access(self.log, os.W_OK):
                raise PermissionError
        except PermissionError:
            raise CannotRun(
                f"The data folder {self.data} belongs to another user; "
                "run this as that user or set Q2C_DATA_DIR to a folder of your own."
            ) from None
        except OSError as error:
            raise CannotRun(f"The data folder {self.data} cannot be used: {error}.") from None

    def sockets(self) -> Path:
        """Return the private folder for sockets: in the data folder unless its path is too long."""
        folder = self.data / "run"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
            folder = Path("/tmp") / f"q2c-{os.geteuid()}-{name}"  # noqa: S108  checked below
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise CannotRun(f"{folder} belongs to somebody else; remove it and start again.")
        if os.geteuid() == 0:
            folder.chmod(0o711)  # Postgres, as somebody else, has a private folder in it
        return folder

    def secret_key(self) -> str:
        """Return this installation's own secret for signing, made on the first call."""
        file = self.data / "secret-key"
        if not file.exists():
            made = self.data / f"secret-key.{os.getpid()}"
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(48))
            with suppress(FileExistsError):  # whoever comes first decides
                os.link(made, file)
            made.unlink()
        return file.read_text()


def data_folder() -> Path:
    """Return the data folder: Q2C_DATA_DIR, or `.q2c/` in the checkout."""
    return Path(os.environ.get("Q2C_DATA_DIR") or ROOT / ".q2c").expanduser().resolve()


@contextmanager
def held(file: Path, *, shared: bool = False) -> Iterator[int]:
    """Hold a lock on a file, waiting for it; the kernel frees it however the holder ends."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Take (or upgrade to) the exclusive lock on an open file if nobody else holds one."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(file: Path) -> bool:
    """Does any process hold a lock on this file?"""
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not try_lock(handle)
    finally:
        os.close(handle)
